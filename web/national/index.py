"""How long each province takes, and what it is expected to miss: the index and the forecast, sorted as asked."""

from __future__ import annotations

import msgspec

from jinbao.platform.projections.forecast import forecast
from jinbao.platform.projections.handling_index import handling_index
from jinbao.platform.projections.positions import followed_to
from jinbao.presentation.prose import prose
from jinbao.rules.working_days import load_working_days
from jinbao.views.timeliness import ForecastOrder, IndexOrder, Timeliness, timeliness
from jinbao.web.national.nation import Nation
from jinbao.web.page import Asker, Page


class Asked(msgspec.Struct, frozen=True):
    """Which clock, and in which order; "-" before a column: the highest first."""

    clock: str | None = None
    order: IndexOrder = "-p90_working_days"
    forecast_order: ForecastOrder = "-expected_missed"


def index_page(nation: Nation) -> Page:
    """`/index`."""

    def value(asker: Asker, query: Asked) -> Timeliness:
        days, today = load_working_days(), nation.clock.today()
        with nation.reading() as work:
            position = followed_to(work)
            rows, expected = handling_index(work, today, days), forecast(work, today, days, past=False)
        return timeliness(today, position, rows, expected, query.clock, query.order, query.forecast_order)

    return Page("/index", prose("Handling times"), "index.html", value, Asked, menu=True)
