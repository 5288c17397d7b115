"""The pension relationship of one person and scheme: decides on each submission, and keeps at most one live transfer
per origin and one live destination. Pure: time, law and message are arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.domain import Aggregate

from jinbao.platform import limits
from jinbao.platform.aggregates.admission import ADMISSION, Role
from jinbao.platform.aggregates.consequences import consequences
from jinbao.platform.aggregates.decision import NOT_YET, RECORDED, WAIT, Draft, Rejection, Waiting
from jinbao.platform.aggregates.decisions import COMMANDS as EVERYDAY
from jinbao.platform.aggregates.fact import Consequences, Fact, RelationshipFact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.openings import NEVER_IN_THE_WAY, OPENINGS, begun, clash, reverse_transfer, too_many
from jinbao.platform.aggregates.rare_decisions import RARE_COMMANDS, remember_for_annulment
from jinbao.platform.aggregates.rare_repetition import RARE_RECORDED_BEFORE
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.repetition import RECORDED_BEFORE as EVERYDAY_RECORDED_BEFORE
from jinbao.platform.aggregates.same_money import SAME_MONEY
from jinbao.platform.aggregates.settlements import SETTLEMENT_COMMANDS
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.subjects.annulment import FactAnnulled
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.schemas import messages as m

COMMANDS: Mapping[type[m.Submission], Callable[[Transfer, Any, int], Draft]] = {**EVERYDAY, **RARE_COMMANDS}
RECORDED_BEFORE: Mapping[type[m.Submission], Callable[[Transfer, Any], bool]] = {
    **EVERYDAY_RECORDED_BEFORE,
    **RARE_RECORDED_BEFORE,
}


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
        aggregate.take(self.fact, self.submission, self.received_at)
        aggregate.version = self.originator_version
        return aggregate


class PensionRelationship(Relationship, Aggregate):
    """One stream per person and scheme; holds the transfers of that relationship."""

    @classmethod
    def begin(cls, relationship_id: UUID, recorded_at: int) -> PensionRelationship:
        """An empty relationship at version 0."""
        relationship = object.__new__(cls)
        relationship.__base_init__(
            originator_id=relationship_id,
            originator_version=0,
            timestamp=datetime.fromtimestamp(recorded_at / 1_000_000, UTC),
        )
        relationship._begin_empty()
        return relationship

    def take(self, fact: Fact, submission: bytes, received_at: int) -> None:
        """Assign a fact; `submission` is the event id of the message that said it, taken by the bus at that instant."""
        if isinstance(fact, RelationshipFact):
            fact.assign_to(self)
            return
        new = begun(fact)
        if new is not None:
            self.add(new)
            fact.apply_to(new)
            return
        transfer = self.transfers[fact.transfer - 1]
        if isinstance(fact, FactAnnulled):
            transfer = self._go_back(transfer)
        else:
            remember_for_annulment(transfer, fact, submission, received_at)
        fact.apply_to(transfer)

    def _go_back(self, now: Transfer) -> Transfer:
        """The transfer before its last fact takes the place of the one after it; clocks keep their numbers."""
        then = now.previous
        assert then is not None, "only the last fact is annulled, and it left what was before"
        then.clocks, then.clocks_started, then.runs = now.clocks, now.clocks_started, now.runs
        then.annulments = now.annulments + 1
        self.replace(then)
        return then

    def advance(self, fact: Fact, submission: bytes, received_at: int) -> int:
        """Assign a decided fact that its caller writes; returns its version in the stream."""
        self.take(fact, submission, received_at)
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
        opening = OPENINGS.get(type(message)) or SETTLEMENT_COMMANDS.get(type(message))
        if opening is not None:
            draft = opening(self, message, received_at, law)
            if not isinstance(draft, Fact) or isinstance(draft, RelationshipFact):
                return draft
            full = too_many(self, draft)
            if full is not None:
                return full
            before, after = None, begun(draft)
            assert after is not None
            draft.assign(after)
        else:
            before = self._by_id.get(message.envelope.transfer_id)
            if before is None:
                return NOT_YET if message.envelope.sender == m.PLATFORM else WAIT
            draft = self._consider(before, message, received_at)
            if not isinstance(draft, Fact):
                return draft
            after = before.copy()
            draft.assign(after)
        by_province = message.envelope.sender != m.PLATFORM
        then: Consequences = consequences(draft, before, after, received_at, law, reported=by_province)
        if then.started and then.started[-1].number > limits.CLOCKS.most:
            return Rejection(limits.CODE, limits.CLOCKS.field)
        msgspec.structs.force_setattr(draft, "then", then)  # complete now; nobody else has seen the draft
        return draft

    def _consider(self, transfer: Transfer, message: m.Submission, received_at: int) -> Draft:
        """Sender, state, repetition, then the message's own details."""
        kind = type(message)
        admission = ADMISSION[kind]
        if message.envelope.sender not in _entitled(transfer, admission.role):
            party = message.envelope.sender in (transfer.destination, transfer.origin)
            return Rejection("ROLE_NOT_ALLOWED" if party else "NOT_CASE_PARTY", "envelope.sender")
        if RECORDED_BEFORE[kind](transfer, message):
            return RECORDED
        if transfer.state in admission.accept:
            if isinstance(message, m.TransferReversed):
                return reverse_transfer(self, transfer, message)
            if isinstance(message, m.FactAnnulled) and self._comes_back_to_another(transfer):
                return Rejection("CANNOT_ANNUL", "annulled_event_id")
            held_against = SAME_MONEY.get(kind)
            objection = held_against(self, transfer, message, received_at) if held_against else None
            if objection is not None:
                return objection
            return COMMANDS[kind](transfer, message, received_at)
        if transfer.state is State.MOVING:
            return WAIT  # until it is known in which relationship the case goes on
        if transfer.state in admission.wait:
            if transfer.state is State.RETURNED and _names_letter(message, transfer.letter_version):
                return Rejection("STATE_CONFLICT", "letter_version")
            return WAIT
        if transfer.state is State.MOVED:
            return Rejection("RELATIONSHIP_MOVED", "envelope.relationship_id")
        return Rejection("STATE_CONFLICT" if transfer.live else "CASE_CLOSED")

    def _comes_back_to_another(self, ended: Transfer) -> bool:
        """Whether taking back the end of a transfer would put a second live one beside that begun since."""
        then = ended.previous
        if ended.live or then is None or not then.live or then.kind in NEVER_IN_THE_WAY:
            return False
        return clash(self, then.origin, then.destination) is not None


def _names_letter(message: m.Submission, version: int) -> bool:
    """Whether the message goes on with a letter of that version or an older one."""
    return getattr(message, "letter_version", version + 1) <= version


def _entitled(transfer: Transfer, role: Role) -> tuple[str, ...]:
    """Senders that may play the role in a transfer."""
    match role:
        case "destination":
            return (transfer.destination,)
        case "origin":
            return (transfer.origin,)
        case "party":
            return (transfer.destination, transfer.origin)
        case "document_holder":
            return (transfer.origin, *(lump.paid_in for lump in transfer.lump_sums))
        case "platform":
            return (m.PLATFORM,)
