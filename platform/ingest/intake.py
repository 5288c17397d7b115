"""Intake of one batch: every message gets its outcome, and what follows is collected for one write.

accepted, duplicate, parked, rejected or dead letter: the five add up to what was received. A later outcome of a parked
message is a row of its own. A message in another partition than its key's is only sent on to that one, where it gets
its outcome and is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from jinbao.bus.packed_headers import pack_headers
from jinbao.platform import limits
from jinbao.platform.aggregates.catalogue import RULES
from jinbao.platform.aggregates.decision import NOT_YET, Rejection, Waiting
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.stream_kind import StreamFact
from jinbao.platform.ingest.arrival import Arrival, Trouble, forwarded
from jinbao.platform.ingest.batch import Batch, Outgoing, Received, sender_outcomes
from jinbao.platform.ingest.case_cache import Case, Cases, Seen
from jinbao.platform.ingest.parked import Parked, Place, Retry, SubmissionId
from jinbao.platform.outbox.rejection import Refusal, answer, dead_letter
from jinbao.platform.outbox.relay import DEAD_LETTERS
from jinbao.platform.outcome import Outcome
from jinbao.platform.store.event_log import encode_fact
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas import messages as m
from jinbao.schemas.codec import decode, encode, headers_for
from jinbao.schemas.headers import SIGNATURE, record_key

_KEPT_ELSEWHERE = frozenset({Outcome.DUPLICATE, Outcome.FORWARDED})
"""Outcomes whose bytes another row keeps."""
_NOT_KNOWN_BY = frozenset({"ID_REUSED", limits.CODE})
"""Codes of rows that say nothing of what their message's id stands for."""


FirstBytes = Callable[[Case, SubmissionId], bytes]
"""(case, sender and event id) → the bytes with which that submission first came."""
ForwardedAt = Callable[[bytes, bytes, int, int], int | None]
"""(event id, digest, partition, offset) → when the bus first took a message that was forwarded from there."""


