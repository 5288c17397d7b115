"""Messages about one bank account of Henan, as its adapter would send them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from jinbao.platform.bank_matching.values import break_of_entry
from jinbao.rules.money import Fen
from jinbao.schemas.messages import PLATFORM, BankEntry, Sealed
from jinbao.schemas.messages.bank import (
    BankAccountOpened,
    BankEnvelope,
    BookedPayment,
    ConfirmationAnnulled,
    EntryConfirmed,
    StatementBooked,
)
from jinbao.schemas.messages.bank_findings import BreakOpened, BreaksCleared, EntriesMatched, EntryMatch, PaymentSide
from jinbao.schemas.messages.month_seal import MonthSealed, SealedItem, figures_hash

ACCOUNT = UUID(int=41)
SEALED = Sealed(key_id=bytes(16), ciphertext=bytes(16))
REFERENCE = "RF18539007547034"


def envelope(number: int, sender: str = "41") -> BankEnvelope:
    """The envelope of message `number`."""
    return BankEnvelope(
        event_id=number.to_bytes(16),
        account_id=ACCOUNT.bytes,
        sender=sender,
        operator="clerk",
        local_document=f"bank-{number}",
        occurred_at=1,
    )


def opened(sender: str = "41", **changes: Any) -> BankAccountOpened:
    """The account's opening."""
    return BankAccountOpened(**({"envelope": envelope(1, sender), "kind": "in", "sealed": SEALED} | changes))


def entry(number: int, fen: int, **changes: Any) -> BankEntry:
    """A booked entry."""
    payment = BookedPayment(payment_references=[REFERENCE])
    fields = {
        "entry": number.to_bytes(16),
        "booked_on": date(2025, 4, 8),
        "amount": Fen(fen),
        "entry_class": "other",
        "payments": [payment],
    }
    return BankEntry(**(fields | changes))


def booked(statement: int, opening: int, *entries: BankEntry, **changes: Any) -> StatementBooked:
    """A statement in one part."""
    fields = {
        "envelope": envelope(100 + statement),
        "statement": statement.to_bytes(16),
        "part": 1,
        "parts": 1,
        "first_day": date(2025, 4, 1),
        "last_day": date(2025, 4, 30),
        "opening": Fen(opening),
        "closing": Fen(opening + sum(one.amount for one in entries)),
        "entries": list(entries),
        "sealed": SEALED,
    }
    return StatementBooked(**(fields | changes))


def confirmed(number: int, of: int, reference: str = REFERENCE, sender: str = "41") -> EntryConfirmed:
    """An officer's word, as message `number`, that entry `of` is a payment."""
    return EntryConfirmed(
        envelope=envelope(number, sender), entry=of.to_bytes(16), payment_reference=reference, reason_text="by phone"
    )


def annulled(number: int, of: int) -> ConfirmationAnnulled:
    """That it was not."""
    return ConfirmationAnnulled(envelope=envelope(number), entry=of.to_bytes(16), reason_text="wrong")


def unexplained(number: int, of: int, *candidates: str, finding: int = 1, difference: int = 7) -> BreakOpened:
    """The platform's word, as message `number`, that nothing explains entry `of`."""
    return BreakOpened(
        envelope=envelope(number, PLATFORM),
        break_id=break_of_entry(of.to_bytes(16)).bytes,
        finding=finding,
        kind="unmatched_bank",
        day=date(2025, 4, 8),
        amount=Fen(difference),
        difference=Fen(difference),
        entry=of.to_bytes(16),
        sides=[],
        entries=[of.to_bytes(16)],
        payment_references=[],
        candidates=list(candidates),
    )


def matched(number: int, *entries: int, sender: str = PLATFORM) -> EntriesMatched:
    """The platform's word, as message `number`, that entries are the payment `REFERENCE`."""
    side = PaymentSide(payment_reference=REFERENCE, role="credit")
    match = EntryMatch(rule="reference", sides=[side], entries=[each.to_bytes(16) for each in entries])
    return EntriesMatched(envelope=envelope(number, sender), matches=[match])


def cleared(number: int, entries: Sequence[int], sender: str = "41", by: int = 101) -> BreaksCleared:
    """An officer's word, as message `number`, that the breaks of entries clear each other; `by` statement 1, say."""
    found = [unexplained(0, of).break_id for of in entries]
    return BreaksCleared(envelope=envelope(number, sender), break_ids=found, cured_by=by.to_bytes(16))


def signed(number: int, of: int = 1, operator: str = "director", **changes: Any) -> MonthSealed:
    """A seal, as message `number`, of an April in which entry `of` of 7 fen is unexplained; its hash is right."""
    found, day = unexplained(0, of).break_id, date(2025, 4, 8)
    item = SealedItem(part="receipt_not_in_book", day=day, amount=Fen(7), entry=of.to_bytes(16), break_id=found)
    said: dict[str, Any] = {
        "month": 202504,
        "statements_to": date(2025, 4, 30),
        "bank_opening": Fen(100),
        "bank_in": Fen(7),
        "bank_out": Fen(0),
        "bank_closing": Fen(107),
        "book_opening": Fen(100),
        "book_in": Fen(0),
        "book_out": Fen(0),
        "items": [item],
        "open_breaks": [found],
        "corrections": [],
    }
    speaker = replace(envelope(number), operator=operator)
    seal = MonthSealed(envelope=speaker, figures_hash="", **(said | changes))
    return replace(seal, figures_hash=figures_hash(seal))
