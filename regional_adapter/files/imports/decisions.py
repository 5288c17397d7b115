"""办理决定: decisions of a file, taken through the office as at the desk; what the office refuses is a bad row.

A decision is known by its number and what it decides. The same again changes nothing; one with other content says the
document again as the desk corrects it. What begins a case bears the case's own number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from jinbao.language.words import Words
from jinbao.presentation.labels import labelled
from jinbao.presentation.message_labels import ACTIONS as ACTION_LABELS
from jinbao.presentation.office_labels import CANNOT
from jinbao.regional_adapter.files.decision_records import (
    ANNUL,
    CASE,
    DECIDED_ON,
    DECISION,
    NUMBER,
    DecisionRecord,
    column_of,
    decision_of,
)
from jinbao.regional_adapter.files.form_rows import BadCellError, RejectCode, Row
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.office.action import case_key
from jinbao.regional_adapter.office.actions import ACTIONS
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.draft import OfficeError, drafted
from jinbao.regional_adapter.office.office import Office
from jinbao.rules.working_days import day_of

_CORRECTED = "办理决定更正"


class Decisions:
    """The decisions of one file, at one province's office; `operator` signs where a row names nobody."""

    def __init__(self, local: EmbeddedLocalSystem, operator: str, office: Office | None = None) -> None:
        self._local = local
        self._office = office or Office(local)
        self._operator = operator

    def take(self, row: Row, today: date) -> bool:
        """Take the decision of a row; False where it was taken already. Raises BadCellError."""
        if row.province("经办省份") != self._local.province:
            raise BadCellError("经办省份", "不是本省", "is not this province")
        record = decision_of(row, today)
        try:
            return self._take(record)
        except OfficeError as error:
            raise _bad_cell(record.action, error) from None

    def _take(self, record: DecisionRecord) -> bool:
        case = self._case(record)
        at = _after_what_came(case, record.decided_at)
        if record.action == ANNUL:
            return self._annul(case, record)
        action = ACTIONS[record.action]
        key = case.number if action.key is case_key else record.number
        operator, given = record.operator or self._operator, self._given(record.given)
        earlier = [d for d in case.outgoing if (d.kind, d.key) == (record.kind, key)]
        if not earlier:
            self._office.submit(case, record.action, given, operator, at, key)
            return True
        said = earlier[-1]
        if drafted(action.form, said.fields, given, action.choices).finished().fields == said.fields:
            return False
        self._office.correct(case, said.sequence, given, _CORRECTED, operator, at)
        return True

    def _annul(self, case: Case, record: DecisionRecord) -> bool:
        """Take back the newest document of that number; False where it is taken back already."""
        named = [d for d in case.outgoing if d.key == record.given["document_number"] and d.kind != "FactAnnulled"]
        if not named:
            raise BadCellError("文号", "本业务没有这个编号的文书", "the case has no document of that number")
        if named[-1].state is not DocumentState.REJECTED and not case.stands(named[-1]):
            return False
        operator = record.operator or self._operator
        self._office.annul(case, named[-1].sequence, record.given["reason_text"], operator, record.decided_at)
        return True

    def _case(self, record: DecisionRecord) -> Case:
        """The case; one that has not begun here after the day of the decision. Raises OfficeError and BadCellError."""
        try:
            case = self._office.find(record.case, record.decided_at)
        except OfficeError as error:
            if error.code == "NO_CASE" and record.action != ANNUL and ACTIONS[record.action].begins:
                return self._office.case(record.case, record.decided_at)
            raise
        began = [day_of(d.written_at) for d in case.outgoing[:1]]
        began += [case.application.applied_on] if case.application else []
        if began and day_of(record.decided_at) < min(began):
            raise BadCellError(DECIDED_ON, "早于业务开始的日期", "is before the day on which the case began")
        return case

    def _given(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """With transfers by their ids, which the row may call by a number of this province."""
        ids = {name: self._local.transfer_of(str(given[name])) for name in ("assigned_to", "names") if name in given}
        return {**given, **{name: transfer.hex for name, transfer in ids.items() if transfer is not None}}


def _after_what_came(case: Case, decided_at: int) -> int:
    """The instant of a decision, after what came on its day: a file says whole seconds, or only the day."""
    came = [d.arrived_at for d in case.incoming if day_of(d.arrived_at) == day_of(decided_at)]
    return max([decided_at, *came])


def _bad_cell(action: str, error: OfficeError) -> BadCellError:
    """The cell that the office does not take, and why; without what it holds."""
    fields = [name.strip() for name in error.subject.split(",")]
    column, words = DECISION, CANNOT[error.code]
    code: RejectCode | None = None
    match error.code:
        case "NO_CASE" | "SEVERAL_CASES":
            column = CASE
        case "NOT_POSSIBLE":
            words = _with_possible(words, error)
        case "FIELDS_MISSING":
            (column, words), code = _missing(action, fields), "MISSING"
        case "BAD_FIELD":
            column = column_of(action, fields[0])
            words = ("不是此办理事项允许的内容", "is nothing that this decision may say")
        case "ALREADY_WRITTEN" | "ALREADY_REPLACED" | "NO_DOCUMENT" | "NOTHING_TO_ANNUL":
            column = NUMBER
        case "NO_AMOUNT":
            words = (words[0] + error.expected[0], f"{words[1]} {error.expected[1]}")
    return BadCellError(column, *words, code)


def _missing(action: str, fields: Sequence[str]) -> tuple[str, Words]:
    """The column to fill in; the decision itself where what is missing is registered elsewhere."""
    if any(field.startswith("agency") for field in fields):
        return DECISION, CANNOT["NO_AGENCY"]
    columns = [column_of(action, field) for field in fields]
    if DECISION not in columns:
        return columns[0], ("此办理事项须填", "the decision needs it")
    zh = "所依据的内容本省尚未登记，请先登记转移申请或缴费历史"
    return DECISION, (zh, "rests on what is not registered here yet: hand in the application or the history first")


def _with_possible(words: Words, error: OfficeError) -> Words:
    names = [labelled(ACTION_LABELS, name.strip()) for name in error.expected[0].split(",") if name.strip()]
    zh = "、".join(zh for zh, _ in names) or "无"
    return words[0] + zh, f"{words[1]} {', '.join(en for _, en in names) or 'nothing'}"
