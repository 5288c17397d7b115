"""The facts about a bank account: what its bank booked, what the platform found in it, what officers said."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

import msgspec

from jinbao.platform.aggregates.stream_kind import StreamFact


class Payment(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One payment within a booked entry, as `schemas/messages/bank.BookedPayment`."""

    payment_references: tuple[str, ...]
    amount_fen: int | None
    counterpart: bytes | None


class Booked(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A booked entry, as `schemas/messages/bank.BankEntry`."""

    entry: bytes
    booked_on: date
    amount_fen: int
    entry_class: str
    payments: tuple[Payment, ...]


class AccountFact(StreamFact, frozen=True, gc=False, kw_only=True):
    """Base of the facts about a bank account."""


class AccountOpened(AccountFact, frozen=True, gc=False, kw_only=True):
    """A province named its account."""

    TOPIC: ClassVar[str] = "bank-account-opened"
    province: str
    kind: str


class PartBooked(AccountFact, frozen=True, gc=False, kw_only=True):
    """One part of a statement was taken in."""

    TOPIC: ClassVar[str] = "bank-statement-booked"
    statement: bytes
    part: int
    parts: int
    first_day: date
    last_day: date
    opening_fen: int
    closing_fen: int
    entries: tuple[Booked, ...]
    replaces: bytes | None = None
    """The statement whose place this one takes."""
    replaced_fen: int = 0
    """What the entries of that one moved, and how many they were."""
    replaced_entries: int = 0


class EntryConfirmed(AccountFact, frozen=True, gc=False, kw_only=True):
    """An officer said which payment an entry is."""

    TOPIC: ClassVar[str] = "bank-entry-confirmed"
    entry: bytes
    payment_reference: str
    operator: str
    reason_text: str | None = None


class ConfirmationAnnulled(AccountFact, frozen=True, gc=False, kw_only=True):
    """An entry is nobody's again."""

    TOPIC: ClassVar[str] = "bank-confirmation-annulled"
    entry: bytes
    operator: str
    reason_text: str | None = None


class BreakInvestigated(AccountFact, frozen=True, gc=False, kw_only=True):
    """An officer looks into a break."""

    TOPIC: ClassVar[str] = "bank-break-investigated"
    break_id: bytes
    operator: str
    reason_text: str | None = None


class SideOf(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A side of a payment: its reference, and whether the payer's debit, the payee's credit or the payer's return."""

    payment_reference: str
    role: str


class FoundMatch(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Entries of this account and the sides of payments that they explain, as `schemas/messages/bank_findings.py`."""

    rule: str
    sides: tuple[SideOf, ...]
    entries: tuple[bytes, ...]


class EntriesMatched(AccountFact, frozen=True, gc=False, kw_only=True):
    """The platform found what explains entries."""

    TOPIC: ClassVar[str] = "bank-entries-matched"
    matches: tuple[FoundMatch, ...]


class MatchesDissolved(AccountFact, frozen=True, gc=False, kw_only=True):
    """What explained entries does so no longer."""

    TOPIC: ClassVar[str] = "bank-matches-dissolved"
    entries: tuple[bytes, ...]


class BreakOpened(AccountFact, frozen=True, gc=False, kw_only=True):
    """The platform found something that is not explained, found it to be something else, or found it again."""

    TOPIC: ClassVar[str] = "bank-break-opened"
    break_id: bytes
    finding: int
    """1, and one more each time that this is said of the break."""
    break_kind: str
    day: date
    amount_fen: int
    difference_fen: int
    entry: bytes | None
    side: SideOf | None
    sides: tuple[SideOf, ...]
    entries: tuple[bytes, ...]
    payment_references: tuple[str, ...]
    candidates: tuple[str, ...]


class BreakResolved(AccountFact, frozen=True, gc=False, kw_only=True):
    """Nothing of a break is left: what was missing came, or was taken back."""

    TOPIC: ClassVar[str] = "bank-break-resolved"
    break_id: bytes
    finding: int
    cured_by: bytes
    """Event id of the message that cured it."""


class BreaksCleared(AccountFact, frozen=True, gc=False, kw_only=True):
    """An officer named the event by which breaks explain each other: their differences come to nothing."""

    TOPIC: ClassVar[str] = "bank-breaks-cleared"
    break_ids: tuple[bytes, ...]
    cured_by: bytes
    operator: str
    reason_text: str | None = None


class ItemOf(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An open item, as `schemas/messages/month_seal.SealedItem`."""

    part: str
    day: date
    amount_fen: int
    payment_reference: str | None
    entry: bytes | None
    break_id: bytes | None


class MonthSealed(AccountFact, frozen=True, gc=False, kw_only=True):
    """A person signed the account's month, as `schemas/messages/month_seal.py`."""

    TOPIC: ClassVar[str] = "bank-month-sealed"
    month: int
    """YYYYMM."""
    statements_to: date
    bank_opening_fen: int
    bank_in_fen: int
    bank_out_fen: int
    bank_closing_fen: int
    book_opening_fen: int
    book_in_fen: int
    book_out_fen: int
    items: tuple[ItemOf, ...]
    open_breaks: tuple[bytes, ...]
    corrections: tuple[tuple[int, str], ...]
    """(month, payment reference)."""
    figures_hash: str
    operator: str


FACTS: tuple[type[AccountFact], ...] = (
    AccountOpened,
    PartBooked,
    EntryConfirmed,
    ConfirmationAnnulled,
    BreakInvestigated,
    EntriesMatched,
    MatchesDissolved,
    BreakOpened,
    BreakResolved,
    BreaksCleared,
    MonthSealed,
)
"""Every fact about a bank account."""
