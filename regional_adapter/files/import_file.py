"""Takes applications, histories, corrections of identity and bank slips from a file as an agency exports it.

The form is recognised by its header. Good rows are registered in the local system in one transaction, bad rows are
reported; the same file again changes nothing, and a corrected row replaces what stood under its key.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from msgspec.structs import replace

from jinbao.regional_adapter.files.csv_form import (
    BadCellError,
    FormLayout,
    Row,
    UnusableFileError,
    read_form,
)
from jinbao.regional_adapter.files.identity_corrections import REASONS, CannotCorrectError, correct_identity
from jinbao.regional_adapter.files.import_history import register_histories
from jinbao.regional_adapter.files.import_layouts import APPLICATIONS, CORRECTIONS, HISTORY, LAYOUTS, PROVINCE_COLUMN
from jinbao.regional_adapter.files.imported_rows import ImportReport, own_province, person_of
from jinbao.regional_adapter.forms.form import Form
from jinbao.regional_adapter.forms.payment import funds_received
from jinbao.regional_adapter.forms.settlement import settlement_received
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_records import Application, Person
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.regional_adapter.office.receipt_correction import report_receipt
from jinbao.rules.payment_reference import is_payment_reference
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import day_of, end_of_day


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
            register_histories(rows, report, local, today)
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
    layout, rows, bad = read_form(file, LAYOUTS)
    named = _provinces_named(layout, rows)
    if len(named) == 1:
        return named.pop()
    if not rows and not bad:
        raise UnusableFileError(file, "只有表头，没有数据行", "there is a header and no row")
    zh, en = "各行没有指明同一个省份，请用 --province 指定", "the rows do not name one province: give it as --province"
    if bad and not rows:
        first = bad[0]
        zh = f"第 {first.line} 行，{first.column}：{first.reason_zh}；{zh}"
        en = f"line {first.line}, {first.column}: {first.reason_en}; {en}"
    raise UnusableFileError(file, zh, en)


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
    own_province(row, "转入省份", local)
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
    own_province(row, "经办省份", local)
    reason = REASONS.get(row.text("更正原因"))
    if reason is None:
        known = "、".join(REASONS)
        raise BadCellError("更正原因", f"应为 {known} 之一", f"must be one of {known}")
    case, before, right = row.text("业务编号"), row.text("原社会保障号码"), person_of(row, today)
    try:
        return correct_identity(local, case, before, right, reason, operator=operator, now=now)
    except CannotCorrectError as error:
        column = {"case": "业务编号", "before": "原社会保障号码"}[error.what]
        raise BadCellError(column, error.zh, error.en) from None


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
    own_province(row, "收款省份", local)
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
        form: Form = settlement_received(stated, local.province, amount, reference, payment_line, received_on)
        case, begun = remark, day_of(stated.arrived_at)
    elif letter is not None:
        form = funds_received(amount, reference, payment_line, received_on)
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
    return local.write_document(form.KIND, key, case, form.fields, operator, at) > before


def _settlement(local: EmbeddedLocalSystem, remark: str) -> IncomingDocument | None:
    """The newest statement of the settlement whose number (32 hexadecimal digits) the remark is."""
    try:
        stated = local.incoming("SettlementStated", transfer=UUID(hex=remark))
    except ValueError:
        return None
    return stated[-1] if stated else None
