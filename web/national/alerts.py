"""The alerts that stand: what holds, how urgent it is, since when, and what to do."""

from __future__ import annotations

from jinbao.presentation.prose import prose
from jinbao.views.alerts import Alerts, alerts_now
from jinbao.web.national.nation import Nation
from jinbao.web.page import Asker, NoQuery, Page


def alerts_page(nation: Nation) -> Page:
    """`/alerts`."""

    def value(asker: Asker, query: NoQuery) -> Alerts:
        return alerts_now(nation.watch, nation.clock.now_us())

    return Page("/alerts", prose("Alerts"), "alerts.html", value, menu=True)
