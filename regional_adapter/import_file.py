"""Takes applications, contribution histories and bank slips from a file as an agency exports it.

The form is recognised by its header. Good rows are registered in the local system in one transaction, bad rows are
reported; the same file again changes nothing, and a corrected row replaces what stood under its key.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from msgspec.structs import replace

from jinbao.regional_adapter import forms, settlement_forms
from jinbao.regional_adapter.csv_form import (
    EARLIEST_DAY,
    BadCellError,
    BadRow,
    FormLayout,
    Row,
    UnusableFileError,
    read_form,
)
from jinbao.regional_adapter.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.identity_corrections import REASONS, CannotCorrectError, correct_identity
from jinbao.regional_adapter.import_layouts import APPLICATIONS, CORRECTIONS, HISTORY, LAYOUTS, PROVINCE_COLUMN
from jinbao.regional_adapter.local_records import Account, Application, ContributionRow, Person
from jinbao.regional_adapter.local_system import IncomingDocument
from jinbao.regional_adapter.receipt_correction import report_receipt
from jinbao.rules.identity import birth_date, sex
from jinbao.rules.payment_reference import is_payment_reference
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import day_of, end_of_day


@dataclass(slots=True)
class ImportReport:
    """What became of the rows of one file."""

    file: str
    form: str
    taken: int = 0
    unchanged: int = 0
    bad: list[BadRow] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """All data rows of the file."""
        return self.taken + self.unchanged + len(self.bad)

    def count(self, changed: bool) -> None:
        """Count a good row."""
        if changed:
            self.taken += 1
        else:
            self.unchanged += 1

    def reject(self, row: Row, error: BadCellError) -> None:
        """Count a bad row."""
        self.bad.append(BadRow(self.file, row.line, error.column, error.zh, error.en))


def import_file(
    file: Path, local: EmbeddedLocalSystem, *, today: date, operator: str = "import", now: int | None = None
) -> ImportReport:
    """Register the rows of the file. Raises UnusableFileError where it cannot be taken as a whole.

    `today` is the day after which nothing in the file can have happened; `now` the instant of what is written on it,
    microseconds since 1970 UTC (else the day's beginning).
    """
    layout, rows, bad = read_form(file, LAYOUTS)
    report = ImportReport(file.name, layout.name, bad=bad)
    _refuse_another_provinces_file(file, layout, rows, local.province)
    with local.batch():
        if layout is APPLICATIONS:
            applications = _ApplicationsOfFile()
            _each(rows, report, lambda row: _application(row, local, today, applications))
        elif layout is HISTORY:
            _histories(rows, report, local, today)
        elif layout is CORRECTIONS:
            at = end_of_day(today - timedelta(days=1)) if now is None else now
            _each(rows, report, lambda row: _correction(row, local, today, operator, at))
        else:
            slips: dict[tuple[str, int], tuple[int, date, str]] = {}
            _each(rows, report, lambda row: _bank_slip(row, local, today, operator, slips))
    report.bad.sort(key=lambda b: b.line)
    return report


def province_of(file: Path) -> str:
    """The province whose file it is, as its rows say. Raises UnusableFileError where they do not say one."""
    layout, rows, _ = read_form(file, LAYOUTS)
    named = _provinces_named(layout, rows)
    if len(named) != 1:
        zh, en = (
            "各行没有指明同一个省份，请用 --province 指定",
            "the rows do not name one province: give it as --province",
        )
        raise UnusableFileError(file, zh, en)
    return named.pop()


def _provinces_named(layout: FormLayout, rows: list[Row]) -> set[str]:
    named = set()
    for row in rows:
        with suppress(BadCellError):
            named.add(row.province(PROVINCE_COLUMN[layout.name]))
    return named


def _refuse_another_provinces_file(file: Path, layout: FormLayout, rows: list[Row], province: str) -> None:
    """A file whose rows name one other province only was given to the wrong adapter."""
    named = _provinces_named(layout, rows)
    if len(named) == 1 and province not in named:
        other, own = PROVINCES[named.pop()], PROVINCES[province]
        raise UnusableFileError(
            file,
            f"文件属于{other.short}({other.code})，不是{own.short}({own.code})",
            f"the file is {other.name_en}'s ({other.code}), not {own.name_en}'s ({own.code})",
        )


def _each(rows: list[Row], report: ImportReport, take: Callable[[Row], bool]) -> None:
    for row in rows:
        try:
            report.count(take(row))
        except BadCellError as error:
            report.reject(row, error)


@dataclass(slots=True)
class _ApplicationsOfFile:
    """The good rows so far: another row under the same number, of application or person, must say the same."""

    by_number: dict[str, Application] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)

    def agree(self, application: Application, person: Person) -> None:
        """Raises BadCellError where an earlier row says otherwise."""
        if self.by_number.setdefault(application.number, application) != application:
            raise BadCellError("申请编号", "与同一编号的另一行不一致", "differs from another row of the same number")
        if self.persons.setdefault(person.number, person) != person:
            raise BadCellError("社会保障号码", "与同一人的另一行不一致", "differs from another row of the same person")


def _application(row: Row, local: EmbeddedLocalSystem, today: date, before: _ApplicationsOfFile) -> bool:
    """Register an application and its applicant."""
    _own_province(row, "转入省份", local)
    person = _person(row, today)
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
    if application.origin == local.province:
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
    _not_anothers(application, local)
    before.agree(application, person)
    person_changed = local.register_person(person)
    return local.register_application(application, person_changed=person_changed)


def _not_anothers(application: Application, local: EmbeddedLocalSystem) -> None:
    """A number stays its person's; a wrong identity number has a form of its own."""
    known = local.application(application.number)
    if known is not None and known.person != application.person:
        zh = "此编号已属于另一人；原先登记的身份号码有误的，请导入《身份更正》表"
        raise BadCellError(
            "申请编号", zh, "belongs to another person; correct a wrong identity number by the form 身份更正"
        )


def _correction(row: Row, local: EmbeddedLocalSystem, today: date, operator: str, now: int) -> bool:
    """身份更正: a case goes on under the right identity number."""
    _own_province(row, "经办省份", local)
    reason = REASONS.get(row.text("更正原因"))
    if reason is None:
        known = "、".join(REASONS)
        raise BadCellError("更正原因", f"应为 {known} 之一", f"must be one of {known}")
    case, before, right = row.text("业务编号"), row.text("原社会保障号码"), _person(row, today)
    try:
        return correct_identity(local, case, before, right, reason, operator=operator, now=now)
    except CannotCorrectError as error:
        column = {"case": "业务编号", "before": "原社会保障号码"}[error.what]
        raise BadCellError(column, error.zh, error.en) from None


def _histories(rows: list[Row], report: ImportReport, local: EmbeddedLocalSystem, today: date) -> None:
    """Register the good rows person by person; a history counts as complete when its months add up to the total."""
    persons: dict[str, list[tuple[Row, ContributionRow, Account]]] = defaultdict(list)
    named: dict[str, tuple[str, str]] = {}
    spoiled: set[str] = set()
    for row in rows:
        number = None
        try:
            _own_province(row, "经办省份", local)
            person = _person(row, today)
            number = person.number
            contribution, account = _contribution(row, person, today)
            if named.setdefault(number, (person.id_type, person.name)) != (person.id_type, person.name):
                raise BadCellError("姓名", "与同一号码的另一行不一致", "differs from another row of the same number")
            _same_as_before(contribution, account, persons[number])
            known = local.person(number)
            local.register_person(person if known is None else _keeping(known, person))
            persons[number].append((row, contribution, account))
        except BadCellError as error:
            report.reject(row, error)
            if number is not None:
                spoiled.add(number)
    for number, taken in persons.items():
        if taken:
            _history(number, taken, number in spoiled, report, local)


def _history(
    number: str,
    taken: list[tuple[Row, ContributionRow, Account]],
    spoiled: bool,
    report: ImportReport,
    local: EmbeddedLocalSystem,
) -> None:
    account = taken[0][2]
    account_changed = local.register_account(account)
    contributions = [contribution for _, contribution, _ in taken]
    if sum(c.months for c in contributions) == account.months_total:
        local.keep_only_contributions(number, contributions)
    for _, contribution, _ in taken:
        report.count(local.register_contribution(contribution) or account_changed)
    if not spoiled and not local.history_is_complete(number):
        last = taken[-1][0]
        if report.unchanged:
            report.unchanged -= 1
        else:
            report.taken -= 1
        zh, en = "各年缴费月数之和与累计缴费月数不符", "the months of all years do not add up to the total"
        report.reject(last, BadCellError("累计缴费月数", zh, en))


def _contribution(row: Row, person: Person, today: date) -> tuple[ContributionRow, Account]:
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
    account = Account(
        number=person.number,
        account_before_1998=row.optional_amount_fen("1998年前个人缴费本息(元)") or 0,
        account_at_previous_year_end=row.optional_amount_fen("上年末个人账户储存额(元)"),
        temporary=row.yes("临时账户"),
        hukou_since=row.optional_day("户籍迁入日期", today),
        contributions_stopped=row.yes("是否停保"),
        months_total=row.integer("累计缴费月数", 0, 1200),
    )
    return contribution, account


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


def _same_as_before(
    contribution: ContributionRow, account: Account, before: list[tuple[Row, ContributionRow, Account]]
) -> None:
    """The rows of one person must agree on what concerns the whole account, and not repeat a year."""
    if before and account != before[0][2]:
        zh, en = "同一人各行的账户信息不一致", "the rows of one person differ in what concerns the whole account"
        raise BadCellError("累计缴费月数", zh, en)
    key = (contribution.year, contribution.first_month, contribution.province)
    if any((c.year, c.first_month, c.province) == key for _, c, _ in before):
        raise BadCellError("年度", "同一时段重复", "the same period comes twice")


def _bank_slip(
    row: Row,
    local: EmbeddedLocalSystem,
    today: date,
    operator: str,
    slips: dict[tuple[str, int], tuple[int, date, str]],
) -> bool:
    """到账回单: money that the bank credited, found by what the remark names: a contact letter, or a settlement.

    `slips` are the good ones of the file so far: another one of the same payment line must say the same.
    """
    _own_province(row, "收款省份", local)
    reference = row.text("付款编号").replace(" ", "").upper()
    if not is_payment_reference(reference):
        raise BadCellError("付款编号", "校验位不符（ISO 11649）", "the check digits are wrong (ISO 11649)")
    payment_line = row.integer("付款行号", 1, 99_999)
    received_on, amount, remark = row.day("收款日期", today), row.amount_fen("金额(元)"), row.text("附言")
    row.optional_province("付款省份")
    row.optional_day("付款日期", today)
    if amount == 0:
        raise BadCellError("金额(元)", "应大于零", "must be more than nothing")
    stated = _settlement(local, remark)
    letter = next(iter(local.documents(kind="ContactLetterIssued", key=remark)), None)
    said = (amount, received_on, remark)
    if stated is not None:
        form = settlement_forms.settlement_received(
            stated, local.province, amount, reference, payment_line, received_on
        )
        case, begun = remark, day_of(stated.arrived_at)
    elif letter is not None:
        form = forms.funds_received(amount, reference, payment_line, received_on)
        case, begun = letter.case, day_of(letter.written_at)
    else:
        zh, en = "没有这个编号的联系函或结算单", "there is no contact letter or settlement of this number here"
        raise BadCellError("附言", zh, en)
    if received_on < begun:
        raise BadCellError(
            "收款日期", "早于联系函或结算单", "is before the contact letter, or the settlement's statement"
        )
    if slips.setdefault((reference, payment_line), said) != said:
        raise BadCellError("付款行号", "与同一付款的另一行不一致", "differs from another row of the same payment")
    key, at = f"{reference}-{payment_line}", end_of_day(received_on - timedelta(days=1))
    if stated is None:
        return report_receipt(local, form, key, case, operator, at)
    before = local.last_sequence()
    return local.write_document(form.kind, key, case, form.fields, operator, at) > before


def _settlement(local: EmbeddedLocalSystem, remark: str) -> IncomingDocument | None:
    """The newest statement of the settlement whose number (32 hexadecimal digits) the remark is."""
    try:
        stated = local.incoming("SettlementStated", transfer=UUID(hex=remark))
    except ValueError:
        return None
    return stated[-1] if stated else None


def _person(row: Row, today: date) -> Person:
    id_type = row.id_type("证件类型")
    assert id_type != "credit_code"
    number = row.identity("社会保障号码", id_type)
    has_birth = id_type != "other"
    if has_birth and not EARLIEST_DAY <= birth_date(number) <= today:
        zh, en = f"出生日期应在 {EARLIEST_DAY} 至今日之间", f"the date of birth must lie from {EARLIEST_DAY} to today"
        raise BadCellError("社会保障号码", zh, en)
    return Person(
        number=number,
        id_type=id_type,
        name=row.text("姓名"),
        sex="9" if not has_birth else "1" if sex(number) == "male" else "2",
        birth=birth_date(number) if has_birth else None,
        synthetic=row.optional_text("数据性质") == "合成",
    )


def _keeping(known: Person, person: Person) -> Person:
    """The known person, with what a contribution history says of them."""
    return replace(
        known, id_type=person.id_type, name=person.name, sex=person.sex, birth=person.birth, synthetic=person.synthetic
    )


def _own_province(row: Row, column: str, local: EmbeddedLocalSystem) -> None:
    if row.province(column) != local.province:
        raise BadCellError(column, "不是本省", "is not this province")
