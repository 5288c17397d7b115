"""Records of the form 办理决定: what a row says of a decision that a clerk took in the province's own system.

The decisions are the office's actions, by their codes or Chinese words; a column fills in the first field of that name
list which the action's form has and which is somebody's to say. What else the form needs, the office prefills.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

import msgspec

from jinbao.presentation.field_values import choice_words
from jinbao.presentation.message_labels import ACTIONS as ACTION_LABELS
from jinbao.regional_adapter.files.form_rows import BadCellError, Row
from jinbao.regional_adapter.forms.form import Source
from jinbao.regional_adapter.office.actions import ACTIONS
from jinbao.regional_adapter.office.draft import Draft, Field
from jinbao.rules.identity import check_identity
from jinbao.rules.notices import TOLD
from jinbao.rules.working_days import end_of_day

DECISION, NUMBER, CASE, DECIDED_ON, DECIDED_TIME = "办理事项", "决定编号", "业务编号", "办理日期", "办理时间"
PERSON, PERSON_NUMBER, PERSON_NAME = "社会保障号码", "personal.number", "personal.name"
_FILLED_BY: Mapping[str, tuple[str, ...]] = {
    "原因代码": ("reason_code", "about", "request", "cause", "document", "reason", "kind", "purpose"),
    "说明": ("reason_text", "text", "document_kind"),
    "事实日期": (
        "happened_on", "paid_on", "document_date", "declined_on", "notified_on", "informed_on", "completed_on",
        "remitted_on", "received_on", "returned_on", "bounced_on", "opened_on", "sealed_on", "offered_on", "valid_from",
    ),
    "文号": ("document_number", "notice_number", "account_number"),
    "起始年月": ("first_month",),
    "终止年月": ("last_month",),
    "月数": ("months",),
    "金额(元)": ("amount", "own_part", "refund"),
    "个人缴费(元)": ("individual",),
    "单位缴费(元)": ("employer",),
    "付款编号": ("payment_reference",),
    "付款行号": ("payment_line",),
    "相关省份": ("paid_in", "payer", "kept_province", "destination"),
    "相关业务编号": ("assigned_to", "names"),
    PERSON: (PERSON_NUMBER,),
    "姓名": (PERSON_NAME,),
}  # fmt: skip
"""Fields that a column may fill in."""
_KNOWN_HERE = (Source.APPLICATION, Source.AGENCY, Source.LETTER, Source.FUNDS)
"""Where fields come from that no file says again."""
_ALL_KNOWN_HERE = ("send-sheet", "issue-certificate")
"""Actions whose forms are made of the registered history alone."""
ANNUL = "annul"
"""No action with a form: the office takes back the document whose number is 文号, for the reason in 说明."""
_OF_ANNUL = {"说明": "reason_text", "文号": "document_number"}
_FORM_OF_ITS_OWN = {"correct-identity": "身份更正"}
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,6}))?)?", re.ASCII)


class DecisionRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """办理决定: one action of the office, as the province's own system says it."""

    number: str
    case: str
    """As the province calls it: the application's number, the letter's, or the transfer id."""
    action: str
    decided_at: int
    """Microseconds since 1970 UTC; the beginning of the day where no time is given."""
    given: dict[str, Any]
    """Fields of the action's form, as the office takes them."""
    operator: str | None = None

    @property
    def kind(self) -> str:
        """The message that the action says."""
        return "FactAnnulled" if self.action == ANNUL else ACTIONS[self.action].form.KIND


def decision_of(row: Row, today: date) -> DecisionRecord:
    """A decision. Raises BadCellError."""
    action = _action(row.text(DECISION))
    if action == ANNUL:
        for column in _OF_ANNUL:
            row.text(column)
    fields = fields_by_column(action)
    given = {}
    for column in _FILLED_BY:
        if row.optional_text(column) is None:
            continue
        if column not in fields:
            zh, en = "此办理事项不用这一列，请留空", "this decision does not use the column: leave it empty"
            raise BadCellError(column, zh, en, "CODE")
        given[fields[column].name] = _value(row, column, fields[column], today)
    number = row.text(NUMBER)
    if action == "issue-letter":
        given["letter_number"] = number
    return DecisionRecord(
        number=number,
        case=row.text(CASE),
        action=action,
        decided_at=moment_of(row, row.day(DECIDED_ON, today)),
        given=given,
        operator=row.optional_text("经办人"),
    )


