"""What each account's bank tells on each evening: a statement of the day, one that it forgets, one written anew.

It follows from the seed and from the banks' books alone, so that a run that goes on comes to the same.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from jinbao.rules.provinces import PROVINCES
from jinbao.simulator.bank_statements.bank_days import FAULTS, KINDS, BankDays, Movement, Place, Planted, Season
from jinbao.simulator.bank_statements.reports import Reports
from jinbao.simulator.banks import Banks, BookEntry, Delay
from jinbao.simulator.virtual_clock import VirtualClock

OPENING_FEN = 1_000_000_000
ONE_IN = 5_000
"""Each fault at least once in so many transfers."""
_RIGHT_AFTER_DAYS = 6
"""A fault is put right so many working days after it: when it has become a break, whatever break it is."""
_LAST_DAYS = 2 * _RIGHT_AFTER_DAYS
"""In the last days no fault is planted any more: each is put right and worked off within the run."""


class Statement(NamedTuple):
    """What a bank says of an account's days."""

    place: Place
    first_day: date
    day: date
    """Its last one."""
    opening_fen: int
    moved: Sequence[Movement]
    is_anew: bool = False
    """Whether it takes the place of the one that was told before."""


def season_of(clock: VirtualClock, transfers: int) -> Season:
    """When the banks of a nation make faults: in its second quarter, since transfers end before its days do."""
    days = clock.calendar
    quarter, until = len(days) // 4, len(days) * 3 // 5
    times = max(1, transfers // ONE_IN)
    return Season(
        plant_on=tuple(days[quarter + quarter * place // len(FAULTS)] for place in range(len(FAULTS))),
        plant_until=days[max(0, len(days) - _LAST_DAYS)],
        times=times,
        months_end_on=frozenset(
            day for place, day in enumerate(days, 1) if place == len(days) or days[place].month != day.month
        ),
        delay=Delay(
            times,
            ordered_from=days[max(0, until - 4 * _RIGHT_AFTER_DAYS)],
            ordered_until=days[max(0, until - _RIGHT_AFTER_DAYS)],
            until=days[until],
        ),
    )


@dataclass
class EveningStatements:
    """All banks' statements, evening by evening from the first one on."""

    clock: VirtualClock
    days: BankDays
    reports: Reports
    posted: int = 0
    """The last entry of the banks' books that a statement tells of."""
    skipped: Statement | None = None
    """What a bank forgot to tell."""
    told: dict[tuple[Place, date], Statement] = field(default_factory=dict)
    _last: dict[Place, Statement] = field(default_factory=dict)
    _evening: tuple[date, list[Statement]] = (date.min, [])

    @classmethod
    def after(
        cls, evenings: int, clock: VirtualClock, days: BankDays, reports: Reports, banks: Banks
    ) -> EveningStatements:
        """As they stand after so many evenings."""
        statements = cls(clock, days, reports)
        calendar = clock.calendar
        posted: dict[date, list[BookEntry]] = {day: [] for day in calendar[:evenings]}
        for entry in banks.entries() if evenings else ():
            place = bisect_left(calendar, entry.booked_on)
            if place < evenings:
                posted[calendar[place]].append(entry)
                statements.posted = entry.entry
        for day, entries in posted.items():
            statements._tell(day, entries, banks)
        return statements

    def of(self, day: date, banks: Banks) -> list[Statement]:
        """Those of an evening; asked again, the same."""
        if self._evening[0] != day:
            entries = [entry for entry in banks.entries(since=self.posted) if entry.booked_on <= day]
            self.posted = entries[-1].entry if entries else self.posted
            self._evening = day, self._tell(day, entries, banks)
        return self._evening[1]

    def _tell(self, day: date, entries: Sequence[BookEntry], banks: Banks) -> list[Statement]:
        delay = self.days.season.delay
        if delay.ordered_from <= day <= delay.until:
            self.days.on_their_way(banks.on_their_way(day))
        by_place: dict[Place, list[Movement]] = {place: [] for place in places()}
        for movement in self.days.evening(day, entries, self._sound(day, entries, banks), self._right_on(day)):
            by_place[movement.place].append(movement)
        statements = [self._of_account(place, day, moved) for place, moved in by_place.items()]
        return self._without_the_forgotten(day, statements) + self._put_right(day)

    def _sound(self, day: date, entries: Sequence[BookEntry], banks: Banks) -> set[str]:
        """Payments that their payer has reported in time, and that do not come back: what is found is the bank's."""
        payers = {(entry.reference, entry.province if entry.amount < 0 else entry.counterpart) for entry in entries}
        return {one for one, payer in payers if self.reports.has(one, payer, by=day)} - banks.bounced()

    def _of_account(self, place: Place, day: date, moved: Sequence[Movement]) -> Statement:
        before = self._last.get(place)
        first_day, opening_fen = self.clock.start, OPENING_FEN
        if before is not None:
            first_day = before.day + timedelta(days=1)
            opening_fen = before.opening_fen + sum(movement.amount_fen for movement in before.moved)
        self._last[place] = self.told[place, day] = Statement(place, first_day, day, opening_fen, moved)
        return self._last[place]

    def _without_the_forgotten(self, day: date, statements: list[Statement]) -> list[Statement]:
        """On one day one bank sends no statement of an account on which nothing moved."""
        calendar = self.clock.calendar
        if day != calendar[len(calendar) // 2]:
            return statements
        self.skipped = next((one for one in statements if not one.moved), None)
        if self.skipped is not None:
            self.days.planted.append(Planted("missing_statement", self.skipped.place, 0))
        return [one for one in statements if one != self.skipped]

    def _put_right(self, day: date) -> list[Statement]:
        """The day that was forgotten is told of late, and statements that were wrong are written anew."""
        late = [self.skipped] if self.skipped is not None and self._right_on(self.skipped.day) == day else []
        anew = []
        for told_on, wrong, right in self.days.rewritten(day):
            old = self.told[wrong.place, told_on]
            anew.append(old._replace(moved=[right if one == wrong else one for one in old.moved], is_anew=True))
        return late + anew

    def _right_on(self, day: date) -> date:
        """When what goes wrong on a day is put right."""
        return self.clock.after(day, _RIGHT_AFTER_DAYS)


def places() -> list[Place]:
    """Every province's accounts."""
    return [Place(province, kind) for province in sorted(PROVINCES) for kind in KINDS]
