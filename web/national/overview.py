"""The ministry's overview: whether the nation's transfers are well."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from jinbao.platform.projections.positions import followed_to
from jinbao.presentation.prose import prose
from jinbao.views.nation_overview import Overview, nation_overview
from jinbao.web.national.nation import Nation
from jinbao.web.page import Asker, Live, Page

PATH = "/live"
Month = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
"""YYYY-MM."""


class Which(msgspec.Struct, frozen=True):
    """What of the overview is asked for."""

    measure: Literal["at_risk", "missed", "open", "silent_minutes"] = "at_risk"
    """Of the map."""
    month: Month | None = None
    """Of the flows; the present one where none is named."""


def overview_page(nation: Nation) -> Page:
    """`/overview`."""

    def value(asker: Asker, query: Which) -> Overview:
        with nation.reading() as work:
            return nation_overview(work, nation.clock.now_us(), query.month)

    return Page("/overview", prose("Overview"), "overview.html", value, Which, menu=True, live=PATH)


def live_overview(nation: Nation) -> Live:
    """`/live`: the overview, whole, on each change."""

    def value() -> Overview:
        with nation.reading() as work:
            return nation_overview(work, nation.clock.now_us())

    def version() -> int:
        with nation.reading() as work:
            return followed_to(work)

    return Live(PATH, value, version)
