"""Takes applications, histories, corrections of identity, decisions and bank slips from a file as an agency exports it.

A mapping says how the file is read; without one it is a CSV file of the platform's own forms. The form is recognised by
its columns. Good rows are registered in the local system in one transaction, bad rows are reported; the same file again
changes nothing, and a corrected row replaces what stood under its key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from jinbao.regional_adapter.files.form_records import application_of, bank_slip_of, correction_of, own_province
from jinbao.regional_adapter.files.form_rows import BadCellError, FormLayout, HeldFileError, Row, UnusableFileError
from jinbao.regional_adapter.files.import_layouts import APPLICATIONS, BANK_SLIPS, CORRECTIONS, DECISIONS, HISTORY
from jinbao.regional_adapter.files.imports.decisions import Decisions
from jinbao.regional_adapter.files.imports.identity_corrections import CannotCorrectError, correct_identity
from jinbao.regional_adapter.files.imports.import_history import register_histories
from jinbao.regional_adapter.files.imports.imported_rows import ImportReport
from jinbao.regional_adapter.files.mapping.mapped_file import MappedFile
from jinbao.regional_adapter.files.mapping.mapping_file import Mapping, standard_mapping
from jinbao.regional_adapter.files.mapping.mixed_file import parts_of
from jinbao.regional_adapter.files.mapping.survey import Survey, survey_of
from jinbao.regional_adapter.forms.form import Form
from jinbao.regional_adapter.forms.payment import funds_received
from jinbao.regional_adapter.forms.settlement import settlement_received
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_records import Application, Person
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.regional_adapter.office.office import Office
from jinbao.regional_adapter.office.receipt_correction import report_receipt
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import day_of, end_of_day


def import_file(
    file: Path,
    local: EmbeddedLocalSystem,
    *,
    today: date,
    operator: str = "import",
    now: int | None = None,
    mapping: Mapping | None = None,
    office: Office | None = None,
) -> ImportReport:
    """Register the rows of the file. Raises UnusableFileError where it cannot be taken as a whole.

    `today` is the day after which nothing in the file can have happened; `now` the instant of what is written on it,
    microseconds since 1970 UTC (else the day's beginning). `mapping`: the standard one unless another is named.
    `office`: where decisions are taken, else the province's own with the procedures as released.
    """
    parts = parts_of(file, mapping or standard_mapping())
    return import_records(parts, local, today=today, operator=operator, now=now, office=office)


def import_records(
    parts: Sequence[MappedFile],
    local: EmbeddedLocalSystem,
    *,
    today: date,
    operator: str = "import",
    now: int | None = None,
    only_whole: bool = False,
    conflicts: frozenset[int] = frozenset(),
    office: Office | None = None,
) -> ImportReport:
    """Register the rows of a file that is open, or of what is read like one, as `import_file` does, form by form.

    `only_whole`: raises UnusableFileError, TRUNCATED, where a record is cut, before anything is registered.
    `conflicts`: keys whose rows differ in what these records are a part of, as a survey of all of it found them.
    """
    surveyed = [(mapped, survey_of(mapped)) for mapped in parts]
    _refuse_unusable(surveyed, local.province, only_whole=only_whole)
    into = _Into(local, today, operator, now, office)
    report = ImportReport(parts[0].file.name, "、".join(mapped.form.layout.name for mapped in parts))
    local.expect_many_rows()
    with local.batch():
        for mapped, survey in sorted(surveyed, key=lambda one: _ORDER.index(one[0].form.layout)):
            survey.conflicts |= conflicts
            name = mapped.form.layout.name
            part = ImportReport(mapped.file.name, name, mapped.column_of, name if len(parts) > 1 else "")
            _register(good_rows(mapped, survey, part), part, mapped.form.layout, survey, into)
            report.add(part)
    report.bad.sort(key=lambda b: b.line)
    return report


_ORDER = (HISTORY, APPLICATIONS, CORRECTIONS, BANK_SLIPS, DECISIONS)
"""In which the forms of one file are registered: a decision stands on what the others say."""


@dataclass(frozen=True, slots=True)
class _Into:
    """Where rows are registered, when and by whom."""

    local: EmbeddedLocalSystem
    today: date
    operator: str
    now: int | None
    office: Office | None


def _register(rows: Iterator[Row], report: ImportReport, layout: FormLayout, survey: Survey, into: _Into) -> None:
    local, today, operator = into.local, into.today, into.operator
    if layout is APPLICATIONS:
        applications = _ApplicationsOfFile()
        _each(rows, report, lambda row: _application(row, local, today, applications))
    elif layout is HISTORY:
        register_histories(rows, report, local, today, survey.scattered)
    elif layout is CORRECTIONS:
        at = end_of_day(today - timedelta(days=1)) if into.now is None else into.now
        _each(rows, report, lambda row: _correction(row, local, today, operator, at))
    elif layout is DECISIONS:
        decisions = Decisions(local, operator, into.office)
        _each(rows, report, lambda row: decisions.take(row, today))
    else:
        slips: dict[tuple[str, int], tuple[int, date, str]] = {}
        _each(rows, report, lambda row: _bank_slip(row, local, today, operator, slips))


def _refuse_unusable(surveyed: Sequence[tuple[MappedFile, Survey]], province: str, *, only_whole: bool) -> None:
    """Raises UnusableFileError where nothing of a file may be taken, or it is cut and must be whole."""
    file = surveyed[0][0].file
    _refuse_another_provinces_file(file, set().union(*(survey.provinces for _, survey in surveyed)), province)
    for mapped, survey in surveyed:
        if survey.held is not None:
            rows, skipped = sum(one.rows for _, one in surveyed), sum(one.skipped for _, one in surveyed)
            column = mapped.column_of(survey.held.column)
            raise HeldFileError(file, survey.held, column, mapped.held_line, rows, skipped)
    for _, survey in surveyed:
        if only_whole and survey.cut is not None:
            line, fault = survey.cut
            raise UnusableFileError(file, fault.zh, fault.en, "TRUNCATED", line)


def good_rows(mapped: MappedFile, survey: Survey, report: ImportReport) -> Iterator[Row]:
    """The rows that could be read and whose key is not doubled; the others are counted."""
    for line, _, found in mapped.records():
        if found is None:
            report.skipped += 1
        elif isinstance(found, BadCellError):
            report.reject(line, found)
        elif survey.is_in_conflict(found):
            report.reject(line, survey.conflict())
        else:
            yield found


def province_of(file: Path, mapping: Mapping | None = None) -> str:
    """The province whose file it is, as its rows say. Raises UnusableFileError where they do not say one."""
    surveyed = [(mapped, survey_of(mapped)) for mapped in parts_of(file, mapping or standard_mapping())]
    provinces = set[str]().union(*(survey.provinces for _, survey in surveyed))
    if len(provinces) == 1:
        return provinces.pop()
    mapped, survey = surveyed[0]
    first = survey.first_bad
    if not any(survey.rows for _, survey in surveyed):
        raise UnusableFileError(file, "只有表头，没有数据行", "there is a header and no row")
    zh, en = "各行没有指明同一个省份，请用 --province 指定", "the rows do not name one province: give it as --province"
    if first is not None and survey.good == 0:
        line, fault = first
        column = mapped.column_of(fault.column)
        zh = f"第 {line} 行，{column}：{fault.zh}；{zh}"
        en = f"line {line}, {column}: {fault.en}; {en}"
    raise UnusableFileError(file, zh, en, "CODE")


def _refuse_another_provinces_file(file: Path, named: set[str], province: str) -> None:
    """A file whose rows name one other province only was given to the wrong adapter."""
    if len(named) == 1 and province not in named:
        other, own = PROVINCES[next(iter(named))], PROVINCES[province]
        raise UnusableFileError(
            file,
            f"文件属于{other.short}({other.code})，不是{own.short}({own.code})",
            f"the file is {other.name_en}'s ({other.code}), not {own.name_en}'s ({own.code})",
            "CODE",
        )


def _each(rows: Iterable[Row], report: ImportReport, take: Callable[[Row], bool]) -> None:
    for row in rows:
        try:
            report.count(take(row))
        except BadCellError as error:
            report.reject(row.line, error)


@dataclass(slots=True)
class _ApplicationsOfFile:
    """Digests of the good rows so far: another row under the same number, of application or person, must say the same.

    Both sides are numbers, so that a long file stays small in memory.
    """

    by_number: dict[int, int] = field(default_factory=dict)
    persons: dict[int, int] = field(default_factory=dict)

    def agree(self, application: Application, person: Person) -> None:
        """Raises BadCellError where an earlier row says otherwise."""
        digest = hash(application)
        if self.by_number.setdefault(hash(application.number), digest) != digest:
            zh, en = "与同一编号的另一行不一致", "differs from another row of the same number"
            raise BadCellError("申请编号", zh, en, "DUPLICATE_KEY")
        digest = hash(person)
        if self.persons.setdefault(hash(person.number), digest) != digest:
            raise BadCellError("社会保障号码", "与同一人的另一行不一致", "differs from another row of the same person")


def _application(row: Row, local: EmbeddedLocalSystem, today: date, before: _ApplicationsOfFile) -> bool:
    """Register an application and its applicant."""
    record = application_of(row, local.province, today)
    application, person = record.application, record.person
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
    own_province(row, "经办省份", local.province)
    record = correction_of(row, today)
    case, before, right, reason = record.case, record.before, record.right, record.reason
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
    own_province(row, "收款省份", local.province)
    slip = bank_slip_of(row, today)
    reference, payment_line, remark = slip.reference, slip.payment_line, slip.remark
    received_on, amount = slip.received_on, slip.amount
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
        raise BadCellError(
            "付款行号", "与同一付款的另一行不一致", "differs from another row of the same payment", "DUPLICATE_KEY"
        )
    key, operator = f"{reference}-{payment_line}", slip.operator or operator
    at = end_of_day(received_on - timedelta(days=1)) if slip.reported_at is None else slip.reported_at
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
