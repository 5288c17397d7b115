"""Mapping of facts to stored bytes: one MessagePack array per fact, found again by its topic and version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.persistence import Mapper, MapperDeserialisationError, StoredEvent

from jinbao.platform.aggregates.catalogue import FACTS
from jinbao.platform.aggregates.fact import Fact, Upcast
from jinbao.platform.aggregates.pension_relationship import CaseEvent


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


def _decoder(kind: type[Fact], missing: tuple[Upcast, ...]) -> Callable[[bytes], Fact]:
    decode = msgspec.msgpack.Decoder(kind).decode
    if not missing:
        return decode

    def decode_older(state: bytes) -> Fact:
        fields = _decode_fields(state)
        for upcast in missing:
            fields = upcast(fields)
        return decode(_encode(fields))

    return decode_older


def stored_topics(kind: type[Fact]) -> tuple[str, ...]:
    """The topics under which the fact was stored, oldest first; new ones are stored under the last.

    Where shape or meaning of what is stored changed, `Fact.UPCASTS` says how: from then on the fact is stored under its
    topic and version (`deadline-missed.2`), and what was stored before is read through the functions that it lacks.
    Stored bytes are never rewritten; projections are rebuilt.
    """
    versions = range(2, len(kind.UPCASTS) + 2)
    return (kind.TOPIC, *(f"{kind.TOPIC}.{version}" for version in versions))


_topics: dict[type[Fact], str] = {kind: stored_topics(kind)[-1] for kind in FACTS.values()}
_decoders: dict[str, Callable[[bytes], Fact]] = {
    topic: _decoder(kind, kind.UPCASTS[number:])
    for kind in FACTS.values()
    for number, topic in enumerate(stored_topics(kind))
}


def stored_topic(fact: Fact) -> str:
    """The topic under which a new fact is stored."""
    return _topics[type(fact)]


def encode_fact(fact: Fact) -> bytes:
    """The fact's stored bytes."""
    return _encode(fact)


def decode_fact(topic: str, state: bytes) -> Fact:
    """The fact of stored bytes. Raises MapperDeserialisationError naming the topic."""
    try:
        return _decoders[topic](state)
    except KeyError as error:
        raise MapperDeserialisationError(f"no fact has the topic '{topic}'") from error
    except (msgspec.DecodeError, IndexError, TypeError) as error:
        raise MapperDeserialisationError(f"stored state of topic '{topic}' cannot be read: {error}") from error


class FactMapper(Mapper[UUID]):
    """The library's mapper, for reading: facts become `CaseEvent`s."""

    def __init__(self) -> None:
        """No transcoder, compressor or cipher: facts hold no personal data."""

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """The case event of stored bytes."""
        assert isinstance(stored_event, RecordedEvent)
        assert isinstance(stored_event.originator_id, UUID)
        return CaseEvent(
            originator_id=stored_event.originator_id,
            originator_version=stored_event.originator_version,
            position=stored_event.position,
            fact=decode_fact(stored_event.topic, stored_event.state),
            submission=stored_event.submission,
            sender=stored_event.sender,
            received_at=stored_event.received_at,
            recorded_at=stored_event.recorded_at,
        )
