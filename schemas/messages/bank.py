"""Bank accounts of a province and their statements. Each account is a stream of its own, whose key is the account's id.

The id is the keyed hash of the account's number (`KeyRing.relationship_id` with the scheme word `bank_account`), never
the number itself. Numbers, names, remarks and the banks' own references are sealed under the account's key.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

import msgspec

from jinbao.rules.money import Fen
from jinbao.rules.type_fault import Told
from jinbao.schemas.messages.envelope import StreamMessage
from jinbao.schemas.messages.records import (
    MOST_FEN,
    Id,
    Instant,
    Line,
    PaymentReference,
    Province,
    Record,
    Sealed,
    Text,
)

BANK_ACCOUNT = "bank_account"
"""Name of the kind of stream that a bank account has, and the scheme word of its id."""
MOST_ENTRIES = 200
"""Maximum number of entries in one part of a statement: projections number up to 255 rows of an event."""
MOST_PAYMENTS = 5_000
"""Maximum number of payments within the entries of one part."""

SignedAmount = Annotated[
    Fen,
    msgspec.Meta(ge=-MOST_FEN, le=MOST_FEN),
    Told(f"-{MOST_FEN} 到 {MOST_FEN} 分的金额", f"an amount of -{MOST_FEN} to {MOST_FEN} fen"),
]
"""An amount in fen: positive what came in, negative what went out."""
AccountKind = Literal["in", "out", "fiscal"]
"""收入户, 支出户, 财政专户."""
EntryClass = Literal["own", "charge", "interest", "other"]
"""What kind of movement an entry is: between own accounts, a bank's charge, interest, anything else."""


class BankEnvelope(Record, frozen=True, gc=False, kw_only=True):
    """Who says what about which bank account, and when it happened by the sender's own account."""

    KIND: ClassVar[str] = BANK_ACCOUNT
    KEY_FIELD: ClassVar[str] = "account_id"
    event_id: Id
    account_id: Id
    sender: Province
    operator: Text
    """The clerk or program that acted, by its local id."""
    local_document: Text
    """Number of the sender's own record."""
    occurred_at: Instant
    """Microseconds since 1970 UTC: the sender's claim."""
    causation_id: Id | None = None
    """Event id of the message that this one answers."""

    @property
    def key(self) -> bytes:
        """The account's id."""
        return self.account_id

    @property
    def subject(self) -> bytes:
        """The account's id: its stream has no parts."""
        return self.account_id


class BankMessage(StreamMessage, frozen=True, gc=False, kw_only=True):
    """Base of every message about a bank account."""

    envelope: BankEnvelope


class BookedPayment(Record, frozen=True, gc=False, kw_only=True):
    """One payment within an entry: a batch has several, any other entry one."""

    payment_references: list[PaymentReference]
    """Every reference in the form of ISO 11649 that the bank's fields or the remark hold, check digits right."""
    amount: SignedAmount | None = None
    """None where the bank does not say it; never the entry's amount instead."""
    counterpart: Id | None = None
    """The other side's account, by the same keyed hash as account ids."""


class BankEntry(Record, frozen=True, gc=False, kw_only=True):
    """A booked entry of a statement."""

    entry: Id
    """Derived from the account, what the bank says of the entry, and its number among those that are alike."""
    booked_on: date
    amount: SignedAmount
    entry_class: EntryClass
    payments: list[BookedPayment]


class BankAccountOpened(BankMessage, frozen=True, gc=False, kw_only=True):
    """A province names a bank account of its funds, whose statements it will send."""

    NAME: ClassVar[str] = "BankAccountOpened"
    kind: AccountKind
    sealed: Sealed


class StatementBooked(BankMessage, frozen=True, gc=False, kw_only=True):
    """One part of a bank's statement; the parts of one follow each other, and each begins where the last one ended."""

    NAME: ClassVar[str] = "StatementBooked"
    statement: Id
    """Keyed digest of the statement's number at the bank, of its content, and of the one whose place it takes."""
    part: Line
    parts: Line
    first_day: date
    last_day: date
    """Last day of the statement: until here the account is known."""
    opening: SignedAmount
    closing: SignedAmount
    """Opening and entries of this part."""
    entries: list[BankEntry]
    sealed: Sealed
    replaces: Id | None = None
    """On its first part: the statement whose place it takes; that one and its entries count no more."""


class EntryConfirmed(BankMessage, frozen=True, gc=False, kw_only=True):
    """A finance officer says which payment an entry is that names none."""

    NAME: ClassVar[str] = "EntryConfirmed"
    entry: Id
    payment_reference: PaymentReference
    reason_text: Text | None = None


class ConfirmationAnnulled(BankMessage, frozen=True, gc=False, kw_only=True):
    """It was not that payment: the entry is unexplained again."""

    NAME: ClassVar[str] = "ConfirmationAnnulled"
    entry: Id
    reason_text: Text | None = None


class BreakInvestigated(BankMessage, frozen=True, gc=False, kw_only=True):
    """A finance officer looks into what is not explained on the account."""

    NAME: ClassVar[str] = "BreakInvestigated"
    break_id: Id
    reason_text: Text | None = None
