"""Clocks of a case on the working-day calendar, as a value to draw: days in a row, and where each clock stands on them.

Places are numbers of days from the first day shown, so that whoever draws only multiplies by the width of a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import msgspec

from jinbao.platform.projections.clocks import ClockRow
from jinbao.rules.working_days import WorkingDays, day_of, load_working_days

MARGIN_DAYS = 2
"""Days shown before the first start and after the last day of interest."""
MOST_DAYS = 1100
"""A case that stood still for years is shown up to here; the table has all of it."""

Outcome = Literal["running", "late", "met", "missed", "cancelled"]


class DaysOff(msgspec.Struct, frozen=True):
    """A run of days on which nobody works."""

    first: date
    place: int
    days: int
    holiday: bool
    """A day of Monday to Friday is in it; otherwise a weekend."""


class Month(msgspec.Struct, frozen=True):
    """Where a month begins."""

    month: str
    place: int


class ClockBar(msgspec.Struct, frozen=True):
    """One clock: places of its days, None where there is none."""

    clock: str
    run: int
    outcome: Outcome
    """running: not due yet; late: running past its due day."""
    started: int
    due: int
    until: int
    """Where it ended, or today."""
    warned: int | None
    missed: int | None


class ClockCalendar(msgspec.Struct, frozen=True):
    """The days from before the first start to after the last end, due day or today."""

    first: date
    days: int
    today: int | None
    """None where it lies outside."""
    months: list[Month]
    off: list[DaysOff]
    bars: list[ClockBar]


def clock_calendar(clocks: Sequence[ClockRow], on: date) -> ClockCalendar | None:
    """The clocks as they stand on the day `on`; None where a case has none."""
    if not clocks:
        return None
    calendar = load_working_days()
    first = min(day_of(c.started_at) for c in clocks) - timedelta(MARGIN_DAYS)
    last = max(max(_until(c, on), date.fromisoformat(c.due)) for c in clocks) + timedelta(MARGIN_DAYS)
    number = min((last - first).days + 1, MOST_DAYS)
    days = [first + timedelta(place) for place in range(number)]
    today = (on - first).days
    return ClockCalendar(
        first=first,
        days=number,
        today=today if 0 <= today < number else None,
        months=[Month(f"{d:%Y-%m}", place) for place, d in enumerate(days) if d.day == 1],
        off=_days_off(calendar, days),
        bars=[_bar(c, first, number, on) for c in clocks],
    )


def _until(clock: ClockRow, on: date) -> date:
    return on if clock.ended_at is None else day_of(clock.ended_at)


def _bar(clock: ClockRow, first: date, number: int, on: date) -> ClockBar:
    def place(day: date) -> int:
        return min((day - first).days, number - 1)

    def of(instant: int | None) -> int | None:
        return place(day_of(instant)) if instant else None

    due = date.fromisoformat(clock.due)
    return ClockBar(
        clock=clock.clock,
        run=clock.run,
        outcome=_outcome(clock, due, on),
        started=place(day_of(clock.started_at)),
        due=place(due),
        until=place(_until(clock, on)),
        warned=of(clock.warned_at),
        missed=of(clock.missed_at),
    )


def _outcome(clock: ClockRow, due: date, on: date) -> Outcome:
    match clock.outcome:
        case "met" | "missed" | "cancelled":
            return clock.outcome
        case _:
            return "late" if on > due else "running"


def _days_off(calendar: WorkingDays, days: Sequence[date]) -> list[DaysOff]:
    runs: list[DaysOff] = []
    for place, day in enumerate(days):
        if calendar.is_working_day(day):
            continue
        holiday = day.weekday() < 5
        if runs and runs[-1].place + runs[-1].days == place:
            before = runs[-1]
            runs[-1] = DaysOff(before.first, before.place, before.days + 1, before.holiday or holiday)
        else:
            runs.append(DaysOff(day, place, 1, holiday))
    return runs
