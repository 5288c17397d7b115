"""A bank account as its facts fold it: its statements and entries, what explains them, and the breaks that are left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from jinbao.platform.aggregates.bank_account import facts as f


@dataclass(slots=True)
class Taken:
    """A statement that was taken in, as far as its parts have come."""

    opening_fen: int
    closing_fen: int
    entries: set[bytes]


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
    is_open: bool = True


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
        elif isinstance(fact, f.EntryConfirmed):
            self.confirmed[fact.entry] = fact.payment_reference
        elif isinstance(fact, f.ConfirmationAnnulled):
            del self.confirmed[fact.entry]
        else:
            self._take_finding(fact)

    def _take_finding(self, fact: f.AccountFact) -> None:
        if isinstance(fact, f.EntriesMatched):
            self.matched.update(entry for match in fact.matches for entry in match.entries)
        elif isinstance(fact, f.MatchesDissolved):
            self.matched.difference_update(fact.entries)
        elif isinstance(fact, f.BreakOpened):
            found = BreakState(fact.finding, fact.difference_fen, fact.candidates, fact.entry)
            self.breaks[fact.break_id] = found
        elif isinstance(fact, f.BreakResolved):
            self.breaks[fact.break_id].is_open = False
        elif isinstance(fact, f.BreaksCleared):
            for break_id in fact.break_ids:
                self.breaks[break_id].is_open = False

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
            self.statements[fact.statement] = Taken(fact.opening_fen, fact.opening_fen, set())
        taken = self.statements.setdefault(fact.statement, Taken(fact.opening_fen, fact.opening_fen, set()))
        taken.closing_fen = fact.closing_fen
        for booked in fact.entries:
            taken.entries.add(booked.entry)
            self.entries[booked.entry] = any(payment.payment_references for payment in booked.payments)
        is_last = fact.part == fact.parts
        self.unfinished = None if is_last else Unfinished(fact.statement, fact.part + 1, ends_at_fen)

    def ends_at_fen(self, replaced: bytes | None) -> int | None:
        """What a statement in the place of another has to come to; None where no other follows it."""
        if replaced is None or next(reversed(self.statements)) == replaced:
            return None
        return self.statements[replaced].closing_fen