class Intake:
    """Judges arrivals one after the other, against the cases in memory."""

    def __init__(self, cases: Cases, law: Law, first_bytes: FirstBytes, forwarded_at: ForwardedAt) -> None:
        self._cases = cases
        self._first_bytes = first_bytes
        self._forwarded_at = forwarded_at
        self._law = law
        self.batch = Batch()

    def judge(self, arrivals: Iterable[Arrival]) -> Batch:
        """Give every arrival its outcome, one after the other: it may be read only when its turn comes."""
        for arrival in arrivals:
            message = arrival.message
            if message is None:
                self._record_dead_letter(arrival)
            elif arrival.misrouted:
                self._row(None, arrival, Outcome.FORWARDED)
                record = arrival.record
                headers = pack_headers(forwarded(record))
                self.batch.outgoing.append(Outgoing(m.PLATFORM, None, record.key, record.value, headers))
            elif arrival.signed.refusal is not None:
                self._refuse_signature(arrival, message, arrival.signed.refusal)
            elif arrival.came_from is None:
                self._consider(arrival, message)
            else:
                self._consider(self._as_first_received(arrival, message, *arrival.came_from), message)
        self._note_waiting()
        self._tell_senders()
        return self.batch

    def _tell_senders(self) -> None:
        """Tell each province what became of each of its messages."""
        for province, record in sender_outcomes(self.batch.rows):
            self._send(province, None, record_key(record.envelope), record)

    def _note_waiting(self) -> None:
        for row in self.batch.rows:
            if row.place is not None and row.case is not None and row.sender is not None and row.event_id is not None:
                parked = row.case.parked.get((row.sender, row.event_id))
                if parked is not None and parked.first is row.place:
                    self.batch.waiting.append((row, parked))

    def _as_first_received(self, arrival: Arrival, message: m.StreamMessage, partition: int, offset: int) -> Arrival:
        """A forwarded message counts as received when the bus first took it: our own intake says so, no header can."""
        received_at = self._forwarded_at(message.envelope.event_id, arrival.digest, partition, offset)
        return arrival if received_at is None else msgspec.structs.replace(arrival, received_at=received_at)

    def _record_dead_letter(self, arrival: Arrival) -> None:
        trouble, record = arrival.trouble, arrival.record
        assert trouble is not None
        row = self._row(None, arrival, Outcome.DEAD_LETTER, code=trouble.code, field=trouble.field)
        row.unusable = arrival.unusable
        told, value = dead_letter(record, trouble.code, trouble.field, arrival.received_at)
        self.batch.outgoing.append(Outgoing(DEAD_LETTERS, None, record.key, value, pack_headers(told)))
        if arrival.unusable is not None:  # read well: who sent it is no mere claim of a header
            self._answer(arrival.unusable, trouble.code, trouble.field, arrival.received_at, "dead_letter")
            self._let_stand_again(arrival.unusable, trouble.code, trouble.field)

    def _consider(self, arrival: Arrival, message: m.StreamMessage) -> None:
        envelope = message.envelope
        key = arrival.record.key
        case = self.batch.touched[key] = self._cases.get(key)
        if case.damaged:
            trouble = Trouble("CASE_DAMAGED", f"version {case.damaged}")
            self._record_dead_letter(msgspec.structs.replace(arrival, message=None, trouble=trouble, unusable=message))
            return
        known = case.seen.get((envelope.sender, envelope.event_id))
        if known is not None:
            if self._is_repetition(case, known, arrival, message):
                self._row(case, arrival, Outcome.DUPLICATE, known=known)
                if known.outcome is Outcome.REJECTED:
                    assert known.code is not None
                    self._answer(message, known.code, known.field, known.received_at)
            else:
                self._row(case, arrival, Outcome.REJECTED, code="ID_REUSED", field="envelope.event_id", known=known)
                self._answer(message, "ID_REUSED", "envelope.event_id", arrival.received_at)
            return
        limit = limits.KNOWN_IDS if envelope.KIND == m.RELATIONSHIP else limits.KNOWN_IDS_OF_ACCOUNT
        if envelope.sender != m.PLATFORM and case.known_of.get(envelope.sender, 0) >= limit.most:
            self._reject(case, arrival, message, Rejection(limits.CODE, limit.field))
            return
        if isinstance(message, m.ParkedMessageExpired):
            self._expire(case, arrival, message)
            return
        decision = case.aggregate.decide(message, arrival.received_at, self._law)
        if isinstance(decision, Rejection):
            self._reject(case, arrival, message, decision)
        elif isinstance(decision, Waiting):
            self._park(case, arrival, message, decision)
        else:
            row = self._row(case, arrival, Outcome.ACCEPTED)
            self._record(row, case, message, arrival.record.packed_headers, decision)
            if case.parked:
                self._retry_parked(case)

    def _is_repetition(self, case: Case, known: Seen, arrival: Arrival, message: m.StreamMessage) -> bool:
        """Same content under the same id: the decoded fields count, so another schema version of it is no other."""
        if known.digest == arrival.digest:
            return True
        sender, event_id = message.envelope.sender, message.envelope.event_id
        for row in self.batch.rows:
            if row.event_id != event_id or row.sender != sender or row.case is not case or row.code in _NOT_KNOWN_BY:
                continue
            if row.data:
                return decode(row.data) == message
        return decode(self._first_bytes(case, (sender, event_id))) == message

    def _record(
        self, row: Received, case: Case, message: m.StreamMessage, packed_headers: bytes, fact: StreamFact
    ) -> None:
        """Record the fact of an accepted message, and forward the message to whoever must know."""
        assert row.data is not None
        envelope, batch = message.envelope, self.batch
        row.version = case.aggregate.advance(fact, envelope.event_id, row.received_at)
        row.fact, row.state = fact, encode_fact(fact)
        batch.events.append(row)
        follow_up, readers = case.aggregate.brings(message, fact)
        if follow_up is not None:
            self._say(follow_up)
        for province in readers:
            batch.outgoing.append(Outgoing(province, row.event, case.key, row.data, packed_headers))

    def _say(self, message: m.StreamMessage) -> None:
        """The platform's word to itself, about another relationship."""
        self._send(m.PLATFORM, None, record_key(message.envelope), message)

    def _refuse_signature(self, arrival: Arrival, message: m.StreamMessage, code: str) -> None:
        """Refuse what its sender has not signed: it opens no stream and its id stays free for whom it belongs to.

        Where the stream knows that id already, nobody is told: it would be taken for the first one's outcome.
        """
        envelope = message.envelope
        known = self._cases.get(arrival.record.key).seen.get((envelope.sender, envelope.event_id))
        row = self._row(None, arrival, Outcome.REJECTED, code=code, field=f"headers.{SIGNATURE}")
        row.is_told = known is None
        if row.is_told:
            self._answer(message, code, row.field, arrival.received_at)

    def _reject(self, case: Case, arrival: Arrival, message: m.StreamMessage, why: Rejection) -> None:
        """Refuse it; what only found no room is not remembered, and may come again under its id."""
        self._row(case, arrival, Outcome.REJECTED, code=why.code, field=why.field)
        self._answer(message, why.code, why.field, arrival.received_at)
        self._let_stand_again(message, why.code, why.field)

    def _let_stand_again(self, message: m.StreamMessage, code: str, field: str | None) -> None:
        """A case that could not be taken must not hang between two relationships."""
        rule = RULES.get(type(message)) if isinstance(message, m.Submission) else None
        if rule is None or rule.follow_up_of_refusal is None:
            return
        refused = rule.follow_up_of_refusal(message, code, field)
        if refused is not None:
            self._say(refused)

    def _park(self, case: Case, arrival: Arrival, message: m.StreamMessage, why: Waiting) -> None:
        record, place = arrival.record, Place()
        parked = Parked(
            message,
            record.value,
            arrival.digest,
            arrival.received_at,
            record.partition,
            record.offset,
            place,
            record.packed_headers,
        )
        limit = self._cases.park(case, parked)
        if limit is not None:
            self._reject(case, arrival, message, Rejection(limits.CODE, limit.field))
            return
        self._row(case, arrival, Outcome.PARKED, code=why.code).place = place

    def _retry_parked(self, case: Case) -> None:
        """Try again, in the order received, what may wait for the fact that came, until none moves."""
        retry = Retry(case.parked)
        retry.moved(case.aggregate)
        for parked in retry:
            decision = case.aggregate.decide(parked.message, parked.received_at, self._law)
            if isinstance(decision, Waiting):
                continue
            self._cases.unpark(case, parked)
            if isinstance(decision, Rejection):
                self._later_row(case, parked, Outcome.REJECTED, code=decision.code, field=decision.field)
                self._answer(parked.message, decision.code, decision.field, parked.received_at)
                continue
            headers = parked.packed_headers or pack_headers(headers_for(parked.message, parked.data))
            row = self._later_row(case, parked, Outcome.ACCEPTED)
            self._record(row, case, parked.message, headers, decision)
            retry.moved(case.aggregate)

    def _expire(self, case: Case, arrival: Arrival, message: m.ParkedMessageExpired) -> None:
        """A parked message has waited too long: it is rejected now."""
        expired = (message.parked_sender, message.parked_event_id)
        parked = case.parked.get(expired)
        if message.envelope.sender != m.PLATFORM:
            self._reject(case, arrival, message, Rejection("ROLE_NOT_ALLOWED", "envelope.sender"))
        elif parked is None:
            self._reject(case, arrival, message, Rejection("ALREADY_RECORDED", "parked_event_id"))
        elif message.envelope.occurred_at > arrival.received_at:
            self._reject(case, arrival, message, NOT_YET)
        else:
            self._row(case, arrival, Outcome.ACCEPTED)
            self._cases.unpark(case, parked)
            self._later_row(case, parked, Outcome.REJECTED, code="PREDECESSOR_MISSING")
            self._answer(parked.message, "PREDECESSOR_MISSING", None, parked.received_at)

    def _row(
        self,
        case: Case | None,
        arrival: Arrival,
        outcome: Outcome,
        *,
        code: str | None = None,
        field: str | None = None,
        known: Seen | None = None,
    ) -> Received:
        """The outcome of a message that has just come; `known`: what the stream has under this id, and keeps."""
        record, message, received_at = arrival.record, arrival.message, arrival.received_at
        data = None if outcome in _KEPT_ELSEWHERE else record.value
        place = (len(self.batch.events), record.partition, record.offset, received_at, data)
        if message is None:
            row = Received(None, None, None, None, None, outcome, code, field, *place)
        else:
            envelope, digest = message.envelope, arrival.digest
            event_id, sender = envelope.event_id, envelope.sender
            row = Received(case, event_id, sender, message.NAME, digest, outcome, code, field, *place)
            row.transfer_id, row.known = envelope.subject, known
            if case is not None and known is None and code != limits.CODE:
                case.remember((sender, event_id), Seen(digest, outcome, code, field, received_at))
        if arrival.signed.signature is not None and outcome is not Outcome.FORWARDED:
            is_kept = message is not None and data is not None
            row.signature = arrival.signed.signature + (b"" if is_kept else arrival.signed.leaf)
        self.batch.rows.append(row)
        return row

    def _later_row(
        self, case: Case, parked: Parked, outcome: Outcome, *, code: str | None = None, field: str | None = None
    ) -> Received:
        """What became of a parked message."""
        self.batch.unparked.append(parked.first)
        envelope, received_at = parked.message.envelope, parked.received_at
        row = Received(
            case=case,
            event_id=envelope.event_id,
            sender=envelope.sender,
            type=parked.message.NAME,
            digest=parked.digest,
            outcome=outcome,
            code=code,
            field=field,
            event=len(self.batch.events),
            partition=parked.partition,
            bus_offset=parked.bus_offset,
            received_at=received_at,
            data=parked.data if outcome is Outcome.ACCEPTED else None,
            first=parked.first,
            transfer_id=envelope.subject,
        )
        self.batch.rows.append(row)
        case.remember(parked.id, Seen(parked.digest, outcome, code, field, received_at))
        return row

    def _answer(
        self, message: m.StreamMessage, code: str, field: str | None, received_at: int, outcome: Refusal = "rejected"
    ) -> None:
        """Tell a province why its message was not taken; the platform does not write to itself."""
        if message.envelope.sender in PROVINCES:
            reply = answer(message.envelope, message.NAME, code, field, received_at, outcome)
            self._send(message.envelope.sender, None, record_key(message.envelope), reply)

    def _send(self, province: str, event: int | None, key: bytes, message: m.Record) -> None:
        data = encode(message)
        self.batch.outgoing.append(Outgoing(province, event, key, data, pack_headers(headers_for(message, data))))
