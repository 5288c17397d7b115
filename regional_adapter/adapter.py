"""One province's adapter: carries local documents to the bus and messages from the inbox to the local system.

Killed anywhere it loses nothing and says nothing twice: delivery to the local system is idempotent, and what it sends
is derived from records, never from memory or the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from jinbao.bus.interface import BadSimulatedTime, Bus, BusRecord, Headers, OutgoingRecord, TopicPartition, taken_at
from jinbao.keys.key_ring import KeyRing
from jinbao.keys.sealing import CannotOpen
from jinbao.regional_adapter.adapter_store import AdapterStore, Outgoing, Unreadable
from jinbao.regional_adapter.document_outcomes import outcomes_of_documents
from jinbao.regional_adapter.identifiers import receipt_id
from jinbao.regional_adapter.local_system import (
    DocumentOutcome,
    DocumentState,
    IncomingDocument,
    LocalDocument,
    LocalSystem,
)
from jinbao.regional_adapter.mapping import (
    BEGINS_A_TRANSFER,
    EMBEDDED_FORMS,
    CannotMapError,
    FormMapping,
    case_ids,
    receipt_for,
    to_incoming,
    to_submission,
)
from jinbao.schemas.codec import InvalidMessage, Undecodable, decode, digest_matches, encode, headers_for
from jinbao.schemas.headers import bus_key
from jinbao.schemas.messages import (
    SUBMISSIONS_TOPIC,
    FactAnnulled,
    Record,
    Submission,
    SubmissionAnswered,
    SubmissionOutcomes,
    inbox_topic,
)
from jinbao.schemas.personal_fields import InvalidPersonalFieldsError, NewerPersonalFieldsError

BATCH = 1_000
"""At most so many documents or messages in one transaction."""


@dataclass(frozen=True, slots=True)
class _Read:
    record: BusRecord
    message: Record
    document: IncomingDocument


@dataclass(frozen=True, slots=True)
class _Told:
    """What became of messages of ours."""

    record: BusRecord
    message: SubmissionOutcomes
    arrived_at: int


Observer = Callable[[str, Headers], None]
"""Told of each message that was `sent`, `received` or `unreadable`, by its headers; must not raise."""


def nobody(what: str, headers: Headers) -> None:
    """Watch nothing."""


class RegionalAdapter:
    """Stands between one province's local system and the bus. One per province: the inbox's consumer group is its lock.

    `simulated`: the virtual instant in a header counts as the time at which the bus took a message.
    Raises BusError where the bus is not there or another adapter of this province runs.
    """

    def __init__(
        self,
        province: str,
        *,
        local: LocalSystem,
        bus: Bus,
        key_ring: KeyRing,
        store: AdapterStore,
        mappings: tuple[FormMapping, ...] = EMBEDDED_FORMS,
        simulated: bool = False,
        observe: Observer = nobody,
    ) -> None:
        assert local.province == province, "an adapter serves its own province"
        self.province = province
        self._local = local
        self._ring = key_ring
        self._store = store
        self._mappings = mappings
        self._simulated = simulated
        self._observe = observe
        self._behind = False
        """Records were read and not kept."""
        self._producer = bus.producer()
        self._consumer = bus.consumer([inbox_topic(province)], f"adapter.{province}", on_assigned=self._seek)

    def close(self) -> None:
        """Leave the bus; the store and the local system stay open for their owners."""
        self._consumer.close()
        self._producer.close()

    def at_end(self) -> bool:
        """Whether it holds the province's inbox and has read all that is in it now. Raises BusError."""
        return self._consumer.at_end()

    def step(self, now: int) -> int:
        """Collect, publish and receive one batch each; the number of things done, 0 when nothing waited."""
        return self.collect(now) + self.publish(now) + self.receive(now)

    def collect(self, now: int) -> int:
        """Map new local documents into the outbox; one that is no valid message is answered to the local system."""
        documents = self._local.outgoing(self._store.cursor(), BATCH)
        if not documents:
            return 0
        ready, answers, refused, begun = [], [], [], {}
        for document in documents:
            try:
                message = self._message(document)
                ready.append(_outgoing_of(message, document))
            except CannotMapError as error:
                answers.append(self._own_answer(document, error))
                refused.append(_not_sent(document, error))
            else:
                if document.kind in BEGINS_A_TRANSFER:
                    begun[document.case] = UUID(bytes=message.envelope.transfer_id)
        if begun:
            self._local.begun(begun)
        if answers:
            self._local.deliver(answers)
            self._local.note(refused)
        with self._store.transaction():
            self._store.put(ready)
            self._store.advance_cursor(documents[-1].sequence)
        return len(documents)

    def publish(self, now: int) -> int:
        """Send what waits in the outbox. A crash before it is marked as sent sends the same bytes again."""
        last_position, records, documents = self._store.waiting(BATCH)
        if not records:
            return 0
        self._producer.send(records)
        self._local.note([DocumentOutcome(sequence, DocumentState.SENT, now) for sequence in documents])
        self._store.sent(last_position)
        for record in records:
            self._observe("sent", record.headers)
        return len(records)

    def receive(self, now: int) -> int:
        """Take messages from the inbox to the local system and queue their receipts.

        After a failure the next call begins where the store says, with what was read and not kept.
        """
        if self._behind:
            self._seek(self._consumer.assignment())
            self._behind = False
        records = self._consumer.poll(BATCH)
        if records:
            self._behind = True
            self._take(records, now)
            self._behind = False
        return len(records)

    def _take(self, records: Sequence[BusRecord], now: int) -> None:
        read, told, unreadable = [], [], []
        for record in records:
            result = self._read(record)
            if isinstance(result, Unreadable):
                unreadable.append(result)
            elif isinstance(result, _Told):
                told.append(result)
            else:
                read.append(result)
        if read:
            self._local.deliver([r.document for r in read])
        for outcomes in told:
            sequences = self._store.documents_of([o.event_id for o in outcomes.message.outcomes])
            self._local.note(outcomes_of_documents(outcomes.message, sequences, outcomes.arrived_at))
        receipts = [receipt_for(r.message, r.document.arrived_at, self.province) for r in read]
        next_offsets: dict[TopicPartition, int] = {(r.topic, r.partition): r.offset + 1 for r in records}
        with self._store.transaction():
            self._store.put([_outgoing(receipt, None) for receipt in receipts if receipt is not None])
            self._store.keep_unreadable(unreadable, now)
            self._store.advance_inbox(next_offsets)
        self._consumer.commit(next_offsets)
        for record in [*(r.record for r in read), *(t.record for t in told)]:
            self._observe("received", record.headers)
        for kept in unreadable:
            self._observe("unreadable", kept.record.headers)

    def _seek(self, partitions: frozenset[TopicPartition]) -> None:
        for partition in partitions:
            self._consumer.seek(partition, self._store.inbox_offset(partition))

    def _message(self, document: LocalDocument) -> Submission:
        return to_submission(document, self.province, self._ring, self._mappings, annulled=self._annulled_by(document))

    def _annulled_by(self, document: LocalDocument) -> Submission | None:
        """The message of the earlier document that this one takes back: derived again, as it was sent."""
        if document.kind != FactAnnulled.NAME:
            return None
        try:
            sequence = int(document.fields["annulled_document"]["sequence"])
        except (KeyError, TypeError, ValueError):
            raise CannotMapError(
                "expected the sequence of the document that is taken back", "annulled_document"
            ) from None
        (found,) = self._local.outgoing(sequence - 1, 1) or (None,)
        if found is None or found.sequence != sequence or found.case != document.case:
            raise CannotMapError("there is no such document of this case", "annulled_document.sequence")
        return to_submission(found, self.province, self._ring, self._mappings)

    def _own_answer(self, document: LocalDocument, error: CannotMapError) -> IncomingDocument:
        """The adapter's own rejection, in the form of the platform's, so that the clerk finds both in one place."""
        try:
            relationship, transfer = case_ids(document, self.province, self._ring)
        except CannotMapError:
            relationship = transfer = UUID(int=0)
        record = UUID(int=document.sequence)
        return IncomingDocument(
            event_id=receipt_id(self.province, SubmissionAnswered.NAME, record),
            kind=SubmissionAnswered.NAME,
            transfer_id=transfer,
            relationship_id=relationship,
            sender=self.province,
            local_document=document.key,
            occurred_at=document.written_at,
            arrived_at=document.written_at,
            fields={
                "answered_type": document.kind,
                "outcome": "rejected",
                "code": "INVALID_FIELD",
                "text_zh": f"未发送：{error.text}",
                "text_en": f"not sent: {error.text}",
                "field": error.field,
                "document": {"kind": document.kind, "key": document.key, "sequence": document.sequence},
            },
        )

    def _read(self, record: BusRecord) -> _Read | _Told | Unreadable:
        if not digest_matches(record.headers, record.value):
            return Unreadable(record, "DIGEST_MISMATCH", "the bytes do not have the SHA-256 that the header names")
        try:
            message = decode(record.value)
            arrived_at = taken_at(record, simulated=self._simulated)
            if isinstance(message, SubmissionOutcomes):
                return _Told(record, message, arrived_at)
            document = to_incoming(message, arrived_at, self._ring)
        except Undecodable as error:
            return Unreadable(record, error.code, str(error))
        except CannotOpen as error:
            return Unreadable(record, "CANNOT_OPEN", str(error))
        except NewerPersonalFieldsError as error:
            return Unreadable(record, "UNKNOWN_SCHEMA", str(error))
        except InvalidPersonalFieldsError as error:
            return Unreadable(record, "INVALID_FIELD", f"personal: {error}")
        except BadSimulatedTime as error:
            return Unreadable(record, "INVALID_FIELD", str(error))
        if isinstance(message, SubmissionAnswered):
            document = self._with_own_document(document)
        return _Read(record, message, document)

    def _with_own_document(self, answer: IncomingDocument) -> IncomingDocument:
        """An answer, with the local document that it speaks of."""
        sent = self._store.document_of(answer.answers.bytes) if answer.answers else None
        if sent is None:
            return answer
        named: dict[str, Any] = {"kind": sent.kind, "key": sent.document, "sequence": sent.sequence}
        return replace(answer, fields={**answer.fields, "document": named})


def _not_sent(document: LocalDocument, error: CannotMapError) -> DocumentOutcome:
    return DocumentOutcome(document.sequence, DocumentState.REJECTED, document.written_at, "INVALID_FIELD", error.field)


def _outgoing_of(message: Submission, document: LocalDocument) -> Outgoing:
    """The record of a local document's message. Raises CannotMapError."""
    try:
        return _outgoing(message, document.sequence)
    except InvalidMessage as error:
        raise CannotMapError(error.text, error.field) from None


def _outgoing(message: Submission, sequence: int | None) -> Outgoing:
    envelope = message.envelope
    data = encode(message)
    record = OutgoingRecord(SUBMISSIONS_TOPIC, bus_key(envelope.relationship_id), data, headers_for(message, data))
    return Outgoing(envelope.event_id, message.NAME, envelope.local_document, sequence, record)
