"""The desk: what waits for the clerks of a province, the most urgent first."""

from __future__ import annotations

from typing import Any

import msgspec

from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.views.office import waiting_as_json
from jinbao.web.page import Asker, NoQuery, Page, the_own_province
from jinbao.web.province.offices import Offices


class Desk(msgspec.Struct, frozen=True):
    """A province's desk at an instant."""

    as_of: str
    province: str
    groups: dict[str, int]
    """How many wait, by urgency."""
    cases: list[dict[str, Any]]
    """As `jinbao desk list --json` has them."""


def desk_page(offices: Offices) -> Page:
    """`/desk`."""

    def value(asker: Asker, query: NoQuery) -> Desk:
        now = offices.clock.now_us()
        with offices.of(asker) as office:
            waiting = office.waiting(now)
            cases = [waiting_as_json(w) for w in waiting]
        groups = dict.fromkeys(("overdue", "soon", "open", "others"), 0)
        for case in cases:
            groups[case["group"]] = groups.get(case["group"], 0) + 1
        as_of = formatting.in_shanghai(now).isoformat(timespec="seconds")
        return Desk(as_of, str(asker.user.province), groups, cases)

    return Page("/desk", prose("Desk"), "desk.html", value, about=the_own_province, menu=True)
