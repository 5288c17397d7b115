"""Makes the messages about bank accounts: ids derived, what the bank says in words sealed under the account's key.

Pure but for the key ring, so that the same record always becomes the same bytes.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from uuid import UUID

import msgspec

from jinbao.keys.key_ring import ENTRY_SECRET, KeyRing, MessageName, PersonWanted, SealWanted
from jinbao.keys.sealing import encoded_fields
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore, outgoing
from jinbao.regional_adapter.exchange.mapping import STATES
from jinbao.regional_adapter.local.bank_book import BankBook, BankRecord, Told
from jinbao.regional_adapter.local.bank_entries import LocalEntry
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
from jinbao.schemas.messages.bank_findings import BreaksCleared
from jinbao.schemas.messages.month_seal import MonthSealed

_OFFICERS: dict[str, type[BankMessage]] = {
    kind.NAME: kind for kind in (EntryConfirmed, ConfirmationAnnulled, BreakInvestigated, BreaksCleared, MonthSealed)
}
"""What finance officers say about entries and breaks: nothing of it is sealed."""


BATCH = 50
"""Maximum number of messages in one turn, each of up to 200 entries."""
OF_BANKS = frozenset(kind.NAME for kind in BANK_MESSAGES)


def account_id(number: str, ring: KeyRing) -> UUID:
    """Id of the account with that number."""
    return ring.relationship_id(number, BANK_ACCOUNT)


def bank_message(record: BankRecord, seal: SealWanted, ring: KeyRing) -> BankMessage:
    """The message that a record becomes, with what is sealed for it. Raises KeyRingError."""
    event, fields = ring.seal_message(*seal)
    sealed = Sealed(key_id=fields.key_id, ciphertext=fields.ciphertext)
    envelope = BankEnvelope(
        event_id=event.bytes,
        account_id=seal.relationship_id.bytes,
        sender=seal.name.sender,
        operator=record.operator,
        local_document=seal.name.key,
        occurred_at=record.written_at,
    )
    if record.kind == BankAccountOpened.NAME:
        kind = msgspec.json.decode(record.fields)["kind"]
        return BankAccountOpened(envelope=envelope, kind=kind, sealed=sealed)
    if record.kind in _OFFICERS:
        return msgspec.convert({**msgspec.json.decode(record.fields), "envelope": envelope}, _OFFICERS[record.kind])
    part, secret = record.part, ring.relationship_id(record.number, ENTRY_SECRET).bytes
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


def seal_wanted(record: BankRecord, province: str, ring: KeyRing) -> SealWanted:
    """What is sealed for a record, under its account's key; the message's id is derived from all of the record."""
    account = account_id(record.number, ring)
    words: dict[str, str | int | None] = {}
    if record.kind == BankAccountOpened.NAME:
        words["number"] = record.number
    elif record.kind == StatementBooked.NAME:
        words["entries"] = f"[{','.join(entry.words().decode() for entry in record.part.entries)}]"
    name = MessageName(province, record.kind, f"bank-{record.sequence}", 1, account)
    return SealWanted(account, name, record.fields, encoded_fields(words))


def collect_bank(bank: BankBook, store: AdapterStore, province: str, ring: KeyRing) -> int:
    """Queue what is new of bank accounts and statements, in its order. Raises KeyRingError."""
    records = bank.outgoing(BATCH)
    ring.prepare(people=(PersonWanted(*wanted) for record in records for wanted in _ids_wanted(record)))
    seals = [seal_wanted(record, province, ring) for record in records]
    ring.prepare(seals=seals)
    made = [bank_message(record, seal, ring) for record, seal in zip(records, seals, strict=True)]
    store.put([outgoing(message, None) for message in made])
    told = list(zip(records, made, strict=True))
    bank.collected(
        {record.sequence: message.envelope for record, message in told},
        {r.sequence: [entry.entry for entry in m.entries] for r, m in told if isinstance(m, StatementBooked)},
    )
    return len(records)


def _ids_wanted(record: BankRecord) -> Iterator[tuple[str, str, str]]:
    """Number, scheme word and kind of message of each id that a record's message holds."""
    yield record.number, BANK_ACCOUNT, record.kind
    if record.kind == StatementBooked.NAME:
        yield record.number, ENTRY_SECRET, record.kind
        for payment in (payment for entry in record.part.entries for payment in entry.payments):
            if payment.account:
                yield payment.account, BANK_ACCOUNT, record.kind


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
