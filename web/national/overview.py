"""The ministry's overview: whether the nation's transfers are well."""

from __future__ import annotations

from jinbao.platform.projections.positions import followed_to
from jinbao.presentation.prose import prose
from jinbao.views.nation_overview import Overview, nation_overview
from jinbao.web.national.nation import Nation
from jinbao.web.page import Asker, Live, NoQuery, Page

PATH = "/live"


def overview_page(nation: Nation) -> Page:
    """`/overview`."""

    def value(asker: Asker, query: NoQuery) -> Overview:
        with nation.reading() as work:
            return nation_overview(work, nation.clock.now_us())

    return Page("/overview", prose("Overview"), "overview.html", value, menu=True, live=PATH)


def live_overview(nation: Nation) -> Live:
    """`/live`: the overview, whole, on each change."""

    def value() -> Overview:
        with nation.reading() as work:
            return nation_overview(work, nation.clock.now_us())

    def version() -> int:
        with nation.reading() as work:
            return followed_to(work)

    return Live(PATH, value, version)
