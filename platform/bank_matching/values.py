"""What is matched: bank accounts and their entries, payments and their sides; and what comes of it. Amounts are fen.

On a bank account a positive amount came in, a negative one went out. A payment has a side on each bank that it passes:
the payer's debit, the payee's credit, and the payer's return where the ledger knows that it bounced (退汇).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from jinbao.schemas.derived_ids import platform_event_id
from jinbao.schemas.messages.bank import AccountKind as AccountKind, EntryClass as EntryClass
from jinbao.schemas.messages.bank_findings import (
    BreakKind as BreakKind,
    MatchRule as MatchRule,
    SideRole,
)

Role = SideRole
"""Which side of a payment: the payer's debit, what came back to the payer, the payee's credit."""


class BankAccount(NamedTuple):
    """An account of a province's funds, and the days that its statements tell of."""

    id: bytes
    province: str
    kind: AccountKind
    statements: tuple[tuple[date, date], ...] = ()
    """First and last day of each, in any order."""


class EntryPayment(NamedTuple):
    """One payment within a bank entry; of a batch there are several."""

    references: tuple[str, ...] = ()
    """Those in the form of ISO 11649 whose check digits are right."""
    amount_fen: int | None = None
    """None where the bank does not say it."""
    counterpart: bytes | None = None
    """Id of the other side's account."""


@dataclass(frozen=True, slots=True)
class BookedEntry:
    """An entry that a bank has booked."""

    id: bytes
    account: bytes
    booked_on: date
    amount_fen: int
    entry_class: EntryClass = "other"
    payments: tuple[EntryPayment, ...] = ()

    @property
    def order(self) -> tuple[date, bytes]:
        """The one order of entries, whatever order they arrived in."""
        return self.booked_on, self.id


class PaymentLine(NamedTuple):
    """One person's part of a payment, as the ledger knows it."""

    transfer: bytes
    ordered_fen: int | None
    """None where the payer has not reported that it paid."""
    received_fen: int | None = None
    """None where the payee has not reported that it came."""
    bounced_fen: int = 0


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment that provinces have reported; its lines are its allocation list."""

    reference: str
    payer: str
    payee: str
    ordered_on: date
    """Day of the order; where the payer reported none, the day on which the payee says that it came."""
    lines: tuple[PaymentLine, ...]
    received_on: date | None = None
    """The last day on which the payee says that it came; None where it has said nothing."""
    bounced_on: date | None = None
    """The last day on which the payer says that something came back."""

    @property
    def sides(self) -> dict[Role, Side]:
        """Its sides on the banks; no debit where the payer has reported no payment.

        Made anew each time: kept, each payment would hold its sides and each side its payment, and hundreds of
        thousands of them would wait for the collector of cycles.
        """
        ordered = [line.ordered_fen for line in self.lines if line.ordered_fen is not None]
        bounced_fen = sum(line.bounced_fen for line in self.lines)
        credit_fen = sum(_credit_fen(line) for line in self.lines)
        sides: dict[Role, Side] = {"credit": Side(self, "credit", credit_fen)}
        if ordered:
            sides["debit"] = Side(self, "debit", -sum(ordered))
        if bounced_fen:
            sides["return"] = Side(self, "return", bounced_fen)
        return sides

    @property
    def unreported_fen(self) -> int:
        """What should have come to the payee and was not reported by it."""
        return sum(_credit_fen(line) for line in self.lines if line.received_fen is None)


def _credit_fen(line: PaymentLine) -> int:
    if line.received_fen is not None:
        return line.received_fen
    return (line.ordered_fen or 0) - line.bounced_fen


class SideKey(NamedTuple):
    """Names a side of a payment."""

    reference: str
    role: Role


@dataclass(frozen=True, slots=True)
class Side:
    """What a bank should have booked of a payment."""

    payment: Payment
    role: Role
    amount_fen: int

    @property
    def key(self) -> SideKey:
        """Its name."""
        return SideKey(self.payment.reference, self.role)

    @property
    def at(self) -> tuple[str, AccountKind]:
        """Province and kind of the accounts on which it may be booked."""
        return (self.payment.payee, "in") if self.role == "credit" else (self.payment.payer, "out")


@dataclass(frozen=True, slots=True)
class Match:
    """Sides and entries that explain each other to the fen."""

    rule: MatchRule
    sides: tuple[SideKey, ...]
    entries: tuple[bytes, ...]


def break_of_entry(entry: bytes) -> UUID:
    """Id of the break that hangs on an entry, whether or not there is one now."""
    return UUID(bytes=platform_event_id("break", "entry", entry.hex()))


@dataclass(frozen=True, slots=True)
class Break:
    """What is not explained: it hangs on one bank entry, one payment side or one missing day, never on a remainder."""

    kind: BreakKind
    anchor: bytes | SideKey | tuple[bytes, date]
    """An entry's id, a side, or an account and its missing day."""
    province: str
    account: bytes | None
    """None for a side whose province has no account of its kind."""
    amount_fen: int
    """Of the entry or side on which it hangs; 0 for a missing day."""
    difference_fen: int
    """Bank minus ledger."""
    day: date
    """Booked, ordered or missing."""
    sides: tuple[SideKey, ...] = ()
    entries: tuple[bytes, ...] = ()
    references: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    """References of payments that could be it by amount, other account and day: proposals, however clear."""

    @property
    def id(self) -> UUID:
        """Derived from what it hangs on: the same break, whatever arrives and of whatever kind it is meanwhile."""
        anchor = self.anchor
        if isinstance(anchor, bytes):
            return break_of_entry(anchor)
        first, second = anchor
        parts = (first.hex(), str(second)) if isinstance(first, bytes) else (first, str(second))
        return UUID(bytes=platform_event_id("break", *parts))


@dataclass(frozen=True, slots=True)
class Matching:
    """Every entry and every side in exactly one place, each list in one order whatever order things arrived in."""

    matches: tuple[Match, ...]
    classified: dict[bytes, EntryClass]
    """Entries that need no payment: between own accounts, charges, interest."""
    breaks: tuple[Break, ...]
    awaited: tuple[SideKey, ...]
    """Sides that are still in time, or whose days no statement tells of."""
    proposed: tuple[SideKey, ...]
    """Sides that no entry names and that are a candidate of at least one break."""
