"""The forecast: how many of the clocks that run now will be missed on each of the next working days.

Each clock has reached an age without an end. How often clocks of its kind and province ended at each later age, up to
the due day, gives the chance that it is still open then (Kaplan and Meier's estimator, clocks that still run or were
cancelled counted as long as they were seen). A province with few clocks borrows from the nation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from jinbao.platform.projections.handling_times import Handled, Running, cancelled, ended, running
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.working_days import WorkingDays

AHEAD_WORKING_DAYS = 10
BORROWED_CLOCKS = 20
"""As many of the nation's clocks stand beside a province's own at each age [assumed]."""


class ForecastRow(NamedTuple):
    """One province on one working day."""

    province: str
    due: date
    clocks: int
    """Those that run now and are due on that day, or on a day off before it."""
    expected_missed: float


class Chances:
    """How likely a clock of a kind and province ends at each age, of those that reached that age."""

    def __init__(self, done: Iterable[Handled], given_up: Iterable[Handled], under_way: Iterable[Running]) -> None:
        self._ends: dict[tuple[str, str], Counter[int]] = {}
        self._seen: dict[tuple[str, str], Counter[int]] = {}
        """The age at which each was last seen."""
        for clock, province, age, number in done:
            for pair in ((clock, province), (clock, "")):
                self._ends.setdefault(pair, Counter())[age] += number
                self._seen.setdefault(pair, Counter())[age] += number
        still = ((run.clock, run.province, run.age_working_days, run.number) for run in under_way)
        for clock, province, age, number in (*given_up, *still):
            for pair in ((clock, province), (clock, "")):
                self._seen.setdefault(pair, Counter())[age] += number
        self._reached = {pair: _at_least(seen) for pair, seen in self._seen.items()}

    def end_at(self, clock: str, province: str, age: int) -> float:
        """The chance that a clock which has not ended before that age ends at it."""
        nation, own = (clock, ""), (clock, province)
        reached = self._reached.get(nation, {}).get(age, 0)
        share = self._ends.get(nation, Counter())[age] / reached if reached else 0.0
        ends, reached = self._ends.get(own, Counter())[age], self._reached.get(own, {}).get(age, 0)
        return (ends + BORROWED_CLOCKS * share) / (reached + BORROWED_CLOCKS)

    def missed(self, run: Running) -> float:
        """The chance that a running clock is still open when its due day has passed."""
        chance = 1.0
        for age in range(run.age_working_days + 1, run.age_working_days + run.left_working_days + 1):
            chance *= 1.0 - self.end_at(run.clock, run.province, age)
        return chance


def _at_least(seen: Counter[int]) -> dict[int, int]:
    """Age → how many were seen at that age or later, for every age up to the oldest."""
    reached, number = {}, 0
    for age in range(max(seen, default=-1), -1, -1):
        number += seen[age]
        reached[age] = number
    return reached


def forecast(work: UnitOfWork, as_of: date, days: WorkingDays, *, past: bool = True) -> list[ForecastRow]:
    """Every province on each of the ten working days after `as_of`, from what had been received by its end.

    `past=False`: nothing has been received since, which spares looking for it. A due day that a later calendar moved
    stands where it was moved to. Raises CalendarError outside the calendar.
    """
    under_way = running(work, as_of, days, past=past)
    by = as_of if past else None
    chances = Chances(ended(work, by), cancelled(work, by), under_way)
    ahead = [days.due(as_of, n + 1).date for n in range(AHEAD_WORKING_DAYS)]
    clocks: Counter[tuple[str, date]] = Counter()
    expected: dict[tuple[str, date], float] = {}
    for run in under_way:
        if run.due > as_of and run.left_working_days <= AHEAD_WORKING_DAYS:
            cell = run.province, ahead[max(run.left_working_days, 1) - 1]
            clocks[cell] += run.number
            expected[cell] = expected.get(cell, 0.0) + run.number * chances.missed(run)
    return [
        ForecastRow(province, due, clocks[province, due], round(expected.get((province, due), 0.0), 4))
        for province in sorted(PROVINCES)
        for due in ahead
    ]