def moment_of(row: Row, day: date) -> int:
    """The instant of 办理时间 on the day; the day's beginning where no time is given. Raises BadCellError."""
    return end_of_day(day - timedelta(days=1)) + _microseconds(row)


def _microseconds(row: Row) -> int:
    """How long after the day's beginning. Raises BadCellError."""
    text = row.optional_text(DECIDED_TIME)
    if text is None:
        return 0
    match = _TIME.fullmatch(text)
    if match is None:
        raise BadCellError(DECIDED_TIME, "不是有效时间，例如 09:30:00", "is no time such as 09:30:00", "DATE")
    hours, minutes, seconds = (int(part or 0) for part in match.groups()[:3])
    return ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + int((match[4] or "").ljust(6, "0"))


def _action(word: str) -> str:
    """The action of that code or Chinese word. Raises BadCellError."""
    action = decision_words().get(word)
    if action is None:
        raise BadCellError(DECISION, "不是办理事项的代码或名称", "is no code or name of a decision")
    if form := _FORM_OF_ITS_OWN.get(action):
        raise BadCellError(DECISION, f"请用《{form}》表", f"has a form of its own: {form}")
    return action


@cache
def decision_words() -> Mapping[str, str]:
    """The actions by each word that 办理事项 may hold: their codes and Chinese words."""
    return {word: name for name in (*ACTIONS, ANNUL) for word in (name, ACTION_LABELS[name][0])}


@cache
def fields_by_column(action: str) -> Mapping[str, Field]:
    """The field of an action's form that each column fills in."""
    if action == ANNUL:
        return {column: Field(name, "text", True, None, Source.CLERK) for column, name in _OF_ANNUL.items()}
    chosen = ACTIONS[action]
    fields = {field.name: field for field in Draft(chosen.form, {}, chosen.choices).fields()}
    sayable = {name for name, field in fields.items() if field.source not in _KNOWN_HERE}
    if action in _ALL_KNOWN_HERE:
        sayable &= {PERSON_NUMBER, PERSON_NAME}
    if not chosen.begins:
        sayable -= {PERSON_NUMBER, PERSON_NAME}
    found = {column: next((n for n in names if n in sayable), None) for column, names in _FILLED_BY.items()}
    return {column: fields[name] for column, name in found.items() if name is not None}


def column_of(action: str, field: str) -> str:
    """The column that fills in a field, by name; the decision itself where none does."""
    columns = (column for column, one in fields_by_column(action).items() if one.name == field)
    return next(columns, DECISION)


def _value(row: Row, column: str, field: Field, today: date) -> Any:
    if column == PERSON:
        number = row.text(column)
        return check_identity(number).normalized or check_identity(number, "other").normalized or number
    if field.name == "about" or field.kind == "choice":
        return _choice(row.text(column), column, field)
    if column == "相关省份":
        return row.province(column)
    match field.kind:
        case "amount":
            return int(row.amount_fen(column))
        case "number":
            return row.integer(column, 0, 999_999)
        case "day":
            return row.day(column, today).isoformat()
    return row.text(column)


def _choice(word: str, column: str, field: Field) -> str:
    """A coded value by its code or its Chinese word. Raises BadCellError naming the codes."""
    codes = tuple(sorted(TOLD)) if field.name == "about" else field.choices
    name = field.name.rpartition(".")[2]
    found = next((code for code in codes if word in (code, choice_words(name, code)[0])), None)
    if found is None:
        known = "、".join(codes)
        raise BadCellError(column, f"应为 {known} 之一", f"must be one of {known}")
    return found
