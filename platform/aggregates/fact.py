"""A fact that a pension relationship records: what was said, and everything that was decided to follow from it.

Facts only assign. Each carries its consequences (state, whose turn it is, clocks, ledger postings), so that a stored
history loads and projects without asking any rule again. Stored as MessagePack arrays: fields are only ever appended,
with defaults. `TOPIC` is the stored name of a fact and never changes, wherever the class moves. The facts themselves
stand with their subjects in `subjects/`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from jinbao.platform.aggregates.clocks import ClockEnded, ClockStarted
from jinbao.platform.aggregates.money import Posting
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.stream_kind import StreamFact
from jinbao.platform.aggregates.transfer import Transfer


class Consequences(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What follows from a fact, decided once."""

    state: State | None = None
    """The state from now on; None: unchanged."""
    waiting_for: str | None = None
    """Province code of the agency whose turn it is, NOBODY, or None: unchanged."""
    started: tuple[ClockStarted, ...] = ()
    ended: tuple[ClockEnded, ...] = ()
    postings: tuple[Posting, ...] = ()
    late: bool = False
    """Reported later than one working day after it happened."""
    parties: tuple[str, str] = ("", "")
    """(origin, destination) of a transfer that was applied for, on the facts that begin, end, return or go back."""
    due: date | None = None
    """Where clocks started, ended or moved: the earliest due day of those that run on; None: none runs."""
    due_provisional: bool = False


_THEN, _LATE = 2, 5
"""Places of the consequences within a fact, and of their `late`."""


def reported_by_nobody(fields: list[Any]) -> list[Any]:
    """Upcast of the platform's own facts: version 1 called them reported late when its sweep had stood still."""
    then = list(fields[_THEN])
    then[_LATE] = False
    return [*fields[:_THEN], then, *fields[_THEN + 1 :]]


class Fact(StreamFact, frozen=True, gc=False, kw_only=True):
    """Base of all facts of a relationship."""

    transfer: int
    """Number of the transfer within its relationship, counted from 1."""
    occurred_at: int
    """Microseconds since 1970 UTC, by the sender's account."""
    then: Consequences

    def assign(self, transfer: Transfer) -> None:
        """Put this fact's own fields into the transfer."""

    def apply_to(self, transfer: Transfer) -> None:
        """Take the fact in: its own fields, then what follows from it."""
        self.assign(transfer)
        then = self.then
        if then.state is not None:
            transfer.enter(then.state)
        if then.waiting_for is not None:
            transfer.waiting_for = then.waiting_for
        if then.ended or then.started:
            transfer.change_clocks(then.ended, then.started)


class BeginningFact(Fact, frozen=True, gc=False, kw_only=True):
    """Base of the facts that begin a transfer."""

    def begin(self) -> Transfer:
        """The transfer that begins."""
        raise NotImplementedError


class RelationshipFact(Fact, frozen=True, gc=False, kw_only=True):
    """Base of the facts about the relationship, not about a transfer: `transfer` is 0."""

    def assign_to(self, relationship: Relationship) -> None:
        """Put this fact's own fields into the relationship."""
