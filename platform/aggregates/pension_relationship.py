"""The pension relationship of one person and scheme: decides on each submission, and keeps at most one live transfer
per origin and one live destination. Pure: time, law and message are arguments."""

from __future__ import annotations

from copy import copy
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from eventsourcing.domain import Aggregate

from jinbao.platform.aggregates import facts
from jinbao.platform.aggregates.admission import ADMISSION
from jinbao.platform.aggregates.consequences import Law, consequences
from jinbao.platform.aggregates.decisions import (
    COMMANDS,
    RECORDED,
    WAIT,
    Draft,
    Rejection,
    Waiting,
)
from jinbao.platform.aggregates.facts import FINAL, Consequences, Fact
from jinbao.platform.aggregates.repetition import RECORDED_BEFORE
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.provinces import is_province
from jinbao.schemas import messages as m

MOST_TRANSFERS = 1_000
"""In one relationship; far more than any life holds, so that a case stays bounded."""


class CaseEvent(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The library's domain event: one fact in the stream of a relationship, and when it came to be known."""

    originator_id: UUID
    originator_version: int
    fact: Fact
    submission: bytes
    """Event id of the submission that said it."""
    received_at: int
    """Microseconds since 1970 UTC at which the bus took that submission."""
    recorded_at: int
    """Microseconds since 1970 UTC at which it was written; never decreasing with position."""

    def mutate(self, aggregate: PensionRelationship | None) -> PensionRelationship:
        """The aggregate with this fact in it; the first fact makes the aggregate."""
        if aggregate is None:
            aggregate = PensionRelationship.begin(self.originator_id, self.recorded_at)
        assert self.originator_version == aggregate.version + 1, "a stream has no gaps"
        aggregate.take(self.fact)
        aggregate.version = self.originator_version
        return aggregate


class PensionRelationship(Aggregate):
    """One stream per person and scheme; holds the transfers of that relationship."""

    transfers: list[Transfer]
    _by_id: dict[bytes, Transfer]

    @classmethod
    def begin(cls, relationship_id: UUID, recorded_at: int) -> PensionRelationship:
        """An empty relationship at version 0."""
        relationship = object.__new__(cls)
        relationship.__base_init__(
            originator_id=relationship_id,
            originator_version=0,
            timestamp=datetime.fromtimestamp(recorded_at / 1_000_000, UTC),
        )
        relationship.transfers = []
        relationship._by_id = {}
        return relationship

    def transfer(self, transfer_id: bytes) -> Transfer | None:
        """The transfer of that id."""
        return self._by_id.get(transfer_id)

    @property
    def live(self) -> bool:
        """Whether any transfer has not ended."""
        return any([transfer.state not in FINAL for transfer in self.transfers])  # noqa: C419 (a generator costs more)

    def take(self, fact: Fact) -> None:
        """Assign a fact."""
        if isinstance(fact, facts.ApplicationAccepted):
            transfer = Transfer.begin(fact)
            self.transfers.append(transfer)
            self._by_id[transfer.transfer_id] = transfer
        else:
            transfer = self.transfers[fact.transfer - 1]
        transfer.apply(fact)

    def advance(self, fact: Fact) -> int:
        """Assign a decided fact that its caller writes; returns its version in the stream."""
        self.take(fact)
        self.version += 1
        return self.version

    def record(self, fact: Fact, *, submission: bytes, received_at: int, recorded_at: int) -> CaseEvent:
        """Raise the event of a decided fact: assigned at once, and pending until it is stored."""
        event = CaseEvent(
            originator_id=self.id,
            originator_version=self.version + 1,
            fact=fact,
            submission=submission,
            received_at=received_at,
            recorded_at=recorded_at,
        )
        event.mutate(self)
        self.pending_events.append(event)  # type: ignore[arg-type]
        return event

    def decide(self, message: m.Submission, received_at: int, law: Law) -> Fact | Rejection | Waiting:
        """What the message means for this relationship: a complete fact, a rejection with its code, or waiting.

        Changes nothing. `received_at`: microseconds since 1970 UTC at which the bus took the message.
        """
        if isinstance(message, m.ApplicationAccepted):
            draft = self._accept_application(message)
            if not isinstance(draft, facts.ApplicationAccepted):
                return draft
            before, after = None, Transfer.begin(draft)
        else:
            before = self._by_id.get(message.envelope.transfer_id)
            if before is None:
                return Rejection("CLOCK_NOT_RUNNING") if message.envelope.sender == m.PLATFORM else WAIT
            draft = _consider(before, message, received_at)
            if not isinstance(draft, Fact):
                return draft
            after = copy(before)
            draft.assign(after)
        by_province = message.envelope.sender != m.PLATFORM
        then: Consequences = consequences(draft, before, after, received_at, law, reported=by_province)
        return msgspec.structs.replace(draft, then=then)

    def _accept_application(self, message: m.ApplicationAccepted) -> Draft:
        envelope = message.envelope
        for name in ("origin", "destination"):
            if not is_province(getattr(message, name)):
                return Rejection("UNKNOWN_PROVINCE", name)
        if message.origin == message.destination:
            return Rejection("SAME_PROVINCE", "origin")
        if envelope.sender != message.destination:
            return Rejection(
                "ROLE_NOT_ALLOWED" if envelope.sender == message.origin else "NOT_CASE_PARTY", "envelope.sender"
            )
        if envelope.transfer_id in self._by_id:
            return RECORDED
        for other in self.transfers:
            if not other.live:
                continue
            if other.destination != message.destination:
                return Rejection("LIVE_TRANSFER_ELSEWHERE", "destination")
            if other.origin == message.origin:
                return Rejection("LIVE_TRANSFER_EXISTS", "origin")
        if len(self.transfers) >= MOST_TRANSFERS:
            return Rejection("STATE_CONFLICT", "envelope.transfer_id")
        return facts.ApplicationAccepted(
            transfer=len(self.transfers) + 1,
            occurred_at=envelope.occurred_at,
            then=Consequences(),
            transfer_id=envelope.transfer_id,
            origin=message.origin,
            destination=message.destination,
            application=envelope.local_document,
            accepted_on=message.accepted_on,
            hukou_province=message.hukou_province,
        )


def _consider(transfer: Transfer, message: m.Submission, received_at: int) -> Draft:
    """Sender, state, repetition, then the message's own details."""
    kind = type(message)
    admission = ADMISSION[kind]
    sender = message.envelope.sender
    allowed = transfer.origin if admission.role == "origin" else transfer.destination
    if sender != (m.PLATFORM if admission.role == "platform" else allowed):
        party = sender in (transfer.destination, transfer.origin)
        return Rejection("ROLE_NOT_ALLOWED" if party else "NOT_CASE_PARTY", "envelope.sender")
    if RECORDED_BEFORE[kind](transfer, message):
        return RECORDED
    if transfer.state in admission.accept:
        return COMMANDS[kind](transfer, message, received_at)
    if transfer.state in admission.wait:
        return WAIT
    return Rejection("STATE_CONFLICT" if transfer.live else "CASE_CLOSED")
