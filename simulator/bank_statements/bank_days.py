"""What the banks of a nation book on each account, made of their books: batches, split credits, charges, and faults.

A fault is planted on a payment that the seed chooses; the answer key says which break it must become. Nobody else
reads the key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import NamedTuple

from jinbao.rules.payment_reference import make_payment_reference
from jinbao.schemas.messages.bank import AccountKind
from jinbao.simulator.banks import PERSONS, BookEntry
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


@dataclass
class BankDays:
    """Movements by account and day, what was planted, and what the banks book later to put it right."""

    movements: list[Movement] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)
    corrections: list[Movement] = field(default_factory=list)
    rewritten: list[tuple[Movement, Movement]] = field(default_factory=list)
    """What stands in a statement, and what stands there once another has taken its place."""


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
ONE_IN = 5_000
"""Each fault at least once in so many payments."""


@dataclass(frozen=True, slots=True)
class Season:
    """The days that statements tell of, and the later one on which banks put right what was wrong."""

    faults_until: date
    """What is booked later has no fault: not every report of it is in."""
    until: date
    corrected_on: date


_Side = tuple[str, Place, bool]
"""Payment reference, account, and whether it is a credit."""


def book_days(seed: int, books: Iterable[BookEntry], season: Season) -> BankDays:
    """Every account's movements by the banks' books, with a few faults that the seed chooses."""
    sides: dict[_Side, list[BookEntry]] = {}
    payers: dict[str, str] = {}
    for entry in books:
        if entry.amount < 0:
            payers[entry.reference] = entry.province
        place = Place(entry.province, "out" if payers.get(entry.reference) == entry.province else "in")
        sides.setdefault((entry.reference, place, entry.amount > 0), []).append(entry)
    days = BankDays()
    chosen = _chosen(seed, sides, season)
    for (reference, place, is_credit), entries in sorted(sides.items()):
        movement = _movement(place, entries)
        fault = chosen.get((reference, place, is_credit))
        if fault is not None:
            _plant(days, fault, movement, season.corrected_on)
        elif is_credit and movement.amount_fen > 1 and derived(seed, reference, "split") % 20 == 0:
            days.movements += _split(movement)
        else:
            days.movements.append(movement)
    _everyday(days, seed)
    return days


def _movement(place: Place, entries: Sequence[BookEntry]) -> Movement:
    first = entries[0]
    other = None if first.counterpart == PERSONS else Place(first.counterpart, "in" if place.kind == "out" else "out")
    return Movement(place, first.booked_on, sum(entry.amount for entry in entries), other, first.reference)


def _split(movement: Movement) -> list[Movement]:
    """One payment in two entries of one day."""
    part = movement.amount_fen // 3 or 1
    return [replace(movement, amount_fen=part), replace(movement, amount_fen=movement.amount_fen - part)]


def _chosen(seed: int, sides: Mapping[_Side, list[BookEntry]], season: Season) -> dict[_Side, str]:
    """Which side has which fault: the first ones by the seed's order for which it is possible, a payment once."""
    each = max(1, len(sides) // (2 * ONE_IN))
    credited = {reference for reference, place, _ in sides if place.kind == "in"}
    returned = {reference for reference, place, is_credit in sides if place.kind == "out" and is_credit}
    order = sorted(sides, key=lambda side: derived(seed, *side, "fault"))
    order = [side for side in order if side[0] not in returned and sides[side][0].booked_on <= season.faults_until]
    chosen: dict[_Side, str] = {}
    used: set[str] = set()
    for fault in FAULTS:
        possible = (side for side in order if _is_possible(fault, side, sides[side], credited))
        for side in list(islice((side for side in possible if side[0] not in used), each)):
            chosen[side] = fault
            used.add(side[0])
    return chosen


def _is_possible(fault: str, side: _Side, rows: Sequence[BookEntry], credited: set[str]) -> bool:
    reference, place, is_credit = side
    if reference not in credited:
        return False
    if fault in ("unbooked", "given_back"):
        return not is_credit
    return is_credit and place.kind == "in" and (len(rows) > 1) == (fault == "batch")


def _plant(days: BankDays, fault: str, movement: Movement, later: date) -> None:
    """What the bank books instead, the row of the key, and what it books later to put it right."""
    fen, place = movement.amount_fen, movement.place
    booked, planted, corrected = [movement], Planted("", place, fen), [replace(movement, day=later)]
    if fault == "mistyped":
        booked = [replace(movement, reference="", remark=f"养老转移 {_mistyped(movement.reference)}")]
        planted, corrected = planted._replace(kind="unmatched_bank"), []
    elif fault == "rewritten":
        booked = [replace(movement, reference="", remark=f"养老转移 {_mistyped(movement.reference)}")]
        planted, corrected = planted._replace(kind="unmatched_bank"), []
        days.rewritten.append((booked[0], movement))
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
    elif fault == "misplaced":
        wrong = replace(movement, place=Place(place.province, "fiscal"))
        booked, planted = [wrong], Planted("wrong_account", wrong.place, fen)
        corrected = [replace(movement, day=later), replace(wrong, amount_fen=-fen, day=later)]
    else:
        back = replace(movement, amount_fen=-fen, remark="退汇 户名不符")
        booked, planted, corrected = [movement, back], Planted("returned", place, -fen), [replace(movement, day=later)]
    days.movements += booked
    days.planted.append(planted)
    days.corrections += corrected


def plant_delayed(days: BankDays, delayed: Iterable[BookEntry], season: Season) -> None:
    """Credits that a bank has left on their way: rows of the key, and what it books later."""
    for entry in delayed:
        credit = _movement(Place(entry.province, "in"), [entry])
        days.planted.append(Planted("late_in_transit", credit.place, credit.amount_fen))
        days.corrections.append(replace(credit, day=season.corrected_on))


def _mistyped(reference: str) -> str:
    """A reference whose last character is another: its check digits are wrong."""
    return reference[:-1] + ("0" if reference[-1] != "0" else "1")


def _everyday(days: BankDays, seed: int) -> None:
    """Charges, interest, and what is moved to the fiscal account: explained by the bank's own words."""
    for place in sorted({movement.place for movement in days.movements}):
        of_place = [movement for movement in days.movements if movement.place == place]
        last = max(movement.day for movement in of_place)
        fen = 50 + derived(seed, *place, "charge") % 1_000
        days.movements.append(Movement(place, last, -fen, None, "", "汇划手续费", "手续费"))
        days.movements.append(Movement(place, last, fen * 7, None, "", "结息", "利息"))
        if place.kind == "in":
            fiscal = Place(place.province, "fiscal")
            days.movements.append(Movement(place, last, -fen * 5, fiscal, "", "归集上划", "归集"))
            days.movements.append(Movement(fiscal, last, fen * 5, place, "", "归集上划", "归集"))
