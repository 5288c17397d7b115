"""A kind of event stream: its stored number, its name in keys, its facts, and the aggregate that folds them.

Every stream is of one kind and has a key of that kind, 16 bytes: a relationship's id, say. The log orders the facts of
all kinds; who reads it names the kind that he wants. `stream_kinds.py` lists the kinds of the platform.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec

Upcast = Callable[[list[Any]], list[Any]]
"""The MessagePack array of a fact, as plain values, in one stored version → in the next."""


class StreamFact(msgspec.Struct, frozen=True, gc=False, array_like=True, kw_only=True):
    """Base of the facts of every kind. `TOPIC` is the stored name, of one fact within its kind, and never changes."""

    TOPIC: ClassVar[str] = ""
    UPCASTS: ClassVar[tuple[Upcast, ...]] = ()
    """From stored version 1 to 2, from 2 to 3 …; appending a field with a default needs none."""


class StreamAggregate(Protocol):
    """What the facts of one stream fold to."""

    version: int

    def take(self, fact: Any, submission: bytes, received_at: int) -> None:
        """Assign a fact; `submission` is the event id of the message that said it, taken by the bus at that instant."""


F = TypeVar("F", bound=StreamFact, covariant=True)


@dataclass(frozen=True, eq=False)
class StreamKind(Generic[F]):
    """A kind of stream, with facts of one base."""

    number: int
    """As it is stored with each stream; never changes."""
    name: str
    facts: tuple[type[F], ...]
    begin: Callable[[UUID, int], Any]
    """(key, when its first fact was recorded) → a `StreamAggregate` without facts, at version 0."""


class StreamEvent(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The library's domain event: one fact in a stream, and when it came to be known."""

    kind: StreamKind[StreamFact]
    originator_id: UUID
    """The stream's key."""
    originator_version: int
    position: int
    """Place in the nation's log."""
    fact: StreamFact
    submission: bytes
    """Event id of the submission that said it."""
    sender: str
    received_at: int
    """Microseconds since 1970 UTC at which the bus took that submission."""
    recorded_at: int
    """Microseconds since 1970 UTC at which it was written; never decreasing with position."""

    def mutate(self, aggregate: StreamAggregate | None) -> StreamAggregate:
        """The aggregate with this fact in it; the first fact makes the aggregate."""
        if aggregate is None:
            aggregate = self.kind.begin(self.originator_id, self.recorded_at)
        assert self.originator_version == aggregate.version + 1, "a stream has no gaps"
        aggregate.take(self.fact, self.submission, self.received_at)
        aggregate.version = self.originator_version
        return aggregate
