"""The index: how long the agencies of each province take for each clock, in working days, silence counted.

A clock that still runs counts at its present age, so that who answers nothing does not lead; beside it stands the age
that 95 of 100 open clocks do not exceed, so that who leaves the overdue alone does not lead either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from jinbao.platform.projections.handling_times import Handled, Running, ended, running
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.working_days import WorkingDays

FEWEST_CASES = 20
"""Below so many clocks nothing is said of a province [assumed]."""


class IndexRow(NamedTuple):
    """How long one province takes for one clock; working days, None where there are too few."""

    clock: str
    province: str
    cases: int
    """Clocks that ended met or missed, and those that run."""
    open: int
    median_working_days: int | None
    p90_working_days: int | None
    open_p95_working_days: int | None
    """Of those that run, at their present age; None also where none runs."""

    @property
    def too_few(self) -> bool:
        """Fewer clocks than allow to say anything."""
        return self.cases < FEWEST_CASES


def nearest_rank(times: Mapping[int, int], percent: int) -> int:
    """The time (→ how often) that at least `percent` of 100 do not exceed, one that really occurred.

    Raises ValueError where there are no times.
    """
    place = -(-sum(times.values()) * percent // 100)
    for time in sorted(times):
        place -= times[time]
        if place <= 0 and times[time]:
            return time
    raise ValueError("no times")


def index_of(done: Iterable[Handled], under_way: Iterable[Running]) -> list[IndexRow]:
    """One row a clock and province, in their order."""
    times: dict[tuple[str, str], Counter[int]] = {}
    ages: dict[tuple[str, str], Counter[int]] = {}
    for clock, province, taken, number in done:
        times.setdefault((clock, province), Counter())[taken] += number
    for run in under_way:
        ages.setdefault((run.clock, run.province), Counter())[run.age_working_days] += run.number
    return [_row(pair, times.get(pair, Counter()), ages.get(pair, Counter())) for pair in sorted({*times, *ages})]


def _row(pair: tuple[str, str], done: Counter[int], ages: Counter[int]) -> IndexRow:
    both, count, still = done + ages, done.total() + ages.total(), ages.total()
    if count < FEWEST_CASES:
        return IndexRow(*pair, count, still, None, None, None)
    late = nearest_rank(ages, 95) if still else None
    return IndexRow(*pair, count, still, nearest_rank(both, 50), nearest_rank(both, 90), late)


def handling_index(work: UnitOfWork, today: date, days: WorkingDays, province: str | None = None) -> list[IndexRow]:
    """The index of all clocks that the log holds, as it stands on `today`; of one province where it is given."""
    return index_of(ended(work, province=province), running(work, today, days, province=province))
