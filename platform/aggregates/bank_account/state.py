"""A bank account as its facts fold it: its statements and entries, what explains them, and the breaks that are left."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from jinbao.platform.aggregates.bank_account import facts as f
from jinbao.schemas.derived_ids import platform_event_id


@dataclass(slots=True)
class Taken:
    """A statement that was taken in, as far as its parts have come."""

    opening_fen: int
    closing_fen: int
    entries: set[bytes]
    first_day: date
    last_day: date
    moved_fen: dict[int, int] = field(default_factory=dict)
    """Month (YYYYMM) → what its entries come to."""


class Unfinished(NamedTuple):
    """A statement that lacks parts."""

    statement: bytes
    next_part: int
    ends_at_fen: int | None
    """What it has to come to, where another statement follows it."""


@dataclass(slots=True)
class BreakState:
    """A break as it was last found."""

    finding: int
    difference_fen: int
    candidates: tuple[str, ...]
    entry: bytes | None
    day: date
    is_open: bool = True


def month_number(day: date) -> int:
    """The month of a day as YYYYMM."""
    return day.year * 100 + day.month


def break_of(entry: bytes) -> bytes:
    """Id of the break that hangs on an entry."""
    return platform_event_id("break", "entry", entry.hex())


class AccountState:
    """Whose account it is, the statements that were taken in, the entries that it knows, and what was found in them."""

    def __init__(self, account: UUID) -> None:
        self.id, self.version = account, 0
        self.province = ""
        """Empty until the account is opened."""
        self.statements: dict[bytes, Taken] = {}
        """In the order in which they follow each other."""
        self.replaced: set[bytes] = set()
        self.entries: dict[bytes, bool] = {}
        """Whether each names a payment itself."""
        self.confirmed: dict[bytes, str] = {}
        """The payment that an officer said an entry is; kept for an entry that another statement may bring back."""
        self.unfinished: Unfinished | None = None
        self.matched: set[bytes] = set()
        """Entries that are explained by payments."""
        self.breaks: dict[bytes, BreakState] = {}
        self.brought_by: dict[bytes, bytes] = {}
        """Entry → event id of the message that brought it."""
        self.sealed: dict[int, str] = {}
        """Month (YYYYMM) → hash of the figures that were signed."""
        self.frozen: set[bytes] = set()
        """Entries whose confirmation lies before the seal of their month."""
        self.officers: dict[str, set[int]] = {}
        """Who confirmed or cleared something → in which months it lies."""

    @property
    def closing_fen(self) -> int | None:
        """The balance at the end of what was taken in; None before the first statement."""
        return self.statements[next(reversed(self.statements))].closing_fen if self.statements else None

    def take(self, fact: f.AccountFact, submission: bytes, received_at: int) -> None:
        """Assign a fact."""
        if isinstance(fact, f.AccountOpened):
            self.province = fact.province
        elif isinstance(fact, f.PartBooked):
            assert fact.opening_fen + sum(entry.amount_fen for entry in fact.entries) == fact.closing_fen
            self._take_part(fact)
            self.brought_by.update((entry.entry, submission) for entry in fact.entries)
        elif isinstance(fact, f.EntryConfirmed):
            self.confirmed[fact.entry] = fact.payment_reference
            self._note_work(fact.operator, break_of(fact.entry))
        elif isinstance(fact, f.ConfirmationAnnulled):
            del self.confirmed[fact.entry]
            self._note_work(fact.operator, break_of(fact.entry))
        elif isinstance(fact, f.MonthSealed):
            self.sealed[fact.month] = fact.figures_hash
            self.frozen.update(entry for entry in self.confirmed if self.month_of(break_of(entry)) <= fact.month)
        else:
            self._take_finding(fact)

    def _take_finding(self, fact: f.AccountFact) -> None:
        if isinstance(fact, f.EntriesMatched):
            self.matched.update(entry for match in fact.matches for entry in match.entries)
        elif isinstance(fact, f.MatchesDissolved):
            self.matched.difference_update(fact.entries)
        elif isinstance(fact, f.BreakOpened):
            found = BreakState(fact.finding, fact.difference_fen, fact.candidates, fact.entry, fact.day)
            self.breaks[fact.break_id] = found
        elif isinstance(fact, f.BreakResolved):
            self.breaks[fact.break_id].is_open = False
        elif isinstance(fact, f.BreaksCleared):
            for break_id in fact.break_ids:
                self.breaks[break_id].is_open = False
                self._note_work(fact.operator, break_id)

    def _note_work(self, operator: str, break_id: bytes) -> None:
        self.officers.setdefault(operator, set()).add(self.month_of(break_id))

    def month_of(self, break_id: bytes) -> int:
        """The month (YYYYMM) in which a break lies; 0, which is before every seal, of one that was never said."""
        known = self.breaks.get(break_id)
        return month_number(known.day) if known is not None else 0

    @property
    def sealed_to(self) -> int:
        """The last month (YYYYMM) that was sealed; 0 before the first."""
        return max(self.sealed, default=0)

    def balance_fen(self, month: int) -> int | None:
        """The bank's balance at the end of a month (YYYYMM); None before the first statement."""
        if not self.statements:
            return None
        moved = (taken.moved_fen.items() for taken in self.statements.values())
        opening_fen = next(iter(self.statements.values())).opening_fen
        return opening_fen + sum(fen for months in moved for of, fen in months if of <= month)

    def _take_part(self, fact: f.PartBooked) -> None:
        ends_at_fen = self.unfinished.ends_at_fen if self.unfinished else self.ends_at_fen(fact.replaces)
        if fact.replaces is not None:
            replaced = self.statements[fact.replaces].entries
            for entry in replaced:
                del self.entries[entry]
            self.matched -= replaced
            self.replaced.add(fact.replaces)
            self.statements = {
                fact.statement if name == fact.replaces else name: taken for name, taken in self.statements.items()
            }
            self.statements[fact.statement] = Taken(
                fact.opening_fen, fact.opening_fen, set(), fact.first_day, fact.last_day
            )
        elif not fact.entries and fact.parts == 1:
            self._take_late(fact)
        taken = self.statements.setdefault(
            fact.statement, Taken(fact.opening_fen, fact.opening_fen, set(), fact.first_day, fact.last_day)
        )
        taken.closing_fen = fact.closing_fen
        for booked in fact.entries:
            taken.entries.add(booked.entry)
            month = month_number(booked.booked_on)
            taken.moved_fen[month] = taken.moved_fen.get(month, 0) + booked.amount_fen
            self.entries[booked.entry] = any(payment.payment_references for payment in booked.payments)
        is_last = fact.part == fact.parts
        self.unfinished = None if is_last else Unfinished(fact.statement, fact.part + 1, ends_at_fen)

    def _take_late(self, fact: f.PartBooked) -> None:
        """Put a statement of quiet days where they belong, where others behind it have come already."""
        gap = self.gap(fact.first_day, fact.last_day)
        if gap is not None and gap[1] == fact.opening_fen:
            behind, quiet = gap[0], Taken(fact.opening_fen, fact.opening_fen, set(), fact.first_day, fact.last_day)
            before = self.statements
            self.statements = {}
            for name, taken in before.items():
                if name == behind:
                    self.statements[fact.statement] = quiet
                self.statements[name] = taken

    def gap(self, first_day: date, last_day: date) -> tuple[bytes, int] | None:
        """(the statement before which those days lie, the balance then); None where they lie in no gap."""
        for (_, before), (name, behind) in pairwise(self.statements.items()):
            if before.last_day < first_day and last_day < behind.first_day:
                return name, before.closing_fen
        return None

    def ends_at_fen(self, replaced: bytes | None) -> int | None:
        """What a statement in the place of another has to come to; None where no other follows it."""
        if replaced is None or next(reversed(self.statements)) == replaced:
            return None
        return self.statements[replaced].closing_fen
