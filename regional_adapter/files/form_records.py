"""Records of a province's forms: what each row says, as typed values, whatever the province already has.

Whether a record fits what is registered, `import_file` asks.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import msgspec
from msgspec.structs import replace

from jinbao.regional_adapter.files.decision_records import DECIDED_ON, DecisionRecord, decision_of, moment_of
from jinbao.regional_adapter.files.form_rows import (
    CORRECTION_REASONS,
    EARLIEST_DAY,
    BadCellError,
    CorrectionReason,
    Row,
)
from jinbao.regional_adapter.files.import_layouts import (
    APPLICATIONS,
    BANK_SLIPS,
    DECISIONS,
    HISTORY,
    PROVINCE_COLUMN,
)
from jinbao.regional_adapter.local.local_records import Account, Application, ContributionRow, Person
from jinbao.rules.identity import IdentityType, birth_date, sex
from jinbao.rules.money import NO_FEN, Fen
from jinbao.rules.payment_reference import is_payment_reference


class ApplicationRecord(msgspec.Struct, frozen=True):
    """转移申请: an application and its applicant."""

    application: Application
    person: Person


class HistoryRecord(msgspec.Struct, frozen=True):
    """缴费历史: a year of a person's contributions, and what the row says of the person and the whole account."""

    person: Person
    contribution: ContributionRow
    account: Account


class BankSlip(msgspec.Struct, frozen=True, omit_defaults=True):
    """到账回单: money that the bank credited."""

    reference: str
    payment_line: int
    received_on: date
    amount: Fen
    """Fen, more than nothing."""
    remark: str
    reported_at: int | None = None
    """Microseconds since 1970 UTC; None: as the day of the credit begins."""
    operator: str | None = None


class CorrectionRecord(msgspec.Struct, frozen=True):
    """身份更正: a case and the number under which it goes on."""

    case: str
    before: str
    right: Person
    reason: CorrectionReason


FormRecord = ApplicationRecord | HistoryRecord | BankSlip | CorrectionRecord | DecisionRecord


def record_of(form: str, row: Row, province: str, today: date) -> FormRecord:
    """What a row of a form says. Raises BadCellError."""
    if form == APPLICATIONS.name:
        return application_of(row, province, today)
    own_province(row, PROVINCE_COLUMN[form], province)
    if form == HISTORY.name:
        person = person_of(row, today)
        contribution, account = contribution_of(row, person, today)
        return HistoryRecord(person, contribution, account)
    if form == DECISIONS.name:
        return decision_of(row, today)
    return bank_slip_of(row, today) if form == BANK_SLIPS.name else correction_of(row, today)


def own_province(row: Row, column: str, province: str) -> None:
    """Raises BadCellError where the row is another province's."""
    if row.province(column) != province:
        raise BadCellError(column, "不是本省", "is not this province")


def person_of(row: Row, today: date) -> Person:
    """The person of the row, as far as every form says it. Raises BadCellError."""
    id_type = row.id_type("证件类型")
    synthetic = row.optional_text("数据性质") == "合成"
    return _person(row.cells.get("社会保障号码", ""), id_type, row.cells.get("姓名", ""), synthetic, today)


@lru_cache(maxsize=256)
def _person(number: str, id_type: IdentityType, name: str, synthetic: bool, today: date) -> Person:
    """The rows of a history repeat their person, and to check a number takes longer than all else."""
    assert id_type != "credit_code"
    row = Row(0, {"社会保障号码": number, "姓名": name})
    number = row.identity("社会保障号码", id_type)
    has_birth = id_type != "other"
    birth = birth_date(number) if has_birth else None
    if birth is not None and not EARLIEST_DAY <= birth <= today:
        zh, en = f"出生日期应在 {EARLIEST_DAY} 至今日之间", f"the date of birth must lie from {EARLIEST_DAY} to today"
        raise BadCellError("社会保障号码", zh, en)
    return Person(
        number=number,
        id_type=id_type,
        name=row.text("姓名"),
        sex="9" if not has_birth else "1" if sex(number) == "male" else "2",
        birth=birth,
        synthetic=synthetic,
    )


def application_of(row: Row, province: str, today: date) -> ApplicationRecord:
    """An application and its applicant. Raises BadCellError."""
    own_province(row, "转入省份", province)
    person = person_of(row, today)
    person = replace(
        person,
        hukou_province=row.optional_province("户籍省份"),
        hukou_since=row.optional_day("户籍迁入日期", today),
        address=row.optional_text("联系地址"),
        telephone=row.optional_text("联系电话"),
        employer_name=row.optional_text("单位名称"),
        employer_number=row.identity("单位信用代码", "credit_code") if row.optional_text("单位信用代码") else None,
        bank_account=row.optional_text("银行账号"),
    )
    application = Application(
        number=row.text("申请编号"),
        person=person.number,
        origin=row.province("转出省份"),
        applied_on=row.day("申请日期", today),
        accepted_on=row.day("受理日期", today),
        certificate_number=row.optional_text("参保缴费凭证号"),
        insured_on=row.day("本地参保日期", today),
        job_transfer=row.yes("调动"),
        attempt=row.integer("报送次数", 1, 99) if row.optional_text("报送次数") else 1,
    )
    if application.origin == province:
        raise BadCellError("转出省份", "与转入省份相同，省内转移不在此办理", "is the destination itself")
    if application.accepted_on < application.applied_on:
        raise BadCellError("受理日期", "早于申请日期", "is before the day of application")
    for column, day in (
        ("申请日期", application.applied_on),
        ("本地参保日期", application.insured_on),
        ("户籍迁入日期", person.hukou_since),
    ):
        if person.birth is not None and day is not None and day < person.birth:
            raise BadCellError(column, "早于出生日期", "is before the day of birth")
    return ApplicationRecord(application, person)


