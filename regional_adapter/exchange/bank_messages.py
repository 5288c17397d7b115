"""Makes the messages about bank accounts: ids derived, what the bank says in words sealed under the account's key.

Pure but for the key ring, so that the same record always becomes the same bytes.
"""

from __future__ import annotations

import hmac
from uuid import UUID

import msgspec

from jinbao.keys.key_ring import KeyRing, MessageName
from jinbao.keys.sealing import encoded_fields
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore, outgoing
from jinbao.regional_adapter.exchange.mapping import STATES
from jinbao.regional_adapter.local.bank_book import BankBook, BankRecord, LocalEntry, Told
from jinbao.rules.reference_finder import find_payment_references
from jinbao.schemas.messages import BANK_MESSAGES, Sealed, SubmissionOutcomes
from jinbao.schemas.messages.bank import (
    BANK_ACCOUNT,
    BankAccountOpened,
    BankEntry,
    BankEnvelope,
    BankMessage,
    BookedPayment,
    BreakInvestigated,
    ConfirmationAnnulled,
    EntryConfirmed,
    StatementBooked,
)

_OFFICERS: dict[str, type[BankMessage]] = {
    kind.NAME: kind for kind in (EntryConfirmed, ConfirmationAnnulled, BreakInvestigated)
}
"""What finance officers say about entries and breaks: nothing of it is sealed."""
_SECRET = "bank_account_entries"
"""Scheme word of the secret under which the ids of an account's entries are derived; it never leaves the adapter."""


BATCH = 50
"""Maximum number of messages in one turn, each of up to 200 entries."""
OF_BANKS = frozenset(kind.NAME for kind in BANK_MESSAGES)


def account_id(number: str, ring: KeyRing) -> UUID:
    """Id of the account with that number."""
    return ring.relationship_id(number, BANK_ACCOUNT)


def bank_message(record: BankRecord, province: str, ring: KeyRing) -> BankMessage:
    """The message that a record becomes. Raises KeyRingError."""
    account = account_id(record.number, ring)
    if record.kind == BankAccountOpened.NAME:
        envelope, sealed = _sealed(record, {"number": record.number}, province, account, ring)
        kind = msgspec.json.decode(record.fields)["kind"]
        return BankAccountOpened(envelope=envelope, kind=kind, sealed=sealed)
    if record.kind in _OFFICERS:
        envelope, _ = _sealed(record, {}, province, account, ring)
        return msgspec.convert({**msgspec.json.decode(record.fields), "envelope": envelope}, _OFFICERS[record.kind])
    part = record.part
    words = b"[%s]" % b",".join(entry.words() for entry in part.entries)
    envelope, sealed = _sealed(record, {"entries": words.decode()}, province, account, ring)
    secret = ring.relationship_id(record.number, _SECRET).bytes
    return StatementBooked(
        envelope=envelope,
        statement=_keyed(secret, part.name),
        part=part.part,
        parts=part.parts,
        first_day=part.first_day,
        last_day=part.last_day,
        opening=part.opening_fen,
        closing=part.closing_fen,
        entries=[_entry(entry, secret, ring) for entry in part.entries],
        sealed=sealed,
        replaces=_keyed(secret, part.replaces) if part.replaces and part.part == 1 else None,
    )


def collect_bank(bank: BankBook, store: AdapterStore, province: str, ring: KeyRing) -> int:
    """Queue what is new of bank accounts and statements, in its order. Raises KeyRingError."""
    records = bank.outgoing(BATCH)
    made = [bank_message(record, province, ring) for record in records]
    store.put([outgoing(message, None) for message in made])
    bank.collected({record.sequence: message.envelope for record, message in zip(records, made, strict=True)})
    return len(records)


def tell_bank(bank: BankBook, message: SubmissionOutcomes) -> None:
    """Note what became of messages about bank accounts; of one that was known, what became of the first."""
    found = {}
    for outcome in message.outcomes:
        state = STATES.get(outcome.first_outcome or outcome.outcome)
        if outcome.type in OF_BANKS and state is not None:
            found[outcome.event_id] = Told(state, outcome.code, outcome.field)
    bank.note(found)


def _entry(entry: LocalEntry, secret: bytes, ring: KeyRing) -> BankEntry:
    payments = [
        BookedPayment(
            payment_references=list(find_payment_references(*payment.references, payment.remark)),
            amount=payment.amount_fen,
            counterpart=account_id(payment.account, ring).bytes if payment.account else None,
        )
        for payment in entry.payments
    ]
    return BankEntry(
        entry=_keyed(secret, entry.content + entry.ordinal.to_bytes(8)),
        booked_on=entry.booked_on,
        amount=entry.amount_fen,
        entry_class=entry.entry_class,
        payments=payments,
    )


def _keyed(secret: bytes, said: bytes) -> bytes:
    return hmac.digest(secret, said, "sha256")[:16]


def _sealed(
    record: BankRecord, words: dict[str, str | int | None], province: str, account: UUID, ring: KeyRing
) -> tuple[BankEnvelope, Sealed]:
    """The message's envelope and what is sealed: its id is derived from all of it, under the account's key."""
    document = f"bank-{record.sequence}"
    name = MessageName(province, record.kind, document, 1, account)
    event, sealed = ring.seal_message(account, name, record.fields, encoded_fields(words))
    envelope = BankEnvelope(
        event_id=event.bytes,
        account_id=account.bytes,
        sender=province,
        operator=record.operator,
        local_document=document,
        occurred_at=record.written_at,
    )
    return envelope, Sealed(key_id=sealed.key_id, ciphertext=sealed.ciphertext)
