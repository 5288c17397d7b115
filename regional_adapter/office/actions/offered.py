"""Actions made from what a form says of itself: offered to one side in some states, filled in from the case."""

from __future__ import annotations

from datetime import date
from typing import get_type_hints

from jinbao.regional_adapter.forms.form import Form, Source
from jinbao.regional_adapter.office.action import Action, Fields
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.situation import Situation


def offered(form: type[Form]) -> Action:
    """The action of a form with an `OFFER`: the letter's version, days that a clerk says as today, the rest is asked.

    To the origin it is offered on a contact letter, which the document answers.
    """
    offer, hints = form.OFFER, get_type_hints(form)
    assert offer is not None, f"{form.__name__}: offers nothing"
    days = [name for name, source in form.sources().items() if source is Source.CLERK and hints[name] is date]

    def is_possible(case: Case, now: Situation) -> bool:
        plays = case.letter is not None if offer.by == "origin" else case.role == "destination"
        return plays and now.state in offer.states and not (offer.once and case.written(form.KIND))

    def prefill(case: Case, given: Fields) -> Fields:
        fields: dict[str, object] = dict.fromkeys(days, case.today)
        if "letter_version" in form.__struct_fields__:
            fields["letter_version"] = case.letter_version()
        return fields

    return Action(offer.action, form, is_possible, prefill, lambda case: case.letter)
