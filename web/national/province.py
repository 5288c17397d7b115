"""One province as the ministry sees it: its deadlines, how long it takes, what is expected, its cases."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from jinbao.platform.aggregates.state import State
from jinbao.platform.projections.case_board import case_list
from jinbao.platform.projections.clocks import ProvinceDeadlines, deadlines_by_province
from jinbao.platform.projections.forecast import forecast
from jinbao.platform.projections.handling_index import handling_index
from jinbao.platform.projections.positions import followed_to
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import day_of, load_working_days
from jinbao.views.case_json import case_as_json
from jinbao.views.nation_overview import ProvinceNow, province_now
from jinbao.views.timeliness import forecast_as_json, index_as_json
from jinbao.web.access import Subject
from jinbao.web.national.cases import PAGE_ROWS, place_after
from jinbao.web.national.nation import Nation
from jinbao.web.page import Asker, Page


class Which(msgspec.Struct, frozen=True):
    """Which province, and which of its cases."""

    province: str
    state: State | None = None
    waiting: bool = False
    """Only those that wait for it."""
    after: UUID | None = None
    """Go on after this transfer, the last of a former page."""


class ProvincePage(msgspec.Struct, frozen=True):
    """One province at an instant."""

    as_of: str
    position: int
    now: ProvinceNow
    """As the overview has it."""
    deadlines: dict[str, int]
    index: list[dict[str, Any]]
    """As `jinbao index --json` has them."""
    forecast: list[dict[str, Any]]
    """As `jinbao forecast --json` has them."""
    cases: list[dict[str, Any]]
    """As `jinbao case list --json` has them."""
    after: UUID | None
    """The last case where there are more."""


def province_page(nation: Nation) -> Page:
    """`/provinces/{province}`."""

    def about(asker: Asker, query: Which) -> Subject | None:
        is_foreign = asker.user.province not in (None, query.province)
        return None if is_foreign or query.province not in PROVINCES else Subject(query.province)

    def value(asker: Asker, query: Which) -> ProvincePage:
        now_us, days = nation.clock.now_us(), load_working_days()
        today = day_of(now_us)
        with nation.reading() as work:
            position = followed_to(work)
            behind = place_after(work, query.after, lambda last: query.province in (last.origin, last.destination))
            rows = case_list(
                work,
                province=query.province,
                state=query.state,
                waiting=query.waiting,
                after=behind,
                limit=PAGE_ROWS + 1,
            )
            index = handling_index(work, today, days, query.province)
            ahead = [row for row in forecast(work, today, days, past=False) if row.province == query.province]
            clocks = deadlines_by_province(work, today, days, query.province).get(query.province, ProvinceDeadlines())
            now = province_now(work, query.province, clocks, now_us)
        more, rows = len(rows) > PAGE_ROWS, rows[:PAGE_ROWS]
        return ProvincePage(
            as_of=formatting.iso(now_us),
            position=position,
            now=now,
            deadlines=clocks._asdict(),
            index=[index_as_json(row) for row in index],
            forecast=[forecast_as_json(row) for row in ahead],
            cases=[case_as_json(row, today) for row in rows],
            after=rows[-1].transfer_id if more else None,
        )

    return Page("/provinces/{province}", prose("Province"), "province.html", value, Which, about)
