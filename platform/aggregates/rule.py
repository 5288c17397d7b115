"""A message's rule: who may send it in which state, how it is decided, what follows from its fact, who is told.

Three kinds of message have rules: about an existing transfer (`MessageRule`), beginning one (`BeginningRule`), and
about the relationship itself (`RelationshipRule`). Each rule stands in its subject's file; `catalogue.py` lists them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import msgspec

from jinbao.platform import limits
from jinbao.platform.aggregates.consequences import consequences
from jinbao.platform.aggregates.decision import NOT_YET, RECORDED, WAIT, Draft, Rejection
from jinbao.platform.aggregates.effect import NO_EFFECT, Effect
from jinbao.platform.aggregates.fact import BeginningFact, Consequences, Fact, RelationshipFact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import LastFact, Transfer
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas import messages as m
from jinbao.schemas.derived_ids import transfer_id

Readers = Callable[[Any, Any, Any], tuple[str, ...]]
"""(fact, transfer after it or None, message) → province codes."""


def nobody(fact: Any, t: Transfer, message: m.Submission) -> tuple[str, ...]:
    """No province is told."""
    return ()


def _is_heard_of(t: Transfer) -> bool:
    """The origin hears of an application from its first letter on; of what it offers or paid it knows."""
    return bool(t.letter_version) or t.kind != "application"


def to_origin(fact: Any, t: Transfer, message: m.Submission) -> tuple[str, ...]:
    """The origin."""
    return (t.origin,) if _is_heard_of(t) else ()


def to_destination(fact: Any, t: Transfer, message: m.Submission) -> tuple[str, ...]:
    """The destination."""
    return (t.destination,) if _is_heard_of(t) else ()


def to_both(fact: Any, t: Transfer, message: m.Submission) -> tuple[str, ...]:
    """Both sides."""
    return (t.origin, t.destination) if _is_heard_of(t) else ()


def to_other_side(fact: Any, t: Transfer, message: m.Submission) -> tuple[str, ...]:
    """The side that did not send it."""
    return (t.origin if message.envelope.sender == t.destination else t.destination,)


Role = Literal["destination", "origin", "party", "document_holder", "platform"]
"""`party`: either side; `document_holder`: the origin, or the agency where a lump sum was paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(ABC):
    """What every kind of message has."""

    message: type[m.Submission]
    fact: type[Fact]
    effect: Effect = NO_EFFECT
    readers: Readers = nobody
    follow_up: Callable[[Any, Any, Any], m.Submission] | None = None
    """(fact, transfer after it, message) → what the platform then says to itself about another relationship."""
    follow_up_of_refusal: Callable[[Any, str, str | None], m.Submission | None] | None = None
    """(message, code, field) → what it says where the message was not taken; None: nothing."""

    @abstractmethod
    def answer(self, r: Relationship, message: m.Submission, received_at: int, law: Law) -> Draft:
        """What a message means for the relationship: a complete fact, a rejection, or waiting. Changes nothing.

        `received_at`: microseconds since 1970 UTC at which the bus took the message.
        """

    @abstractmethod
    def take(self, r: Relationship, fact: Any, submission: bytes, received_at: int) -> None:
        """Assign a fact; `submission` is the event id of the message that said it."""


def _complete(draft: Fact, then: Consequences) -> Draft:
    """The draft with what follows from it."""
    if then.started and then.started[-1].number > limits.CLOCKS.most:
        return Rejection(limits.CODE, limits.CLOCKS.field)
    msgspec.structs.force_setattr(draft, "then", then)  # nobody else has seen the draft
    return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationshipRule(Rule):
    """Rule of a message about the relationship itself, or about what two provinces owe each other."""

    fact: type[RelationshipFact]
    decide: Callable[[Relationship, Any, int, Law], Draft]

    def answer(self, r: Relationship, message: m.Submission, received_at: int, law: Law) -> Draft:
        """The decision: nothing else follows from the fact."""
        return self.decide(r, message, received_at, law)

    def take(self, r: Relationship, fact: RelationshipFact, submission: bytes, received_at: int) -> None:
        """Assign the fact to the relationship."""
        fact.assign_to(r)


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginningRule(Rule):
    """Rule of a message that begins a transfer."""

    fact: type[BeginningFact]
    decide: Callable[[Relationship, Any, int, Law], BeginningFact | Draft]

    def answer(self, r: Relationship, message: m.Submission, received_at: int, law: Law) -> Draft:
        """The decision, and what follows from the transfer that begins."""
        draft = self.decide(r, message, received_at, law)
        if not isinstance(draft, BeginningFact):
            return draft
        begun = draft.begin()
        full = too_many(r, begun)
        if full is not None:
            return full
        draft.assign(begun)
        by_province = message.envelope.sender != m.PLATFORM
        then = consequences(self.effect, draft, None, begun, received_at, law, reported=by_province)
        return _complete(draft, then)

    def take(self, r: Relationship, fact: BeginningFact, submission: bytes, received_at: int) -> None:
        """The transfer begins."""
        begun = fact.begin()
        r.add(begun)
        fact.apply_to(begun)


