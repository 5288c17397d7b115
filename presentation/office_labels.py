"""Labels of an agency's office: why a case waits, how urgent it is, what a field may hold, what cannot be done."""

from __future__ import annotations

from jinbao.language.words import Words

GROUPS: dict[str, Words] = {
    "overdue": ("已逾期", "overdue"),
    "soon": ("将到期", "due soon"),
    "open": ("待办", "open"),
    "others": ("待对方", "others' turn"),
    "ended": ("已结束", "ended"),
}

WHY: dict[str, Words] = {
    "turn": ("轮到本机构办理", "it is this agency's turn"),
    "rejected": ("文书未受理", "a document was rejected"),
    "desk": ("自动经办台留给经办人", "the automatic desk leaves it"),
    "asked": ("对方有请求", "the other side asks"),
    "notice": ("待告知", "somebody is to be told"),
}

PILES: dict[str, Words] = {
    "rejected": ("未受理，须处理", "refused: to be put right"),
    "answered": ("对方已答复", "answered by the other side"),
    "severe": ("严重逾期", "severely overdue"),
    "overdue": ("逾期", "overdue"),
    "soon": ("即将到期", "due soon"),
    "open": ("未到期", "not due yet"),
}
"""What waits on a clerk's list, in the order in which it is to be done."""

SOURCES: dict[str, Words] = {
    "APPLICATION": ("申请", "the application"),
    "PERSON": ("本省参保人登记", "the person's record here"),
    "AGENCY": ("本机构设置", "the agency's configuration"),
    "LETTER": ("联系函", "the contact letter"),
    "SHEET": ("信息表", "the information sheet"),
    "HISTORY": ("缴费历史", "the contribution history"),
    "FUNDS": ("按规则计算", "computed by the rules"),
    "COUNTED": ("系统编号", "counted by the system"),
    "BANK": ("银行回单", "the bank slip"),
    "PAYMENT_ORDER": ("付款单", "the payment order"),
    "COMPARISON": ("信息表与回单比对", "sheet against bank slip"),
    "REASON_TABLE": ("原因代码表", "the table of reasons"),
    "NOTICE": ("告知规则", "the rules on notices"),
    "CLERK": ("默认，可改", "a default, to be changed"),
}
"""Where a prefilled field comes from, by the name of the form's source."""

CHECKS: dict[str, Words] = {
    "place": ("关系接续地", "where the relationship continues"),
    "history": ("缴费历史", "contribution history"),
    "ground": ("退回情形", "ground for a return"),
    "money": ("表款核对", "sheet against money"),
}
"""Checks that the office makes by itself."""

ROLES: dict[str, Words] = {
    "destination": ("转入地", "destination"),
    "origin": ("转出地", "origin"),
    "document_holder": ("文书保管地", "keeper of the document"),
    "account": ("凭证或临时账户", "certificate or temporary account"),
    "settlement": ("按期结算", "yearly settlement"),
    "none": ("尚未开始", "not begun"),
}

FIELD_KINDS: dict[str, Words] = {
    "text": ("文字", "text"),
    "number": ("整数", "a whole number"),
    "amount": ("元，写两位小数，如 4231.37", "yuan with two decimals, like 4231.37"),
    "percent": ("百分数，如 8 或 8.00", "a per cent, like 8 or 8.00"),
    "day": ("日期，如 2025-03-31", "a day, like 2025-03-31"),
    "choice": ("下列之一", "one of the choices"),
    "transfer": ("业务号（32 位十六进制）", "a transfer id of 32 hexadecimal digits"),
    "record": ("JSON 对象", "a JSON object"),
    "rows": ("JSON 数组", "a JSON array"),
}

CANNOT: dict[str, Words] = {
    "NO_CASE": (
        "没有这个业务；可用申请号、函号或业务号",
        "no such case; name it by application, letter or transfer id",
    ),
    "SEVERAL_CASES": ("有几个业务都叫此名，请写全：", "several cases are called so; name one in full:"),
    "NOT_POSSIBLE": ("现在不能这样办；现在可办：", "cannot be done now; possible now:"),
    "FIELDS_MISSING": ("还缺字段，请用 --field 名称=值 补上", "fields are missing; give them by --field name=value"),
    "UNKNOWN_FIELD": ("表单没有这个字段；字段有：", "the form has no such field; its fields:"),
    "BAD_FIELD": ("字段有误：", "the field is wrong:"),
    "ALREADY_WRITTEN": ("同样的文书已经报送，编号和经办人：", "the same document is already there, signed:"),
    "ALREADY_REPLACED": ("该文书已由另一份代替，请更正：", "another document has replaced it; correct that one:"),
    "NO_DOCUMENT": ("该业务没有这个编号的文书；有：", "the case has no such document; it has:"),
    "NOTHING_TO_ANNUL": (
        "该文书不能撤销或更正：未受理、已撤销或本身是撤销",
        "not to be annulled: refused, annulled, or itself an annulment",
    ),
    "NO_AMOUNT": ("无法计算转移金额：", "no amount can be computed:"),
    "NO_AGENCY": (
        "不知道本机构的联系和账户信息；请先用 jinbao adapter run --config 运行一次适配器",
        "the agency's own data are not known; run its adapter once: jinbao adapter run --config",
    ),
}
"""Why the office could not do what was asked, by code."""

ON_PAGES: dict[str, Words] = {
    "NOT_POSSIBLE": (
        "现在不能这样办，业务已有变化",
        "this cannot be done now: the case is another than it was",
    ),
    "UNKNOWN_FIELD": ("表单没有这一项", "the form has no such field"),
    "NO_CASE": ("没有这个业务", "there is no such case"),
    "NO_DOCUMENT": ("该业务没有这个文书", "the case has no such document"),
    "ALREADY_WRITTEN": ("同样的文书已经报送：", "the same document is already there:"),
}
"""The same where somebody reads a page and not a command's output."""
