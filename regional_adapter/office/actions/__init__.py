"""What a clerk can do, by subject; `ACTIONS` has it in the order of a case's life, then what further forms offer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jinbao.regional_adapter.forms import FORMS
from jinbao.regional_adapter.office.action import Action
from jinbao.regional_adapter.office.actions import accounts, application, findings, funds, person, review, settlement
from jinbao.regional_adapter.office.actions.offered import offered


def by_name(actions: Iterable[Action]) -> dict[str, Action]:
    """Actions by their names. Raises TypeError where two have one name."""
    found: dict[str, Action] = {}
    for action in actions:
        if found.setdefault(action.name, action) is not action:
            raise TypeError(f"two actions are called '{action.name}'")
    return found


_LISTED = (
    *application.ACTIONS,
    *review.ACTIONS,
    *findings.ACTIONS,
    *funds.ACTIONS,
    *person.ACTIONS,
    *accounts.ACTIONS,
    *settlement.ACTIONS,
)
_FILLED_IN = {action.form for action in _LISTED}
ACTIONS: Mapping[str, Action] = by_name(
    (*_LISTED, *(offered(form) for form in FORMS.values() if form.OFFER and form not in _FILLED_IN))
)
