"""The forms that a province may hand in as CSV files, by their columns; `import_file` says what becomes of the rows."""

from __future__ import annotations

from jinbao.regional_adapter.files.form_rows import BadCellError, FieldKind as FieldKind, FormLayout, RejectCode

APPLICATIONS = FormLayout(
    "转移申请",
    required=(
        "转入省份",
        "申请编号",
        "社会保障号码",
        "姓名",
        "户籍省份",
        "转出省份",
        "申请日期",
        "受理日期",
        "本地参保日期",
    ),
    optional=(
        "证件类型",
        "户籍迁入日期",
        "参保缴费凭证号",
        "调动",
        "报送次数",
        "联系地址",
        "联系电话",
        "单位名称",
        "单位信用代码",
        "银行账号",
        "数据性质",
    ),
)
HISTORY = FormLayout(
    "缴费历史",
    required=(
        "经办省份",
        "社会保障号码",
        "姓名",
        "参保地",
        "年度",
        "起始月",
        "缴费月数",
        "缴费基数合计(元)",
        "记账比例(%)",
        "累计缴费月数",
        "是否停保",
    ),
    optional=(
        "证件类型",
        "实际记账额(元)",
        "记账年度",
        "记账月",
        "年度利率(%)",
        "1998年前个人缴费本息(元)",
        "上年末个人账户储存额(元)",
        "临时账户",
        "户籍迁入日期",
        "数据性质",
    ),
)
BANK_SLIPS = FormLayout(
    "到账回单",
    required=("收款省份", "收款日期", "付款编号", "付款行号", "金额(元)", "附言"),
    optional=(
        "付款省份",
        "付款日期",
        "收款户名",
        "收款账号",
        "收款开户行",
        "办理日期",
        "办理时间",
        "经办人",
        "数据性质",
    ),
)
CORRECTIONS = FormLayout(
    "身份更正",
    required=("经办省份", "业务编号", "原社会保障号码", "社会保障号码", "姓名", "更正原因"),
    optional=("证件类型", "数据性质"),
)
DECISIONS = FormLayout(
    "办理决定",
    required=("经办省份", "决定编号", "业务编号", "办理事项", "办理日期"),
    optional=(
        "办理时间",
        "经办人",
        "原因代码",
        "说明",
        "事实日期",
        "文号",
        "起始年月",
        "终止年月",
        "月数",
        "金额(元)",
        "个人缴费(元)",
        "单位缴费(元)",
        "付款编号",
        "付款行号",
        "相关省份",
        "相关业务编号",
        "社会保障号码",
        "姓名",
        "数据性质",
    ),
)
LAYOUTS = (APPLICATIONS, HISTORY, BANK_SLIPS, CORRECTIONS, DECISIONS)

PROVINCE_COLUMN = {
    APPLICATIONS.name: "转入省份",
    HISTORY.name: "经办省份",
    BANK_SLIPS.name: "收款省份",
    CORRECTIONS.name: "经办省份",
    DECISIONS.name: "经办省份",
}
"""In which column of each form the file says whose it is."""

_KINDS: dict[FieldKind, tuple[str, ...]] = {
    "province": ("转入省份", "转出省份", "户籍省份", "经办省份", "参保地", "收款省份", "付款省份", "相关省份"),
    "date": (
        "申请日期",
        "受理日期",
        "本地参保日期",
        "户籍迁入日期",
        "收款日期",
        "付款日期",
        "办理日期",
        "事实日期",
    ),
    "amount": (
        "缴费基数合计(元)",
        "实际记账额(元)",
        "1998年前个人缴费本息(元)",
        "上年末个人账户储存额(元)",
        "金额(元)",
        "个人缴费(元)",
        "单位缴费(元)",
    ),
    "rate": ("记账比例(%)", "年度利率(%)"),
    "number": (
        "年度",
        "起始月",
        "缴费月数",
        "累计缴费月数",
        "记账年度",
        "记账月",
        "报送次数",
        "付款行号",
        "起始年月",
        "终止年月",
        "月数",
    ),
    "choice": ("证件类型", "调动", "是否停保", "临时账户", "更正原因", "办理事项", "原因代码"),
    "id": ("社会保障号码", "原社会保障号码"),
    "name": ("姓名",),
}
_KIND_OF: dict[str, FieldKind] = {column: kind for kind, columns in _KINDS.items() for column in columns}
_CODE_OF: dict[FieldKind, RejectCode] = {
    "date": "DATE",
    "amount": "AMOUNT",
    "rate": "AMOUNT",
    "number": "AMOUNT",
    "id": "ID_DAMAGED",
    "name": "NAME",
}

KEYS = {
    APPLICATIONS.name: ("申请编号",),
    HISTORY.name: ("社会保障号码", "参保地", "年度", "起始月"),
    BANK_SLIPS.name: ("付款编号", "付款行号"),
    CORRECTIONS.name: ("业务编号",),
    DECISIONS.name: ("决定编号", "办理事项"),
}
"""The columns by which a record of each form is known."""


def kind_of(column: str) -> FieldKind:
    """What a column of a form holds."""
    return _KIND_OF.get(column, "text")


def reject_code(error: BadCellError) -> RejectCode:
    """The code of a refused cell: its own, or that of what its column holds."""
    return error.code or _CODE_OF.get(kind_of(error.column), "CODE")
