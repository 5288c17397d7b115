"""The transfers of a month from one province to another: where a cell of the overview's matrix leads."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import msgspec

from jinbao.platform.projections.case_board import flow_list
from jinbao.platform.projections.positions import followed_to
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import day_of, end_of_day
from jinbao.views.case_json import case_as_json
from jinbao.web.access import Subject
from jinbao.web.national.cases import PAGE_ROWS
from jinbao.web.national.nation import Nation
from jinbao.web.national.overview import Month
from jinbao.web.page import Asker, Page


class Which(msgspec.Struct, frozen=True):
    """Which flow."""

    origin: str
    destination: str
    month: Month | None = None
    """The present one where none is named."""
    after: UUID | None = None
    """Go on after this transfer, the last of a former page."""


class FlowPage(msgspec.Struct, frozen=True):
    """The transfers that were applied for in a month, oldest first."""

    as_of: str
    position: int
    origin: str
    destination: str
    month: str
    cases: list[dict[str, Any]]
    """As `jinbao case list --json` has them."""
    after: UUID | None
    """The last case where there are more."""


def flow_page(nation: Nation) -> Page:
    """`/flows/{origin}/{destination}`."""

    def about(asker: Asker, query: Which) -> Subject | None:
        is_foreign = asker.user.province not in (None, query.origin, query.destination)
        is_known = query.origin in PROVINCES and query.destination in PROVINCES
        return Subject(query.destination, query.origin) if is_known and not is_foreign else None

    def value(asker: Asker, query: Which) -> FlowPage:
        now_us = nation.clock.now_us()
        today = day_of(now_us)
        month = query.month or today.isoformat()[:7]
        first = date.fromisoformat(f"{month}-01")
        before = (first + timedelta(days=31)).replace(day=1)
        span = (end_of_day(first - timedelta(days=1)), end_of_day(before - timedelta(days=1)))
        with nation.reading() as work:
            position = followed_to(work)
            rows = flow_list(work, query.origin, query.destination, span, after=query.after, limit=PAGE_ROWS + 1)
        more, rows = len(rows) > PAGE_ROWS, rows[:PAGE_ROWS]
        return FlowPage(
            as_of=formatting.iso(now_us),
            position=position,
            origin=query.origin,
            destination=query.destination,
            month=month,
            cases=[case_as_json(row, today) for row in rows],
            after=rows[-1].transfer_id if more else None,
        )

    return Page("/flows/{origin}/{destination}", prose("Flow"), "flow.html", value, Which, about)
