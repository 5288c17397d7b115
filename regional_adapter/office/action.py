"""An action: one thing that a clerk can do on a case, with the form that says it.

An action is offered where what the agency knows allows it; the platform still has the last word. Its form is prefilled
from the case's documents; what a clerk says takes the place of what was prefilled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from jinbao.regional_adapter.forms.form import Form
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.situation import Situation
from jinbao.rules.payment_reference import make_payment_reference

Fields = Mapping[str, Any]
"""Fields by name, as a form stores them; what a clerk gives of a record inside goes by dotted path."""
Whether = Callable[[Case, Situation], bool]
Prefill = Callable[[Case, Fields], Fields]


def nothing(case: Case, given: Fields) -> Fields:
    """Prefill nothing."""
    return {}


def no_answer(case: Case) -> IncomingDocument | None:
    """The document answers no other."""
    return None


def counted_key(case: Case, form: Form) -> str:
    """Number of a document: the case's, or the letter's that began it elsewhere, and a running one of its kind."""
    stem = case.letter.local_document if case.letter else case.number[:24]
    earlier = sum(d.kind == form.KIND for d in case.outgoing)
    initials = "".join(letter for letter in form.KIND if letter.isupper())
    return f"{stem}-{initials}{earlier + 1}"


def case_key(case: Case, form: Form) -> str:
    """Number of a document that begins a case: the case's own."""
    return case.number


def payment_key(case: Case, form: Any) -> str:
    """Number of a document about a payment: reference and line."""
    return f"{form.payment_reference}-{form.payment_line}"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a clerk can do."""

    name: str
    """English words joined by hyphens; the labels of `presentation` know its Chinese."""
    form: type[Form]
    is_possible: Whether
    prefill: Prefill = nothing
    answers: Callable[[Case], IncomingDocument | None] = no_answer
    key: Callable[[Case, Any], str] = counted_key
    begins: bool = False
    """It begins something under a number that the clerk chooses."""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Choices of a field beside those of the form's own types."""


def new_payment(case: Case, purpose: str) -> Fields:
    """Reference, line and day of a payment order that nobody has given yet; the reference is unique for good."""
    orders = sum("payment_reference" in d.fields for d in case.outgoing)
    body = uuid5(
        case.transfer or uuid5(NAMESPACE_URL, f"urn:jinbao:case:{case.number}"), f"{case.province}-{purpose}-{orders}"
    ).hex.upper()
    return {"payment_reference": make_payment_reference(body[:21]), "payment_line": 1}
