"""A province's bank account as its statements fold it: they follow each other without a gap, and no entry comes twice.

Each account is a stream of its own (`BANK_ACCOUNTS`). What is found in the statements is decided by who reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

import msgspec

from jinbao.platform.aggregates.decision import RECORDED, Rejection
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.stream_kind import StreamFact, StreamKind
from jinbao.rules.payment_reference import is_payment_reference
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas import messages as m
from jinbao.schemas.messages.bank import (
    BANK_ACCOUNT,
    MOST_ENTRIES,
    MOST_PAYMENTS,
    BankAccountOpened,
    BankMessage,
    StatementBooked,
)


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


class BankAccount:
    """A bank account: whose it is, the statements that were taken in, and the entries that it knows."""

    live = True

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

    @property
    def closing_fen(self) -> int | None:
        """The balance at the end of what was taken in; None before the first statement."""
        return self.statements[next(reversed(self.statements))].closing_fen if self.statements else None

    @classmethod
    def begin(cls, account: UUID, recorded_at: int) -> BankAccount:
        """The account before its first fact."""
        return cls(account)

    def decide(self, message: BankMessage, received_at: int, law: Law) -> AccountFact | Rejection:
        """What a message means for the account; changes nothing."""
        return _DECIDED_BY[type(message)](self, message)

    def advance(self, fact: AccountFact, submission: bytes, received_at: int) -> int:
        """Assign a decided fact that its caller writes; returns its version in the stream."""
        self.take(fact, submission, received_at)
        self.version += 1
        return self.version

    def brings(self, message: BankMessage, fact: AccountFact) -> tuple[m.StreamMessage | None, Collection[str]]:
        """Nobody else is told of an account."""
        return None, ()

    def known_names(self) -> Iterator[bytes]:
        """Nothing waits for an account: its messages come in their order."""
        yield from ()

    def take(self, fact: AccountFact, submission: bytes, received_at: int) -> None:
        """Assign a fact."""
        if isinstance(fact, AccountOpened):
            self.province = fact.province
        elif isinstance(fact, PartBooked):
            assert fact.opening_fen + sum(entry.amount_fen for entry in fact.entries) == fact.closing_fen
            self._take_part(fact)
        elif isinstance(fact, EntryConfirmed):
            self.confirmed[fact.entry] = fact.payment_reference
        elif isinstance(fact, ConfirmationAnnulled):
            del self.confirmed[fact.entry]

    def _take_part(self, fact: PartBooked) -> None:
        ends_at_fen = self.unfinished.ends_at_fen if self.unfinished else self._ends_at_fen(fact.replaces)
        if fact.replaces is not None:
            for entry in self.statements[fact.replaces].entries:
                del self.entries[entry]
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

    def _ends_at_fen(self, replaced: bytes | None) -> int | None:
        """What a statement in the place of another has to come to; None where no other follows it."""
        if replaced is None or next(reversed(self.statements)) == replaced:
            return None
        return self.statements[replaced].closing_fen

    def opened(self, message: BankAccountOpened) -> AccountOpened | Rejection:
        """Its opening, once."""
        sender = message.envelope.sender
        if sender not in PROVINCES or self.province not in ("", sender):
            return Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
        return RECORDED if self.province else AccountOpened(province=sender, kind=message.kind)

    def booked(self, message: StatementBooked) -> PartBooked | Rejection:
        """A part of a statement, where it fits behind the last one."""
        wrong = self._out_of_place(message) or _inconsistent(message) or self._against_others(message)
        if wrong is not None:
            return wrong
        replaced = self.statements.get(message.replaces) if message.replaces is not None else None
        return PartBooked(
            statement=message.statement,
            part=message.part,
            parts=message.parts,
            first_day=message.first_day,
            last_day=message.last_day,
            opening_fen=message.opening,
            closing_fen=message.closing,
            entries=tuple(map(_booked, message.entries)),
            replaces=message.replaces,
            replaced_fen=replaced.closing_fen - replaced.opening_fen if replaced else 0,
            replaced_entries=len(replaced.entries) if replaced else 0,
        )

    def _against_others(self, message: StatementBooked) -> Rejection | None:
        """Why a part does not fit between the statements before and behind it."""
        opening_fen, ends_at_fen = self.closing_fen, self._ends_at_fen(message.replaces)
        freed: Collection[bytes] = ()
        if message.replaces is not None:
            replaced = self.statements[message.replaces]
            opening_fen, freed = replaced.opening_fen, replaced.entries
        elif self.unfinished is not None:
            opening_fen, ends_at_fen = self.statements[message.statement].closing_fen, self.unfinished.ends_at_fen
        if opening_fen is not None and message.opening != opening_fen:
            return Rejection("STATEMENT_OPENING", "opening")
        if ends_at_fen is not None and message.part == message.parts and message.closing != ends_at_fen:
            return Rejection("STATEMENT_OPENING", "closing")
        if any(entry.entry in self.entries and entry.entry not in freed for entry in message.entries):
            return Rejection("ALREADY_RECORDED", "entries.entry")
        return None

    def entry_confirmed(self, message: m.EntryConfirmed) -> EntryConfirmed | Rejection:
        """An officer's word for an entry that names no payment; of two that come at once the second is told so."""
        wrong = self._not_ours(message)
        if wrong is not None:
            return wrong
        if message.entry not in self.entries:
            return Rejection("BANK_ENTRY_UNKNOWN", "entry")
        if not is_payment_reference(message.payment_reference):
            return Rejection("PAYMENT_REFERENCE_INVALID", "payment_reference")
        if self.entries[message.entry] or message.entry in self.confirmed:
            return Rejection("BANK_ENTRY_TAKEN", "entry")
        return EntryConfirmed(
            entry=message.entry,
            payment_reference=message.payment_reference,
            operator=message.envelope.operator,
            reason_text=message.reason_text,
        )

    def confirmation_annulled(self, message: m.ConfirmationAnnulled) -> ConfirmationAnnulled | Rejection:
        """The entry is nobody's again."""
        wrong = self._not_ours(message)
        if wrong is not None:
            return wrong
        if message.entry not in self.confirmed:
            return Rejection("BANK_ENTRY_UNKNOWN", "entry")
        operator = message.envelope.operator
        return ConfirmationAnnulled(entry=message.entry, operator=operator, reason_text=message.reason_text)

    def break_investigated(self, message: m.BreakInvestigated) -> BreakInvestigated | Rejection:
        """Who looks into a break, and why."""
        operator = message.envelope.operator
        return self._not_ours(message) or BreakInvestigated(
            break_id=message.break_id, operator=operator, reason_text=message.reason_text
        )

    def _not_ours(self, message: BankMessage) -> Rejection | None:
        if not self.province:
            return Rejection("BANK_ACCOUNT_UNKNOWN", "envelope.account_id")
        return Rejection("ROLE_NOT_ALLOWED", "envelope.sender") if message.envelope.sender != self.province else None

    def _out_of_place(self, message: StatementBooked) -> Rejection | None:
        wrong = self._not_ours(message)
        if wrong is not None:
            return wrong
        if self.unfinished is not None:
            here = (message.statement, message.part, message.replaces)
            return None if here == (*self.unfinished[:2], None) else _PART
        if message.statement in self.statements or message.statement in self.replaced:
            return Rejection("ALREADY_RECORDED", "statement")
        if message.replaces is not None and message.replaces not in self.statements:
            return Rejection("STATEMENT_UNKNOWN", "replaces")
        return None if message.part == 1 else _PART


