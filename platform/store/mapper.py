"""Mapping of facts to stored bytes: one MessagePack array per fact, found again by its topic and version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.persistence import Mapper, MapperDeserialisationError, StoredEvent

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.stream_kind import F, StreamEvent, StreamFact, StreamKind, Upcast
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS


@dataclass(frozen=True, slots=True)
class RecordedEvent(StoredEvent):
    """A stored event with its place in the log, and what the platform keeps of the message that said it."""

    position: int
    submission: bytes
    sender: str
    received_at: int
    recorded_at: int


_encode = msgspec.msgpack.Encoder().encode
_decode_fields = msgspec.msgpack.Decoder(list[Any]).decode


def _decoder(fact: type[StreamFact], missing: tuple[Upcast, ...]) -> Callable[[bytes], StreamFact]:
    decode = msgspec.msgpack.Decoder(fact).decode
    if not missing:
        return decode

    def decode_older(state: bytes) -> StreamFact:
        fields = _decode_fields(state)
        for upcast in missing:
            fields = upcast(fields)
        return decode(_encode(fields))

    return decode_older


def stored_topics(fact: type[StreamFact]) -> tuple[str, ...]:
    """The topics under which the fact was stored, oldest first; new ones are stored under the last.

    Where shape or meaning of what is stored changed, `StreamFact.UPCASTS` says how: from then on the fact is stored
    under its topic and version (`deadline-missed.2`), and what was stored before is read through the functions that it
    lacks. Stored bytes are never rewritten; projections are rebuilt.
    """
    versions = range(2, len(fact.UPCASTS) + 2)
    return (fact.TOPIC, *(f"{fact.TOPIC}.{version}" for version in versions))


@cache
def _newest_topic(fact: type[StreamFact]) -> str:
    return stored_topics(fact)[-1]


@cache
def _decoders(kind: StreamKind[StreamFact]) -> dict[str, Callable[[bytes], StreamFact]]:
    return {
        topic: _decoder(fact, fact.UPCASTS[number:])
        for fact in kind.facts
        for number, topic in enumerate(stored_topics(fact))
    }


def stored_topic(fact: StreamFact) -> str:
    """The topic under which a new fact is stored."""
    return _newest_topic(type(fact))


def encode_fact(fact: StreamFact) -> bytes:
    """The fact's stored bytes."""
    return _encode(fact)


def decode_fact(topic: str, state: bytes) -> Fact:
    """The fact of stored bytes of a relationship's stream. Raises MapperDeserialisationError naming the topic."""
    return decode(RELATIONSHIPS, topic, state)


def decode(kind: StreamKind[F], topic: str, state: bytes) -> F:
    """The fact of stored bytes of that kind's stream. Raises MapperDeserialisationError naming the topic."""
    try:
        return _decoders(kind)[topic](state)  # type: ignore[return-value]
    except KeyError as error:
        raise MapperDeserialisationError(f"no fact has the topic '{topic}'") from error
    except (msgspec.DecodeError, IndexError, TypeError) as error:
        raise MapperDeserialisationError(f"stored state of topic '{topic}' cannot be read: {error}") from error


class FactMapper(Mapper[UUID]):
    """The library's mapper of one kind's streams, for reading: facts become `StreamEvent`s."""

    def __init__(self, kind: StreamKind[StreamFact]) -> None:
        """No transcoder, compressor or cipher: facts hold no personal data."""
        self._kind = kind

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """The event of stored bytes."""
        assert isinstance(stored_event, RecordedEvent)
        assert isinstance(stored_event.originator_id, UUID)
        return StreamEvent(
            kind=self._kind,
            originator_id=stored_event.originator_id,
            originator_version=stored_event.originator_version,
            position=stored_event.position,
            fact=decode(self._kind, stored_event.topic, stored_event.state),
            submission=stored_event.submission,
            sender=stored_event.sender,
            received_at=stored_event.received_at,
            recorded_at=stored_event.recorded_at,
        )