def contribution_of(row: Row, person: Person, today: date) -> tuple[ContributionRow, Account]:
    """The year that a row of a history says, and the account. Raises BadCellError."""
    year = row.integer("年度", 1950 if person.birth is None else max(1950, person.birth.year), today.year)
    first_month = row.integer("起始月", 1, 12)
    months = row.integer("缴费月数", 0, 13 - first_month)
    if (year, first_month + max(months, 1) - 1) > (today.year, today.month):
        raise BadCellError("缴费月数", "含有尚未到来的月份", "holds months that have not come")
    credited_year, credited_month = _crediting(row, (year, first_month + max(months, 1) - 1), today)
    contribution = ContributionRow(
        number=person.number,
        year=year,
        first_month=first_month,
        months=months,
        contribution_base_total=row.amount_fen("缴费基数合计(元)"),
        account_rate_bp=row.rate_bp("记账比例(%)"),
        recorded_account=row.optional_amount_fen("实际记账额(元)"),
        province=row.province("参保地"),
        credited_year=credited_year,
        credited_month=credited_month,
        interest_rate_bp=row.rate_bp("年度利率(%)") if row.optional_text("年度利率(%)") else None,
    )
    return contribution, _account(person.number, tuple([row.cells.get(c, "") for c in _OF_ACCOUNT]), today)


_OF_ACCOUNT = (
    "1998年前个人缴费本息(元)",
    "上年末个人账户储存额(元)",
    "临时账户",
    "户籍迁入日期",
    "是否停保",
    "累计缴费月数",
)


@lru_cache(maxsize=256)
def _account(number: str, cells: tuple[str, ...], today: date) -> Account:
    """What a row says of the whole account, by `_OF_ACCOUNT`: every row of a person repeats it. Raises BadCellError."""
    row = Row(0, dict(zip(_OF_ACCOUNT, cells, strict=True)))
    return Account(
        number=number,
        account_before_1998=row.optional_amount_fen("1998年前个人缴费本息(元)") or NO_FEN,
        account_at_previous_year_end=row.optional_amount_fen("上年末个人账户储存额(元)"),
        temporary=row.yes("临时账户"),
        hukou_since=row.optional_day("户籍迁入日期", today),
        contributions_stopped=row.yes("是否停保"),
        months_total=row.integer("累计缴费月数", 0, 1200),
    )


def _crediting(row: Row, last_paid: tuple[int, int], today: date) -> tuple[int | None, int | None]:
    """记账年度 and 记账月 of arrears paid later: both or neither, from the last month paid for to the present one."""
    if not row.optional_text("记账年度"):
        if row.optional_text("记账月"):
            raise BadCellError("记账年度", "填了记账月，须填记账年度", "must be given with 记账月")
        return None, None
    credited = (row.integer("记账年度", 1950, today.year), row.integer("记账月", 1, 12))
    if not last_paid <= credited <= (today.year, today.month):
        zh, en = "不在所缴月份与本月之间", "does not lie between the months paid for and this month"
        raise BadCellError("记账月", zh, en)
    return credited


def bank_slip_of(row: Row, today: date) -> BankSlip:
    """Money that the bank credited. Raises BadCellError."""
    reference = row.text("付款编号").replace(" ", "").upper()
    if not is_payment_reference(reference):
        raise BadCellError("付款编号", "校验位不符（ISO 11649）", "the check digits are wrong (ISO 11649)")
    slip = BankSlip(
        reference=reference,
        payment_line=row.integer("付款行号", 1, 99_999),
        received_on=row.day("收款日期", today),
        amount=row.amount_fen("金额(元)"),
        remark=row.text("附言"),
        reported_at=None
        if (reported_on := row.optional_day(DECIDED_ON, today)) is None
        else moment_of(row, reported_on),
        operator=row.optional_text("经办人"),
    )
    if reported_on is not None and reported_on < slip.received_on:
        raise BadCellError(DECIDED_ON, "早于收款日期", "is before the day of the credit")
    row.optional_province("付款省份")
    row.optional_day("付款日期", today)
    if slip.amount == 0:
        raise BadCellError("金额(元)", "应大于零", "must be more than nothing")
    return slip


def correction_of(row: Row, today: date) -> CorrectionRecord:
    """A case and the number under which it goes on. Raises BadCellError."""
    reason = CORRECTION_REASONS.get(row.text("更正原因"))
    if reason is None:
        known = "、".join(CORRECTION_REASONS)
        raise BadCellError("更正原因", f"应为 {known} 之一", f"must be one of {known}")
    return CorrectionRecord(row.text("业务编号"), row.text("原社会保障号码"), person_of(row, today), reason)
