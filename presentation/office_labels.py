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
