"""Tells of provinces that have reached the day's limit at the key service: as an alert, a line of the log, a metric."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Event

from prometheus_client import CollectorRegistry, Gauge

from jinbao.rules.provinces import PROVINCES
from jinbao.service.alerts.alert import Result, Unknown, thresholds_of
from jinbao.service.alerts.alerts_file import AlertsFile
from jinbao.service.alerts.conditions import key_limit
from jinbao.service.health import Watch
from jinbao.service.key_service.uses import refused_on
from jinbao.service.loop import side_loop
from jinbao.service.settings import Settings

EVERY_S = 15.0
_OVER = ("ended", "gone")


def refused_gauge(registry: CollectorRegistry) -> Gauge:
    """The metric of look-ups that were refused, by province."""
    told = "Look-ups refused today because the province's limit was reached"
    return Gauge("jinbao_key_look_ups_refused", told, ["province"], registry=registry)


@contextmanager
def limit_watched(
    settings: Settings, registry: CollectorRegistry, now_us: Callable[[], int], stop: Event, watch: Watch
) -> Iterator[None]:
    """Look now and then, in a thread of its own, while the block runs."""
    refused = refused_gauge(registry)
    limits = thresholds_of(settings)
    with closing(AlertsFile(settings.data)) as file:

        def look() -> int:
            now = now_us()
            result: Result
            try:
                found = refused_on(settings.data, now)
                result = key_limit(found)
                for province in PROVINCES:
                    refused.labels(province).set(found[province].times if province in found else 0)
            except sqlite3.Error as error:
                result = Unknown((str(error), str(error)))
            for event in file.note({"key_limit": result}, limits, now, None):
                level = logging.WARNING if event.change == "raised" else logging.INFO
                zh, en = event.words
                if event.change in _OVER:
                    zh, en = f"已解除：{zh}", f"over: {en}"
                words = (f"告警（{event.province or '全国'}）{zh}", f"alert ({event.province or 'nation'}) {en}")
                watch.say("alert", words, level, alert=event.alert, province=event.province, change=event.change)
            watch.succeeded()
            return 0

        with side_loop("limit", look, stop, watch, EVERY_S):
            yield
