"""History of the alerts: when each was raised, ended, or could not be told, as rows that are only appended.

What stands now is a fold of them, so a restart forgets nothing and each change can be audited. An alert is raised once
its condition has held for its hold time, and ends once the condition has been gone for one; what cannot be looked at is
unknown and ends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, TypeAlias

from jinbao.language.words import Words
from jinbao.service.alerts.alert import Alert, Finding, Result, Thresholds, Unknown

Change: TypeAlias = Literal["raised", "gone", "back", "ended", "unknown", "known"]
"""`gone`: the condition no longer holds; `back`: it holds again before the alert has ended."""


class Event(NamedTuple):
    """One row of the history."""

    at_us: int
    alert: Alert
    province: str | None
    change: Change
    since_us: int
    """Of `raised`: since when the condition holds; else the same as `at_us`."""
    words: Words
    """What was told at that time."""


@dataclass(frozen=True, slots=True)
class Raised:
    """An alert that stands."""

    since_us: int
    words: Words
    gone_us: int | None = None
    """Since when its condition no longer holds."""


@dataclass(slots=True)
class Standing:
    """What stands after some events."""

    raised: dict[tuple[Alert, str | None], Raised] = field(default_factory=dict)
    unknown: dict[Alert, Raised] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Fold one more."""
        key = event.alert, event.province
        match event.change:
            case "raised":
                self.raised[key] = Raised(event.since_us, event.words)
            case "gone":
                self.raised[key] = replace(self.raised[key], gone_us=event.at_us)
            case "back":
                self.raised[key] = replace(self.raised[key], gone_us=None)
            case "ended":
                del self.raised[key]
            case "unknown":
                self.unknown[event.alert] = Raised(event.since_us, event.words)
            case "known":
                del self.unknown[event.alert]


def standing_after(events: Iterable[Event]) -> Standing:
    """What stands after these events."""
    standing = Standing()
    for event in events:
        standing.take(event)
    return standing


def changes(standing: Standing, results: Mapping[Alert, Result], limits: Thresholds, now_us: int) -> Iterator[Event]:
    """The events that looking at the conditions brings; an alert that was not looked at stays as it is."""
    for alert, result in results.items():
        if isinstance(result, Unknown):
            if alert not in standing.unknown:
                yield Event(now_us, alert, None, "unknown", now_us, result.words)
            continue
        if alert in standing.unknown:
            yield Event(now_us, alert, None, "known", now_us, standing.unknown[alert].words)
        yield from _of_one(standing, alert, {finding.province: finding for finding in result}, limits, now_us)


def _of_one(
    standing: Standing, alert: Alert, holds: Mapping[str | None, Finding], limits: Thresholds, now_us: int
) -> Iterator[Event]:
    for province, finding in holds.items():
        raised = standing.raised.get((alert, province))
        if raised is None:
            if now_us - finding.since_us >= limits.hold_us[alert]:
                yield Event(now_us, alert, province, "raised", finding.since_us, finding.words)
        elif raised.gone_us is not None:
            yield Event(now_us, alert, province, "back", now_us, finding.words)
    for (name, province), raised in standing.raised.items():
        if name != alert or province in holds:
            continue
        if raised.gone_us is None:
            yield Event(now_us, alert, province, "gone", now_us, raised.words)
        elif now_us - raised.gone_us >= limits.over_us:
            yield Event(now_us, alert, province, "ended", now_us, raised.words)