def _never(_t: Transfer, _message: Any) -> bool:
    return False


def _always(_t: Transfer) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRule(Rule):
    """Rule of a message about an existing transfer.

    In a state of `accept` it goes on to its own checks; in a state of `wait` something that must come first has not
    been seen, and it is parked; in any other state it is rejected.
    """

    role: Role
    """Who may send it."""
    accept: Set[State]
    wait: Set[State] = frozenset()
    decide: Callable[[Transfer, Any, int], Draft]
    """(transfer, message, time received) → its own checks, and the fact."""
    recorded_before: Callable[[Transfer, Any], bool] = _never
    """Whether its fact was recorded before, under another id."""
    objection: Callable[[Relationship, Transfer, Any, int], Draft | None] | None = None
    """What the person's other transfers have against it; None: nothing."""
    annullable: bool = False
    """Its sender may take it back while nobody has acted on it."""
    reported_by: Callable[[Transfer, Any], str] | None = None
    """Which side sent the fact, where either may and it is annullable."""
    is_act: bool = True
    """Whether the fact before it can no longer be taken back."""
    keeps_former: bool = False
    """Once it is itself taken back, the fact before it may be taken back too."""

    ordinary: bool = False
    """It belongs to the ordinary way of a case."""
    moves_on: bool = True
    """Whether the case goes on with it; what does not may be said in nearly every state."""
    has_object: Callable[[Transfer], bool] = _always
    """Whether there is anything that it could be about, in a state that accepts it."""

    def may_come_next(self, t: Transfer) -> bool:
        """Whether a reader who asks what may come next is told of the message."""
        return self.role != "platform" and self.moves_on and t.state in self.accept and self.has_object(t)

    def answer(self, r: Relationship, message: m.Submission, received_at: int, law: Law) -> Draft:
        """Sender, repetition, state, then the message's own checks, then what follows."""
        before = r.transfer(message.envelope.transfer_id)
        if before is None:
            return NOT_YET if message.envelope.sender == m.PLATFORM else WAIT
        draft = self._considered(r, before, message, received_at)
        if not isinstance(draft, Fact):
            return draft
        after = before.copy()
        draft.assign(after)
        return _complete(draft, self.consequences(draft, before, after, received_at, law))

    def consequences(self, draft: Fact, before: Transfer, after: Transfer, received_at: int, law: Law) -> Consequences:
        """What follows from the fact; the platform's own facts are nobody's report, and never late."""
        return consequences(self.effect, draft, before, after, received_at, law, reported=self.role != "platform")

    def _considered(self, r: Relationship, t: Transfer, message: m.Submission, received_at: int) -> Draft:
        sender = message.envelope.sender
        if sender not in _entitled(t, self.role):
            party = sender in (t.destination, t.origin)
            return Rejection("ROLE_NOT_ALLOWED" if party else "NOT_CASE_PARTY", "envelope.sender")
        if self.recorded_before(t, message):
            return RECORDED
        if t.state in self.accept:
            objection = None if self.objection is None else self.objection(r, t, message, received_at)
            return self.decide(t, message, received_at) if objection is None else objection
        if t.state is State.MOVING:
            return WAIT  # until it is known in which relationship the case goes on
        if t.state in self.wait:
            if t.state is State.RETURNED and _names_letter(message, t.letter_version):
                return Rejection("STATE_CONFLICT", "letter_version")
            return WAIT
        if t.state is State.MOVED:
            return Rejection("RELATIONSHIP_MOVED", "envelope.relationship_id")
        return Rejection("STATE_CONFLICT" if t.live else "CASE_CLOSED")

    def take(self, r: Relationship, fact: Any, submission: bytes, received_at: int) -> None:
        """Assign the fact to its transfer, which remembers what was before it as long as it may be taken back."""
        transfer = r.transfers[fact.transfer - 1]
        if self.annullable:
            self._remember(transfer, fact, submission, received_at)
        elif self.is_act:
            transfer.last = transfer.previous = None
        fact.apply_to(transfer)

    def _remember(self, t: Transfer, fact: Fact, submission: bytes, received_at: int) -> None:
        again = t.last is not None and t.last.topic == fact.TOPIC
        if again or not self.keeps_former:
            t.last = t.previous = None
        if self.reported_by is not None:
            party = self.reported_by(t, fact)
        else:
            party = t.destination if self.role == "destination" else t.origin
        t.previous = t.copy()
        t.last = LastFact(submission, fact.TOPIC, party, received_at)


