"""Alerts: their names, how urgent each is, and how long its condition must hold before it is raised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias, get_args

import msgspec

from jinbao.language.words import Words
from jinbao.service.settings import Settings

Alert: TypeAlias = Literal[
    "ingest_stopped",
    "projection_behind",
    "ledger_not_zero",
    "money_unexplained",
    "disk_low",
    "not_logged",
    "quorum_missing",
    "dead_letters",
    "adapter_silent",
    "set_aside",
    "parked_old",
    "statement_missing",
    "key_limit",
]
Level: TypeAlias = Literal["wakes", "waits"]
"""Whether somebody is woken for it, or whether it waits for the morning."""

ALERTS: tuple[Alert, ...] = get_args(Alert)
"""The most urgent first."""
WAKES: frozenset[Alert] = frozenset(
    {"ingest_stopped", "projection_behind", "ledger_not_zero", "money_unexplained", "disk_low", "not_logged"}
)

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US


def level_of(alert: Alert) -> Level:
    """How urgent it is."""
    return "wakes" if alert in WAKES else "waits"


def runbook_of(alert: Alert) -> str:
    """The section of the operations manual that says what to do."""
    return f"docs/operations.md#{alert}"


class Thresholds(NamedTuple):
    """When a condition is an alert; microseconds. The values are settings, see docs/assumptions.md."""

    hold_us: Mapping[Alert, int]
    """How long the condition must have held."""
    over_us: int
    """How long it must be gone before the alert ends."""
    dead_letter_news_us: int
    """A dead letter that is older is no news."""
    disk_free: float
    """Share of the disk below which it is low."""


def thresholds_of(settings: Settings) -> Thresholds:
    """Those in force."""
    return Thresholds(
        hold_us={
            "ingest_stopped": settings.alert_ingest_minutes * MINUTE_US,
            "projection_behind": settings.alert_projection_minutes * MINUTE_US,
            "ledger_not_zero": 0,
            "money_unexplained": HOUR_US,
            "statement_missing": 0,
            "disk_low": 0,
            "not_logged": 0,
            "quorum_missing": 5 * MINUTE_US,
            "dead_letters": 0,
            "adapter_silent": settings.alert_silent_minutes * MINUTE_US,
            "set_aside": settings.alert_set_aside_minutes * MINUTE_US,
            "parked_old": settings.alert_parked_hours * HOUR_US,
            "key_limit": 0,
        },
        over_us=settings.alert_over_minutes * MINUTE_US,
        dead_letter_news_us=settings.alert_dead_letter_days * DAY_US,
        disk_free=settings.alert_disk_free_percent / 100,
    )


class Finding(msgspec.Struct, frozen=True):
    """A condition that holds: the nation's, or one province's."""

    province: str | None
    since_us: int
    """When it began, as the data tell it; microseconds since 1970 UTC."""
    words: Words
    """Its symptom."""


class Unknown(msgspec.Struct, frozen=True):
    """A condition that could not be looked at, and why."""

    words: Words


Result: TypeAlias = list[Finding] | Unknown
"""What looking at one alert's condition brought; an empty list: it does not hold."""
