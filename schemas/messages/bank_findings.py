"""What the platform finds in banks' statements, and how officers clear it. All of it is said in the account's stream.

Only ids, amounts, days and payment references are in it: nothing is sealed.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from jinbao.schemas.messages.bank import BankMessage, SignedAmount
from jinbao.schemas.messages.records import Id, Line, PaymentReference, Record, Text

SideRole = Literal["debit", "return", "credit"]
"""The payer's debit, what came back to the payer (退汇), the payee's credit."""
MatchRule = Literal["reference", "batch", "several_entries", "confirmed", "nothing_moved"]
BreakKind = Literal[
    "unmatched_bank",
    "unmatched_ledger",
    "under",
    "over",
    "duplicate",
    "unknown_reference",
    "wrong_account",
    "batch_mismatch",
    "late_in_transit",
    "returned",
    "missing_statement",
]


class PaymentSide(Record, frozen=True, gc=False, kw_only=True):
    """What one bank should have booked of a payment."""

    payment_reference: PaymentReference
    role: SideRole


class EntryMatch(Record, frozen=True, gc=False, kw_only=True):
    """Entries of the account and sides of payments that explain each other to the fen."""

    rule: MatchRule
    sides: list[PaymentSide]
    entries: list[Id]
    """Of this account; where a province has several accounts of one kind, another's stand in its stream."""


class EntriesMatched(BankMessage, frozen=True, gc=False, kw_only=True):
    """The platform found what explains entries of the account."""

    NAME: ClassVar[str] = "EntriesMatched"
    matches: list[EntryMatch]


class MatchesDissolved(BankMessage, frozen=True, gc=False, kw_only=True):
    """What explained entries of the account does so no longer: a payment or a confirmation was taken back."""

    NAME: ClassVar[str] = "MatchesDissolved"
    entries: list[Id]


class BreakOpened(BankMessage, frozen=True, gc=False, kw_only=True):
    """The platform found something that is not explained; said again where it becomes another or returns."""

    NAME: ClassVar[str] = "BreakOpened"
    break_id: Id
    """Derived from what it hangs on: one entry, one side or one day."""
    finding: Line
    """1, and one more each time that the platform says this of the break."""
    kind: BreakKind
    day: date
    """On which the entry was booked or the payment ordered, or of which no statement tells."""
    amount: SignedAmount
    """Of the entry or side on which it hangs; 0 for a missing day."""
    difference: SignedAmount
    """Bank minus ledger."""
    sides: list[PaymentSide]
    entries: list[Id]
    payment_references: list[PaymentReference]
    candidates: list[PaymentReference]
    """Payments that could be the entry by amount, other account and day: proposals, however clear."""
    entry: Id | None = None
    """On which it hangs, else on the side, else on the day."""
    side: PaymentSide | None = None


class BreakResolved(BankMessage, frozen=True, gc=False, kw_only=True):
    """Nothing of a break is left: what was missing came, or was taken back."""

    NAME: ClassVar[str] = "BreakResolved"
    break_id: Id
    finding: Line
    cured_by: Id
    """Event id of the message that cured it."""


class BreaksCleared(BankMessage, frozen=True, gc=False, kw_only=True):
    """A finance officer names the event by which breaks of the account clear each other: a bank's own correction, say.

    Their differences come to nothing, or it is refused.
    """

    NAME: ClassVar[str] = "BreaksCleared"
    break_ids: list[Id]
    cured_by: Id
    """Event id of the message that brought the last of it."""
    reason_text: Text | None = None