def _names_letter(message: m.Submission, version: int) -> bool:
    """Whether the message goes on with a letter of that version or an older one."""
    return getattr(message, "letter_version", version + 1) <= version


def _entitled(t: Transfer, role: Role) -> tuple[str, ...]:
    """Senders that may play the role in a transfer."""
    match role:
        case "destination":
            return (t.destination,)
        case "origin":
            return (t.origin,)
        case "party":
            return (t.destination, t.origin)
        case "document_holder":
            return (t.origin, *(lump.paid_in for lump in t.lump_sums))
        case "platform":
            return (m.PLATFORM,)


NON_BLOCKING_KINDS = ("reversal", "unassigned")
"""Kinds of transfers beside which another may live."""


def misaddressed(sender: str, origin: str, destination: str, by: str) -> Rejection | None:
    """Why a message that begins a transfer is not taken from this sender for these provinces."""
    for name, province in (("origin", origin), ("destination", destination)):
        if province not in PROVINCES:
            return Rejection("UNKNOWN_PROVINCE", name)
    if origin == destination:
        return Rejection("SAME_PROVINCE", "origin")
    if sender != by:
        return Rejection("ROLE_NOT_ALLOWED" if sender in (origin, destination) else "NOT_CASE_PARTY", "envelope.sender")
    return None


def too_many(r: Relationship, new: Transfer) -> Rejection | None:
    """Whether the province that begins this transfer has begun as many of the relationship as one may."""
    province = _begun_by(new)
    if sum(_begun_by(other) == province for other in r.transfers) < limits.TRANSFERS.most:
        return None
    return Rejection(limits.CODE, limits.TRANSFERS.field)


def _begun_by(t: Transfer) -> str:
    """The destination applies and holds unknown money, the origin offers; a case that moved counts as it began."""
    return t.destination if t.kind in ("application", "unassigned") else t.origin


def clash(r: Relationship, origin: str, destination: str) -> Rejection | None:
    """One live destination, and one live transfer for each origin."""
    for other in r.transfers:
        if not other.live or other.kind in NON_BLOCKING_KINDS:
            continue
        if other.destination != destination:
            return Rejection("LIVE_TRANSFER_ELSEWHERE", "destination")
        if other.origin == origin:
            return Rejection("LIVE_TRANSFER_EXISTS", "origin")
    return None


def not_to_begin(r: Relationship, message: m.Submission) -> Rejection | None:
    """Whether a transfer has this id already, or the id is not the one that belongs to this person and document."""
    envelope = message.envelope
    if r.transfer(envelope.transfer_id) is not None:
        return RECORDED
    derived = transfer_id(UUID(bytes=envelope.relationship_id), envelope.sender, envelope.local_document)
    return None if derived.bytes == envelope.transfer_id else Rejection("TRANSFER_ID_DIFFERS", "envelope.transfer_id")


_LATER = Consequences()
"""Of a draft."""


def base_of(t: Transfer, message: m.Submission) -> dict[str, Any]:
    """What every fact takes from its message."""
    return {"transfer": t.number, "occurred_at": message.envelope.occurred_at, "then": _LATER}


def base_of_beginning(r: Relationship, message: m.Submission) -> dict[str, Any]:
    """What every fact that begins a transfer takes from its message."""
    return {
        "transfer": len(r.transfers) + 1,
        "occurred_at": message.envelope.occurred_at,
        "then": _LATER,
        "transfer_id": message.envelope.transfer_id,
    }


def base_of_relationship(message: m.Submission) -> dict[str, Any]:
    """What every fact about the relationship takes from its message."""
    return {"transfer": 0, "occurred_at": message.envelope.occurred_at, "then": _LATER}
