"""The alerts that stand: what holds, how urgent it is, since when; and a page for each of what to do about it."""

from __future__ import annotations

import msgspec

from jinbao.presentation.alert_labels import RUNBOOKS
from jinbao.presentation.prose import prose
from jinbao.service.alerts.alert import Alert, Level, level_of, runbook_of
from jinbao.views.alerts import Alerts, Text, alerts_now
from jinbao.web.national.nation import Nation
from jinbao.web.page import Asker, NoQuery, Page


def alerts_page(nation: Nation) -> Page:
    """`/alerts`."""

    def value(asker: Asker, query: NoQuery) -> Alerts:
        return alerts_now(nation.watch, nation.clock.now_us())

    return Page("/alerts", prose("Alerts"), "alerts.html", value, menu=True)


class Which(msgspec.Struct, frozen=True):
    """Which alert."""

    alert: Alert


class Runbook(msgspec.Struct, frozen=True):
    """What to do about an alert, whether it stands or not."""

    alert: Alert
    level: Level
    steps: list[Text]
    runbook: str
    """The section of the operations manual that says more."""


def runbook_page(nation: Nation) -> Page:
    """`/alerts/adapter_silent`."""

    def value(asker: Asker, query: Which) -> Runbook:
        steps = [Text(*words) for words in RUNBOOKS[query.alert]]
        return Runbook(query.alert, level_of(query.alert), steps, runbook_of(query.alert))

    return Page("/alerts/{alert}", prose("What to do"), "runbook.html", value, Which)
