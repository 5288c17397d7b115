"""What a clerk can do, by subject; `ACTIONS` lists all of it in the order of a case's life."""

from __future__ import annotations

from collections.abc import Mapping

from jinbao.regional_adapter.office.action import Action
from jinbao.regional_adapter.office.actions import accounts, application, findings, funds, person, review, settlement

ACTIONS: Mapping[str, Action] = {
    action.name: action
    for action in (
        *application.ACTIONS,
        *review.ACTIONS,
        *findings.ACTIONS,
        *funds.ACTIONS,
        *person.ACTIONS,
        *accounts.ACTIONS,
        *settlement.ACTIONS,
    )
}
