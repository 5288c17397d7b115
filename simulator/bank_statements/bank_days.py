"""What the banks of a nation book on each account, made of their books: batches, split credits, charges, and faults.

A fault is planted on a payment that the seed chooses; the answer key says which break it must become. Nobody else
reads the key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import NamedTuple

from jinbao.rules.payment_reference import make_payment_reference
from jinbao.schemas.messages.bank import AccountKind
from jinbao.simulator.banks import PERSONS, BookEntry, Delay
from jinbao.simulator.scenario.seeded_random import derived

KINDS: tuple[AccountKind, ...] = ("in", "out", "fiscal")


class Place(NamedTuple):
    """An account: of a province, by kind; a province has one of each."""

    province: str
    kind: AccountKind

    @property
    def number(self) -> str:
        """Its synthetic number."""
        return f"{self.province}00000000000000{KINDS.index(self.kind) + 1:03d}"


@dataclass(frozen=True)
class Movement:
    """One entry of one account."""

    place: Place
    day: date
    amount_fen: int
    other: Place | None
    reference: str = ""
    remark: str = "养老保险关系转移"
    kind: str = "转账"


class Planted(NamedTuple):
    """A row of the answer key: a fault, and the break that it must become."""

    kind: str
    place: Place
    amount_fen: int
    """Of the entry or side on which the break hangs."""


class Rewritten(NamedTuple):
    """What stands in the statement of a day, and what stands there once another has taken its place."""

    day: date
    wrong: Movement
    right: Movement


@dataclass(frozen=True, slots=True)
class Season:
    """When banks make faults, and when they put them right."""

    plant_on: tuple[date, ...]
    """The evenings from which on each fault of `FAULTS` is planted, on the first payment for which it is possible."""
    plant_until: date
    times: int
    """How often each."""
    months_end_on: frozenset[date]
    """The evenings on which banks book charges and interest."""
    delay: Delay


FAULTS = (
    "given_back",
    "batch",
    "mistyped",
    "unbooked",
    "under",
    "over",
    "duplicate",
    "unknown",
    "misplaced",
    "rewritten",
)


@dataclass
class BankDays:
    """What the banks book evening by evening, what is planted, and what they book later to put it right.

    It follows from the seed and from the banks' books alone, so that a run that goes on comes to the same.
    """

    seed: int
    season: Season
    planted: list[Planted] = field(default_factory=list)
    countered: list[Planted] = field(default_factory=list)
    """Bookings by which a bank takes back what no payment explains: breaks until an officer has cleared both."""
    _corrections: dict[date, list[Movement]] = field(default_factory=dict)
    _rewritten: dict[date, list[Rewritten]] = field(default_factory=dict)
    _planted_times: dict[str, int] = field(default_factory=dict)
    _payers: dict[str, str] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    """References of payments that have a fault or are given back."""
    _moved: set[Place] = field(default_factory=set)

    def evening(self, day: date, posted: Iterable[BookEntry], sound: Collection[str], right_on: date) -> list[Movement]:
        """What the statements of a day say. `posted`: by the books; `sound`: payments that may have a fault.

        `right_on`: when faults of this day are put right.
        """
        sides: dict[_Side, list[BookEntry]] = {}
        for entry in posted:
            if entry.amount < 0:
                self._payers[entry.reference] = entry.province
            place = Place(entry.province, "out" if self._payers.get(entry.reference) == entry.province else "in")
            sides.setdefault((entry.reference, place, entry.amount > 0), []).append(entry)
        chosen = self._chosen(day, sides, sound)
        movements = self._corrections.pop(day, [])
        for (reference, place, is_credit), entries in sorted(sides.items()):
            movement = _movement(place, entries)
            fault = chosen.get((reference, place, is_credit))
            if fault is not None:
                movements += self._plant(fault, day, movement, right_on)
            elif is_credit and movement.amount_fen > 1 and derived(self.seed, reference, "split") % 20 == 0:
                movements += _split(movement)
            else:
                movements.append(movement)
        self._moved.update(movement.place for movement in movements)
        return movements + (self._everyday(day) if day in self.season.months_end_on else [])

    def on_their_way(self, entries: Iterable[BookEntry]) -> None:
        """Credits that a bank has left on their way: rows of the key."""
        for entry in entries:
            if entry.reference not in self._used:
                self._used.add(entry.reference)
                self.planted.append(Planted("late_in_transit", Place(entry.province, "in"), entry.amount))

    def rewritten(self, day: date) -> list[Rewritten]:
        """The statements that are written anew on a day."""
        return self._rewritten.pop(day, [])

    def _chosen(self, day: date, sides: Mapping[_Side, list[BookEntry]], sound: Collection[str]) -> dict[_Side, str]:
        """Which side has which of the faults that are due: by the seed's order, a payment once."""
        order = sorted(sides, key=lambda side: derived(self.seed, *side, "fault"))
        chosen: dict[_Side, str] = {}
        for fault, due in zip(FAULTS, self.season.plant_on, strict=True):
            lacking = (
                self.season.times - self._planted_times.get(fault, 0) if due <= day <= self.season.plant_until else 0
            )
            possible = (s for s in order if s[0] in sound and self._is_possible(fault, day, s, sides[s]))
            for side in list(islice((side for side in possible if side[0] not in self._used), lacking)):
                chosen[side] = fault
                self._used.add(side[0])
                self._planted_times[fault] = self._planted_times.get(fault, 0) + 1
        return chosen

    def _is_possible(self, fault: str, day: date, side: _Side, rows: Sequence[BookEntry]) -> bool:
        _, place, is_credit = side
        delay = self.season.delay
        if fault in ("unbooked", "given_back"):
            may_be_delayed = delay.ordered_from <= day <= delay.ordered_until
            return not is_credit and rows[0].counterpart != PERSONS and not may_be_delayed
        return is_credit and place.kind == "in" and (len(rows) > 1) == (fault == "batch")

    def _plant(self, fault: str, day: date, movement: Movement, later: date) -> list[Movement]:
        """What the bank books instead, with the row of the key and what it books later to put it right."""
        fen, place = movement.amount_fen, movement.place
        booked, planted, corrected = [movement], Planted("", place, fen), [replace(movement, day=later)]
        if fault in ("mistyped", "rewritten"):
            booked = [replace(movement, reference="", remark=f"养老转移 {_mistyped(movement.reference)}")]
            planted, corrected = planted._replace(kind="unmatched_bank"), []
            if fault == "rewritten":
                self._rewritten.setdefault(later, []).append(Rewritten(day, booked[0], movement))
        elif fault == "unbooked":
            booked, planted = [], planted._replace(kind="unmatched_ledger")
        elif fault in ("under", "batch"):
            booked = [replace(movement, amount_fen=fen - 1)]
            planted = planted._replace(kind="under" if fault == "under" else "batch_mismatch")
            corrected = [replace(movement, amount_fen=1, day=later)]
        elif fault == "over":
            booked, planted = [replace(movement, amount_fen=fen + 1)], planted._replace(kind="over")
            corrected = [replace(movement, amount_fen=-1, day=later, remark="多记冲正")]
        elif fault == "duplicate":
            booked, planted = [movement, movement], planted._replace(kind="duplicate")
            corrected = [replace(movement, amount_fen=-fen, day=later, remark="重记冲正")]
        elif fault == "unknown":
            foreign = replace(movement, reference=make_payment_reference(f"99{movement.reference[4:20]}"))
            booked, planted = [movement, foreign], planted._replace(kind="unknown_reference")
            corrected = [replace(foreign, amount_fen=-fen, day=later, remark="错记冲正")]
            self.countered.append(planted._replace(amount_fen=-fen))
        elif fault == "misplaced":
            wrong = replace(movement, place=Place(place.province, "fiscal"))
            booked, planted = [wrong], Planted("wrong_account", wrong.place, fen)
            corrected = [replace(movement, day=later), replace(wrong, amount_fen=-fen, day=later)]
        else:
            back = replace(movement, amount_fen=-fen, remark="退汇 户名不符")
            booked, planted = [movement, back], Planted("returned", place, -fen)
        self.planted.append(planted)
        for movement in corrected:
            self._corrections.setdefault(movement.day, []).append(movement)
        return booked

    def _everyday(self, day: date) -> list[Movement]:
        """Charges, interest, and what is moved to the fiscal account: explained by the bank's own words."""
        movements: list[Movement] = []
        for place in sorted(self._moved):
            fen = 50 + derived(self.seed, *place, day.isoformat(), "charge") % 1_000
            movements.append(Movement(place, day, -fen, None, "", "汇划手续费", "手续费"))
            movements.append(Movement(place, day, fen * 7, None, "", "结息", "利息"))
            if place.kind == "in":
                fiscal = Place(place.province, "fiscal")
                movements.append(Movement(place, day, -fen * 5, fiscal, "", "归集上划", "归集"))
                movements.append(Movement(fiscal, day, fen * 5, place, "", "归集上划", "归集"))
        return movements


_Side = tuple[str, Place, bool]
"""Payment reference, account, and whether it is a credit."""


def _movement(place: Place, entries: Sequence[BookEntry]) -> Movement:
    first = entries[0]
    other = None if first.counterpart == PERSONS else Place(first.counterpart, "in" if place.kind == "out" else "out")
    return Movement(place, first.booked_on, sum(entry.amount for entry in entries), other, first.reference)


def _split(movement: Movement) -> list[Movement]:
    """One payment in two entries of one day."""
    part = movement.amount_fen // 3 or 1
    return [replace(movement, amount_fen=part), replace(movement, amount_fen=movement.amount_fen - part)]


def _mistyped(reference: str) -> str:
    """A reference whose last character is another: its check digits are wrong."""
    return reference[:-1] + ("0" if reference[-1] != "0" else "1")
