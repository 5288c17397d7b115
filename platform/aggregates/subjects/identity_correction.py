"""A corrected identity: a case moves to the relationship of the right number."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from jinbao.platform.aggregates.case_postings import moved_between_relationships
from jinbao.platform.aggregates.clocks import ClockStarted
from jinbao.platform.aggregates.continuation import (
    as_it_stands,
    clocks_from,
    first_fault,
    is_derived_otherwise,
    transfer_from,
    transfer_from_snapshot,
)
from jinbao.platform.aggregates.decision import RECORDED, Draft, Rejection
from jinbao.platform.aggregates.effect import Effect
from jinbao.platform.aggregates.fact import BeginningFact, Fact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.money import Posting
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.rule import (
    NON_BLOCKING_KINDS,
    BeginningRule,
    MessageRule,
    Rule,
    base_of,
    base_of_beginning,
    clash,
    to_other_side,
)
from jinbao.platform.aggregates.state import UNDER_WAY, State
from jinbao.platform.aggregates.stream_kind import Upcast
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.schemas import messages as m
from jinbao.schemas.derived_ids import platform_event_id
from jinbao.schemas.messages import ContinuedCase

_CONTINUED, _CORRECTED = 4, 5
"""Places of the snapshot within `case-continued` and `identity-corrected`."""
_NOT_A_REFUSAL = ("ALREADY_RECORDED", "ID_REUSED")
"""Codes of rejections that say nothing against the case: it was taken before."""


def _several_lump_sums(place: int) -> Upcast:
    """Version 1's transfer had one back-payment at most, and money moved with it or did not; now there may be several,
    a supplement names what it brings, and money has a third way.
    """

    def upcast(fields: list[Any]) -> list[Any]:
        snapshot = msgspec.msgpack.decode(fields[place])
        one = snapshot.pop("lump_sum", None)
        if one is not None:
            one["withheld"] = bool(snapshot.get("withheld")) and one.get("document") is None
            snapshot["lump_sums"] = [one]
        if snapshot.get("kind") == "supplement":
            snapshot["covers"] = [1]
        if snapshot.pop("information_only", False):
            snapshot["money"] = "none"
        return [*fields[:place], msgspec.msgpack.encode(snapshot), *fields[place + 1 :]]

    return upcast


class IdentityCorrected(Fact, frozen=True, gc=False, kw_only=True):
    """The case is to go on in the relationship of the right number; here it waits until that one has taken it."""

    TOPIC: ClassVar[str] = "identity-corrected"
    UPCASTS: ClassVar[tuple[Upcast, ...]] = (_several_lump_sums(_CORRECTED),)
    reason: str
    new_relationship_id: bytes
    snapshot: bytes = b""
    """The transfer as it stood before, in earlier releases, which ended it here at once."""

    def assign(self, transfer: Transfer) -> None:
        """Remember where it goes, and how it stood."""
        transfer.moving_to, transfer.stood = self.new_relationship_id, (transfer.state, transfer.waiting_for)


class ContinuationConfirmed(Fact, frozen=True, gc=False, kw_only=True):
    """The relationship of the right number has taken the case; here it ends."""

    TOPIC: ClassVar[str] = "continuation-confirmed"
    new_relationship_id: bytes


class ContinuationRefused(Fact, frozen=True, gc=False, kw_only=True):
    """The relationship of the right number could not take the case; here it stands as it stood."""

    TOPIC: ClassVar[str] = "continuation-refused"
    new_relationship_id: bytes
    code: str
    field: str = ""

    def assign(self, transfer: Transfer) -> None:
        """It goes nowhere."""
        transfer.moving_to, transfer.stood = b"", None


class CaseContinued(BeginningFact, frozen=True, gc=False, kw_only=True):
    """A live transfer came from the relationship of the wrong number."""

    TOPIC: ClassVar[str] = "case-continued"
    UPCASTS: ClassVar[tuple[Upcast, ...]] = (_several_lump_sums(_CONTINUED),)
    old_relationship_id: bytes
    snapshot: bytes = b""
    """The transfer as it stood, as earlier releases kept it."""
    transfer_id: bytes = b""
    case: ContinuedCase | None = None
    """The transfer as it stood."""

    def begin(self) -> Transfer:
        """The transfer as it stood, under its number here; its clocks start again as this fact's consequences say."""
        if self.case is not None:
            return transfer_from(self.case, self.transfer, self.transfer_id)
        return transfer_from_snapshot(self.snapshot, self.transfer)

    def clocks(self) -> tuple[ClockStarted, ...]:
        """The clocks that run on."""
        return () if self.case is None else clocks_from(self.case)


def _correct_identity(t: Transfer, message: m.IdentityCorrected, at: int) -> Draft:
    if message.new_relationship_id == message.envelope.relationship_id:
        return Rejection("INVALID_REQUEST", "new_relationship_id")
    return IdentityCorrected(
        **base_of(t, message), reason=message.reason, new_relationship_id=message.new_relationship_id
    )


def _confirm_continuation(t: Transfer, message: m.ContinuationConfirmed, at: int) -> Draft:
    if message.new_relationship_id != t.moving_to:
        return Rejection("STATE_CONFLICT", "new_relationship_id")
    return ContinuationConfirmed(**base_of(t, message), new_relationship_id=t.moving_to)