_PART = Rejection("STATEMENT_PART", "part")


def _inconsistent(message: StatementBooked) -> Rejection | None:
    """Why a part contradicts itself."""
    if len(message.entries) > MOST_ENTRIES:
        return Rejection("INVALID_FIELD", "entries")
    if message.part > message.parts:
        return Rejection("INVALID_FIELD", "parts")
    if message.opening + sum(entry.amount for entry in message.entries) != message.closing:
        return Rejection("STATEMENT_SUM", "closing")
    if message.first_day > message.last_day:
        return Rejection("INVALID_FIELD", "first_day")
    if any(not message.first_day <= entry.booked_on <= message.last_day for entry in message.entries):
        return Rejection("INVALID_FIELD", "entries.booked_on")
    if len({entry.entry for entry in message.entries}) != len(message.entries):
        return Rejection("ALREADY_RECORDED", "entries.entry")
    payments = [payment for entry in message.entries for payment in entry.payments]
    if len(payments) > MOST_PAYMENTS or not all(entry.payments for entry in message.entries):
        return Rejection("INVALID_FIELD", "entries.payments")
    if not all(is_payment_reference(found) for payment in payments for found in payment.payment_references):
        return Rejection("PAYMENT_REFERENCE_INVALID", "entries.payments.payment_references")
    return None


def _booked(entry: m.BankEntry) -> Booked:
    payments = tuple(Payment(tuple(p.payment_references), p.amount, p.counterpart) for p in entry.payments)
    return Booked(entry.entry, entry.booked_on, entry.amount, entry.entry_class, payments)


_DECIDED_BY: Mapping[type[BankMessage], Callable[[BankAccount, Any], AccountFact | Rejection]] = {
    BankAccountOpened: BankAccount.opened,
    StatementBooked: BankAccount.booked,
    m.EntryConfirmed: BankAccount.entry_confirmed,
    m.ConfirmationAnnulled: BankAccount.confirmation_annulled,
    m.BreakInvestigated: BankAccount.break_investigated,
}
assert set(_DECIDED_BY) == set(m.BANK_MESSAGES), "every message about an account is decided"

BANK_ACCOUNTS: StreamKind[AccountFact] = StreamKind(
    2,
    BANK_ACCOUNT,
    (AccountOpened, PartBooked, EntryConfirmed, ConfirmationAnnulled, BreakInvestigated),
    BankAccount.begin,
)
"""Bank accounts, keyed by account id."""
