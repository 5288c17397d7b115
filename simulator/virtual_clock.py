"""Virtual time of the simulated nation: its working days, the instants of its rounds and of its clerks' handwriting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from random import Random

from jinbao.rules.working_days import WorkingDays

MICROSECONDS = 1_000_000
_DAY_S = 86_400
_SHANGHAI_OFFSET_S = 8 * 3600
_EPOCH = date(1970, 1, 1).toordinal()
_OFFICE_OPENS_S = 8 * 3600 + 1800
_OFFICE_HOURS_S = 8 * 3600
_ROUNDS_START_S = 17 * 3600
ROUND_LIMIT = 400
"""Rounds in one day at most: they lie a minute apart and must end before midnight."""


def midnight(day: date) -> int:
    """Instant of the day's start in Shanghai, microseconds since 1970 UTC."""
    return ((day.toordinal() - _EPOCH) * _DAY_S - _SHANGHAI_OFFSET_S) * MICROSECONDS


def round_instant(day: date, number: int) -> int:
    """Instant of the day's round: they begin at 17:00, when the clerks have written, one a minute."""
    assert 0 <= number < ROUND_LIMIT, "a day's rounds do not end"
    return midnight(day) + (_ROUNDS_START_S + 60 * number) * MICROSECONDS


def office_instant(day: date, random: Random) -> int:
    """An instant within office hours (08:30-16:30) of the day."""
    return midnight(day) + (_OFFICE_OPENS_S + random.randrange(_OFFICE_HOURS_S)) * MICROSECONDS


@dataclass(frozen=True)
class VirtualClock:
    """The working days of one run, counted from 0."""

    start: date
    days: int
    working_days: WorkingDays

    @cached_property
    def calendar(self) -> tuple[date, ...]:
        """The run's working days in order; the first is `start`, or the next working day after it."""
        first = self.start if self.working_days.is_working_day(self.start) else self.after(self.start, 1)
        found = [first]
        while len(found) < self.days:
            found.append(self.after(found[-1], 1))
        return tuple(found)

    def last_of(self, done: int) -> date:
        """The last of so many working days done; the first one before any is done."""
        return self.calendar[max(done - 1, 0)]

    def after(self, day: date, working_days: int) -> date:
        """The day `working_days` working days after `day` (0: the day itself)."""
        return self.working_days.due(day, working_days).date if working_days > 0 else day

    def before(self, day: date, working_days: int) -> date:
        """The day `working_days` working days before `day` (0: the day itself)."""
        return self.working_days.before(day, working_days) if working_days > 0 else day
