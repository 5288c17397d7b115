"""A document of the plan as a decision that any clerk could take: then the province's own file says it.

A plan knows what it wants to say. Where the office's form, prefilled from the case and given what a row of 办理决定 can
hold, comes to the very same, the row says it; what an office would not say, or not so, is no clerk's decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from jinbao.regional_adapter.files.decision_records import fields_by_column
from jinbao.regional_adapter.office.action import Action, case_key
from jinbao.regional_adapter.office.actions import ACTIONS
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.draft import OfficeError
from jinbao.regional_adapter.office.office import Office

Fields = Mapping[str, Any]


def decision_for(
    office: Office, case: Case, kind: str, key: str, fields: Fields, answers: UUID | None, person: str | None
) -> tuple[str, dict[str, Any]] | None:
    """The action that says exactly this document on the case, with what its row gives; None where none does.

    `answers`, `person`: the document that it answers, and whose relationship it begins.
    """
    action = _actions().get(kind)
    if action is None or action.begins != (person is not None) or any(d.key == key for d in case.written(kind)):
        return None
    if action.key is case_key and key != case.number:
        return None
    given = _given(action.name, fields)
    said = {**given, "letter_number": key} if action.name == "issue-letter" else given
    try:
        form = office.draft(case, action.name, said).finished()
    except OfficeError:
        return None
    answered = action.answers(case)
    if form.fields != fields or (answered.event_id if answered else None) != answers:
        return None
    return action.name, given


@cache
def _actions() -> Mapping[str, Action]:
    return {action.form.KIND: action for action in ACTIONS.values()}


def _given(action: str, fields: Fields) -> dict[str, Any]:
    """What the document says of all that a row can hold, as the office takes it."""
    found = {}
    for field in fields_by_column(action).values():
        record, _, inner = field.name.rpartition(".")
        value = (fields.get(record) or {}).get(inner) if record else fields.get(inner)
        if value is not None:
            found[field.name] = value
    return found
