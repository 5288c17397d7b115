"""What a mapping makes of a sample file, and what another version of it changes; nothing is registered.

Each row is looked at by itself and against the others of the file; whether it fits what is registered, an import says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from jinbao.keys.key_ring import MessageName
from jinbao.keys.message_seal import event_id
from jinbao.language.words import Words
from jinbao.regional_adapter.files.decision_records import DecisionRecord
from jinbao.regional_adapter.files.exports.delivered_check import delivered_file, delivered_records
from jinbao.regional_adapter.files.form_records import (
    ApplicationRecord,
    BankSlip,
    CorrectionRecord,
    FormRecord,
    HistoryRecord,
    record_of,
)
from jinbao.regional_adapter.files.form_rows import BadCellError, BadRow, UnreadableFileError, UnusableFileError
from jinbao.regional_adapter.files.import_layouts import reject_code
from jinbao.regional_adapter.files.mapping.mapped_file import MappedFile, UnknownColumnsError
from jinbao.regional_adapter.files.mapping.mapping_file import Mapping
from jinbao.regional_adapter.files.mapping.mixed_file import parts_of
from jinbao.regional_adapter.files.mapping.shapes import Problem, nearest
from jinbao.regional_adapter.files.mapping.survey import Survey, survey_of
from jinbao.rules.working_days import day_of

MOST_SHOWN = 20
"""Records that are shown."""
MOST_LISTED = 10_000
"""Rejects and changed records that are listed; all are counted."""
_NO_TRANSFER = UUID(int=0)


@dataclass(frozen=True, slots=True)
class CheckedRecord:
    """A good record and the message that is made of it."""

    line: int
    type: str
    key: str
    event_id: UUID
    """Derived from sender, type, key, attempt and content: the same record has the same one in every layout."""
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChangedRecord:
    """A record that the former version reads as another one."""

    line: int
    type: str
    key: str
    event_id: UUID
    before: UUID


@dataclass(slots=True)
class CheckReport:
    """What became of the records of the sample."""

    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    skipped: int = 0
    records: list[CheckedRecord] = field(default_factory=list)
    rejects: list[BadRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    """Mistakes of the mapping that the sample, or the former version, shows."""
    changed: list[ChangedRecord] = field(default_factory=list)
    changed_count: int = 0

    def reject(self, file: Path, line: int, column: str, error: BadCellError) -> None:
        """List a reject."""
        if len(self.rejects) < MOST_LISTED:
            self.rejects.append(BadRow(file.name, line, column, error.zh, error.en, reject_code(error)))


def check_file(file: Path, mapping: Mapping, today: date, against: Mapping | None = None) -> CheckReport:
    """Read a sample by a mapping. `against`: a former version of it. Raises UnreadableFileError."""
    report = CheckReport()
    try:
        if (delivered := _delivered(file, mapping)) is not None:
            _count_delivered(delivered, report)
            return report
        _count(parts_of(file, mapping), report, today)
    except UnreadableFileError:
        raise
    except UnusableFileError as error:
        report.rejects.append(BadRow(file.name, error.line, "", *error.reason, error.code))
        if isinstance(error, UnknownColumnsError):
            report.problems += _misspelt_columns(error)
        return report
    if against is not None:
        _compare(file, mapping, against, today, report)
    return report


def _delivered(file: Path, mapping: Mapping) -> MappedFile | None:
    """The file as a form of the way back, where it is none that the province hands in."""
    if not mapping.out:
        return None
    try:
        parts_of(file, mapping)
    except UnusableFileError:
        return delivered_file(file, mapping)
    return None


def _count_delivered(mapped: MappedFile, report: CheckReport) -> None:
    for line, found in delivered_records(mapped):
        report.rows += 1
        if found is None:
            report.skipped += 1
        elif isinstance(found, BadCellError):
            report.rejected += 1
            report.reject(mapped.file, line, mapped.column_of(found.column), found)
        else:
            report.accepted += 1
            if len(report.records) < MOST_SHOWN:
                report.records.append(CheckedRecord(line, *found))


def _count(parts: Sequence[MappedFile], report: CheckReport, today: date) -> None:
    surveyed = [(mapped, survey_of(mapped)) for mapped in parts]
    held = [(mapped, survey.held) for mapped, survey in surveyed if survey.held is not None]
    province = _province(survey for _, survey in surveyed)
    for mapped, fault in held:
        report.reject(mapped.file, mapped.held_line, mapped.column_of(fault.column), fault)
    for mapped, survey in surveyed:
        for line, found in _outcomes(mapped, survey, province, today):
            report.rows += 1
            if found is None:
                report.skipped += 1
            elif isinstance(found, BadCellError):
                report.rejected += 1
                report.reject(mapped.file, line, mapped.column_of(found.column), found)
            elif held:
                report.rejected += 1
            else:
                report.accepted += 1
                if len(report.records) < MOST_SHOWN:
                    report.records.append(_checked(line, found, province))
    assert report.accepted + report.rejected + report.skipped == report.rows, report


def _outcomes(
    mapped: MappedFile, survey: Survey, province: str, today: date
) -> Iterator[tuple[int, FormRecord | BadCellError | None]]:
    form = mapped.form.layout.name
    for line, _, found in mapped.records():
        if found is None or isinstance(found, BadCellError):
            yield line, found
        elif survey.is_in_conflict(found):
            yield line, survey.conflict()
        else:
            try:
                record = record_of(form, found, province, today)
            except BadCellError as error:
                yield line, error
            else:
                yield line, record


def _province(surveys: Iterable[Survey]) -> str:
    """Whose file it is; where the rows name several, that of the first code."""
    return min((province for survey in surveys for province in survey.provinces), default="")


def _checked(line: int, record: FormRecord, province: str) -> CheckedRecord:
    type_, key, attempt, _ = _identity(record)
    fields: dict[str, Any] = msgspec.to_builtins(record)
    content = hashlib.sha256(msgspec.json.encode(fields, order="sorted")).hexdigest()
    event = event_id(MessageName(province, type_, key, attempt, _NO_TRANSFER), content)
    return CheckedRecord(line, type_, key, event, fields)


def _identity(record: FormRecord) -> tuple[str, str, int, date | None]:
    """The message that is made of a record, the record's key and attempt, and the day from which it is dated."""
    match record:
        case ApplicationRecord(application, _):
            return "ApplicationAccepted", application.number, application.attempt, application.accepted_on
        case HistoryRecord(_, row, _):
            key = f"{row.number}-{row.province}-{row.first_year_month}"
            last = row.last_year_month
            return "InformationSheetSent", key, 1, date(last // 100, last % 100, 1)
        case BankSlip():
            return "FundsReceived", f"{record.reference}-{record.payment_line}", 1, record.received_on
        case CorrectionRecord(case):
            return "IdentityCorrected", case, 1, None
        case DecisionRecord():
            return record.kind, record.number, 1, day_of(record.decided_at)


def _misspelt_columns(error: UnknownColumnsError) -> Sequence[Problem]:
    """Columns of the mapping that the sample does not have, but others whose names come near."""
    form = error.form
    unknown = [name for name in error.columns if name not in form.by_column and name not in form.ignored]
    found = []
    for rule in form.columns:
        if rule.column not in error.columns and (near := nearest(rule.column, unknown)) is not None:
            words: Words = ("样本的表头没有这一列", "the sample's header has no such column")
            found.append(Problem(f"forms.{form.layout.name}.columns.{rule.column}", words, near))
    return found


def _compare(file: Path, mapping: Mapping, against: Mapping, today: date, report: CheckReport) -> None:
    """List the records that the former version reads as others; only those dated from `valid_from` on may change.

    What it cannot read, a new layout or a value that it refuses, has become no message and is none that changes.
    """
    if mapping.name != against.name:
        words: Words = ("与旧版本的名称不同", "differs from the former version's name")
        report.problems.append(Problem("name", words, against.name))
    elif mapping != against and mapping.version <= against.version:
        words = ("用过的版本不能再改，请用更大的版本号", "a version that was used cannot change: give a greater one")
        report.problems.append(Problem("version", words, str(against.version + 1)))
    before = dict[int, UUID]()
    for line, record, province in _records(file, against, today):
        before[line] = _checked(line, record, province).event_id
    too_early = 0
    for line, record, province in _records(file, mapping, today):
        now = _checked(line, record, province)
        was = before.get(line)
        if was is not None and was != now.event_id:
            report.changed_count += 1
            dated = _identity(record)[3]
            too_early += dated is not None and dated < mapping.valid_from
            if len(report.changed) < MOST_LISTED:
                report.changed.append(ChangedRecord(line, now.type, now.key, now.event_id, was))
    if too_early:
        zh = f"{too_early} 条早于 {mapping.valid_from} 的记录会变成另一条报文"
        en = f"{too_early} records dated before {mapping.valid_from} would become other messages"
        report.problems.append(Problem("valid_from", (zh, en)))


def _records(file: Path, mapping: Mapping, today: date) -> Iterator[tuple[int, FormRecord, str]]:
    try:
        surveyed = [(mapped, survey_of(mapped)) for mapped in parts_of(file, mapping)]
        province = _province(survey for _, survey in surveyed)
        for mapped, survey in surveyed:
            for line, found in _outcomes(mapped, survey, province, today):
                if found is not None and not isinstance(found, BadCellError):
                    yield line, found, province
    except UnusableFileError:
        return
