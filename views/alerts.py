"""The alerts that stand, as a value: what holds, how urgent it is, since when, and where it says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from jinbao.language.words import Translator, Words
from jinbao.presentation import alert_labels, formatting, labels
from jinbao.service.alerts.alert import ALERTS, WAKES, Alert, Finding, Level, level_of, runbook_of
from jinbao.service.alerts.alerts_file import Looked
from jinbao.service.alerts.history import Raised, Standing
from jinbao.service.alerts.watch import AlertWatch
from jinbao.views.table import Table, headings


class Text(msgspec.Struct, frozen=True):
    """A text in both languages."""

    zh: str
    en: str


class AlertNow(msgspec.Struct, frozen=True):
    """One alert."""

    alert: Alert
    level: Level
    state: Literal["raised", "clearing", "unknown"]
    """`clearing`: its condition is gone, though not yet long enough; `unknown`: it could not be looked at."""
    since: str
    """ISO in Shanghai's time."""
    province: str | None
    """None where it concerns the whole nation."""
    text: Text
    runbook: str


class Alerts(msgspec.Struct, frozen=True):
    """What stands at an instant."""

    as_of: str
    position: int | None
    """Events of the log that the read models held when it was last looked; None where the database did not answer."""
    alerts: list[AlertNow]


def alerts_now(watch: AlertWatch, now_us: int) -> Alerts:
    """What stands at `now_us` (microseconds since 1970 UTC): what wakes first, then by age."""
    standing, looked = watch.current(now_us), watch.file.looked()
    positions = [one.position for one in looked.values() if one.at_us == max(o.at_us for o in looked.values())]
    return Alerts(
        as_of=formatting.iso(now_us),
        position=positions[0] if positions else None,
        alerts=_rows(standing, looked),
    )


def alerts_then(watch: AlertWatch, instant_us: int) -> list[AlertNow]:
    """What stood at a past instant, in the words with which it was raised."""
    return _rows(watch.file.standing(instant_us), {})


def _rows(standing: Standing, looked: Mapping[Alert, Looked]) -> list[AlertNow]:
    found = [
        _row(alert, province, raised, "raised" if raised.gone_us is None else "clearing", looked.get(alert))
        for (alert, province), raised in standing.raised.items()
    ]
    found += [_row(alert, None, unknown, "unknown", None) for alert, unknown in standing.unknown.items()]
    found.sort(key=lambda row: (row.alert not in WAKES, row.since, ALERTS.index(row.alert), row.province or ""))
    return found


def _row(
    alert: Alert,
    province: str | None,
    raised: Raised,
    state: Literal["raised", "clearing", "unknown"],
    looked: Looked | None,
) -> AlertNow:
    words = _words_now(province, looked) or raised.words
    if state == "unknown":
        words = (f"无法判断：{words[0]}", f"cannot be told: {words[1]}")
    since = formatting.iso(raised.since_us)
    return AlertNow(alert, level_of(alert), state, since, province, Text(*words), runbook_of(alert))


def _words_now(province: str | None, looked: Looked | None) -> Words | None:
    """What the last look found, whose figures may be other ones than when the alert was raised."""
    found: list[Finding] = looked.result if looked is not None and isinstance(looked.result, list) else []
    return next((finding.words for finding in found if finding.province == province), None)


def alerts_table(tr: Translator, alerts: Alerts) -> Table:
    """A row for each."""
    heads: list[Words] = [("告警", "alert"), ("级别", "level"), ("状态", "state"), ("自", "since")]
    heads += [("省份", "province"), ("情况", "what holds"), ("处理办法", "what to do")]
    return Table(
        headings(tr, heads),
        [
            (
                tr.of(alert_labels.NAMES[row.alert]),
                tr.of(alert_labels.LEVELS[row.level]),
                tr.of(alert_labels.STATES[row.state]),
                row.since[:16].replace("T", " "),
                tr.of(labels.province(row.province)) if row.province else "",
                tr(row.text.zh, row.text.en),
                row.runbook,
            )
            for row in alerts.alerts
        ],
    )