def _refuse_continuation(t: Transfer, message: m.ContinuationRefused, at: int) -> Draft:
    if message.new_relationship_id != t.moving_to:
        return Rejection("STATE_CONFLICT", "new_relationship_id")
    return ContinuationRefused(
        **base_of(t, message), new_relationship_id=t.moving_to, code=message.code, field=message.field or ""
    )


def _continue_case(r: Relationship, message: m.CaseContinued, at: int, law: Law) -> Draft:
    if message.envelope.sender != m.PLATFORM:
        return Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
    id_, case = message.envelope.transfer_id, message.case
    here = r.transfer(id_)
    if here is not None and here.state is not State.MOVED:
        return RECORDED
    if case is None:
        return Rejection("INVALID_REQUEST", "case")
    fault = first_fault(case, id_, law)
    if fault is not None:
        return Rejection("INVALID_REQUEST", fault)
    if is_derived_otherwise(case, id_):
        return Rejection("TRANSFER_ID_DIFFERS", "envelope.transfer_id")
    taken = None if case.kind in NON_BLOCKING_KINDS else clash(r, case.origin, case.destination)
    if taken is not None:
        return taken
    return CaseContinued(**base_of_beginning(r, message), old_relationship_id=message.old_relationship_id, case=case)


def _leaves(fact: Fact, before: Transfer | None, after: Transfer) -> tuple[Posting, ...]:
    """The case leaves the books of its relationship."""
    return moved_between_relationships(after, -1)


def _comes(fact: Fact, before: Transfer | None, after: Transfer) -> tuple[Posting, ...]:
    """The case enters, or is again in, the books of the relationship."""
    return moved_between_relationships(after, +1)


def _case_continued(fact: IdentityCorrected, t: Transfer, message: m.IdentityCorrected) -> m.CaseContinued:
    """The case, to the relationship of the right number, as it waits here."""
    old = message.envelope.relationship_id
    return m.CaseContinued(
        envelope=_envelope(message.envelope, "continued", fact.new_relationship_id),
        old_relationship_id=old,
        state=b"",
        case=as_it_stands(t, old),
    )


def _continuation_confirmed(fact: CaseContinued, t: Transfer, message: m.CaseContinued) -> m.ContinuationConfirmed:
    """To the old relationship: the case was taken."""
    return m.ContinuationConfirmed(
        envelope=_envelope(message.envelope, "continuation confirmed", fact.old_relationship_id),
        new_relationship_id=message.envelope.relationship_id,
    )


def _continuation_refused(message: m.CaseContinued, code: str, field: str | None) -> m.ContinuationRefused | None:
    """To the old relationship: the case could not be taken, or it would hang between the two; None: it was taken
    before, or somebody else sent it."""
    if message.envelope.sender != m.PLATFORM or code in _NOT_A_REFUSAL:
        return None
    return m.ContinuationRefused(
        envelope=_envelope(message.envelope, "continuation refused", message.old_relationship_id),
        new_relationship_id=message.envelope.relationship_id,
        code=code,
        field=field,
    )


def _envelope(cause: m.Envelope, what: str, relationship: bytes) -> m.Envelope:
    """Its id follows from the message that it follows from, so that whoever says it again says the same."""
    return m.Envelope(
        event_id=platform_event_id(what, cause.sender, cause.event_id.hex(), relationship.hex()),
        relationship_id=relationship,
        transfer_id=cause.transfer_id,
        sender=m.PLATFORM,
        operator="platform",
        local_document=cause.local_document,
        occurred_at=cause.occurred_at,
        causation_id=cause.event_id,
    )


def _to_both_sides(fact: Fact, t: Transfer, message: m.Submission) -> tuple[str, ...]:
    return (t.origin, t.destination)  # both were told that it moves


RULES: tuple[Rule, ...] = (
    MessageRule(
        message=m.IdentityCorrected,
        role="party",
        accept=UNDER_WAY | {State.FROZEN},
        recorded_before=lambda t, message: t.state is State.MOVED or t.moving_to == message.new_relationship_id,
        decide=_correct_identity,
        fact=IdentityCorrected,
        effect=Effect(state=State.MOVING, postings=_leaves),
        readers=to_other_side,
        follow_up=_case_continued,
        is_act=False,  # a move may come to nothing
    ),
    BeginningRule(
        message=m.CaseContinued,
        decide=_continue_case,
        fact=CaseContinued,
        effect=Effect(postings=_comes, starts=CaseContinued.clocks),
        readers=_to_both_sides,
        follow_up=_continuation_confirmed,
        follow_up_of_refusal=_continuation_refused,
    ),
    MessageRule(
        message=m.ContinuationConfirmed,
        role="platform",
        accept={State.MOVING},
        recorded_before=lambda t, _: t.state is State.MOVED,
        decide=_confirm_continuation,
        fact=ContinuationConfirmed,
        effect=Effect(state=State.MOVED, cancels_clocks=True),
    ),
    MessageRule(
        message=m.ContinuationRefused,
        role="platform",
        accept={State.MOVING},
        decide=_refuse_continuation,
        fact=ContinuationRefused,
        effect=Effect(stands_again=True, postings=_comes),
        readers=_to_both_sides,
        is_act=False,
    ),
)
