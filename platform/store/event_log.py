"""The event log and the streams of one kind: facts as stored bytes, behind the library's mapper and recorder; and the
intake, which has a row for each message that brought no fact.

Positions are dense and given while the write lock is held, so a reader who has seen position n has seen all before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.application import Repository
from eventsourcing.persistence import (
    AggregateRecorder,
    EventStore,
    Mapper,
    MapperDeserialisationError,
    Notification,
    StoredEvent,
)
from sqlalchemy import Table
from sqlalchemy.exc import IntegrityError

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.stream_kind import F, StreamEvent, StreamFact, StreamKind, Upcast
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.store.bulk import Bulk, Row, Upsert
from jinbao.platform.store.tables import events, intake, intake_counts, streams

_INTAKE_COUNTS = Upsert(intake_counts, ("outcome",), {"number": "add"})
_OUTCOME = [column.name for column in intake.columns].index("outcome")


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


EVENT_COLUMNS = "e.version, e.topic, e.state, e.position, e.submission, e.sender, e.received_at, e.recorded_at"


class StreamConflict(Exception):
    """Another writer has appended to the stream: the batch must be decided anew."""


@dataclass(frozen=True)
class LoggedEvent(Notification):
    """An event of the log with what a projection needs beside its state."""

    kind: int
    """Number of its stream's kind."""
    stream: int
    sender: str
    submission: bytes
    received_at: int


class EventLog:
    """Reads and appends events of every kind inside one transaction."""

    def __init__(self, bulk: Bulk) -> None:
        self._bulk = bulk

    def next_position(self) -> int:
        """Where the log goes on; stable while the log's lock is held."""
        return (self.max_notification_id() or 0) + 1

    def has(self, position: int) -> bool:
        """Whether an event stands there."""
        found = self._bulk.execute("SELECT EXISTS (SELECT 1 FROM events WHERE position = ?)", position)
        return bool(found.scalar_one())

    def append(self, new: Sequence[Row]) -> None:
        """Append rows of `events`, from `next_position` on, while the log's lock is held.

        Raises StreamConflict when a version is already there.
        """
        _insert(self._bulk, events, new)

    def select_facts(self, stream_numbers: Sequence[int]) -> Iterator[Row]:
        """(stream number, version, topic, state, submission, received_at, sender, digest), by stream and version."""
        sql = "SELECT stream, version, topic, state, submission, received_at, sender, digest FROM events WHERE stream"
        return self._bulk.select_in(sql, stream_numbers, "ORDER BY stream, version")

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[LoggedEvent]:
        """The log in order of position, streams of every kind; `topics` are those of facts."""
        sql = (
            "SELECT s.key, e.version, e.topic, e.state, e.position, s.kind, e.stream, e.sender, e.submission, "
            "e.received_at "
            "FROM events e "
            "JOIN streams s ON s.stream = e.stream WHERE e.position >= ? AND e.position <= ? "
        )
        low = (start or 0) + (0 if inclusive_of_start else 1)
        arguments: Row = (low, stop if stop is not None else 2**62)
        if topics:
            sql += f"AND e.topic IN ({', '.join('?' * len(topics))}) "
            arguments += tuple(topics)
        rows = self._bulk.execute(sql + "ORDER BY e.position LIMIT ?", *arguments, limit).fetchall()
        ids = {found: UUID(bytes=found) for found in {row[0] for row in rows}}
        return [LoggedEvent(ids[row[0]], *row[1:]) for row in rows]

    def rows_after(self, position: int, limit: int) -> Sequence[Row]:
        """(position, stream, its kind's number, topic, state, sender, submission, received_at) of what follows.

        As `select_notifications`, for whoever reads the whole log: a row costs a third of a `LoggedEvent`.
        """
        sql = (
            "SELECT e.position, e.stream, s.kind, e.topic, e.state, e.sender, e.submission, e.received_at "
            "FROM events e JOIN streams s ON s.stream = e.stream WHERE e.position > ? ORDER BY e.position LIMIT ?"
        )
        return self._bulk.execute(sql, position, limit).fetchall()

    def max_notification_id(self) -> int | None:
        """The last position of the log."""
        last: int | None = self._bulk.execute("SELECT MAX(position) FROM events").scalar_one()
        return last


class StreamRecorder(AggregateRecorder):
    """Reads the streams of one kind by their keys, and opens new ones, inside one transaction."""

    def __init__(self, bulk: Bulk, kind: StreamKind[StreamFact]) -> None:
        self._bulk = bulk
        self.kind = kind

    @property
    def history(self) -> EventStore[UUID]:
        """The library's event store over them, for reading."""
        return EventStore(FactMapper(self.kind), self)

    @property
    def repository(self) -> Repository[UUID]:
        """The library's repository: an aggregate as its stream folds it."""
        return Repository(self.history)

    def numbers_of(self, keys: Sequence[bytes]) -> dict[bytes, int]:
        """Key → stream number, of those that have a stream."""
        sql = f"SELECT key, stream FROM streams WHERE kind = {self.kind.number:d} AND key"
        return {row[0]: row[1] for row in self._bulk.select_in(sql, keys)}

    def key_of(self, stream: int) -> UUID:
        """The key of a stream."""
        return UUID(bytes=self._bulk.execute("SELECT key FROM streams WHERE stream = ?", stream).scalar_one())

    def open(self, opened: Sequence[tuple[bytes, int]]) -> list[Row]:
        """Give new keys (key, partition) their stream numbers, in order of appearance; returns the rows of `streams`.

        Raises StreamConflict when one has a stream already.
        """
        last = self._bulk.execute("SELECT COALESCE(MAX(stream), 0) FROM streams").scalar_one()
        rows = [(last + 1 + i, self.kind.number, *new) for i, new in enumerate(opened)]
        _insert(self._bulk, streams, rows)
        return rows

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Not offered: a `StoredEvent` for each event would cost ingest more than 5 %; `EventLog.append` takes rows."""
        raise NotImplementedError("the log is written by ingest alone, through `EventLog.append`")

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[RecordedEvent]:
        """Events of one stream by version."""
        assert isinstance(originator_id, UUID)
        sql = (
            f"SELECT {EVENT_COLUMNS} FROM events e JOIN streams s ON s.stream = e.stream "
            "WHERE s.kind = ? AND s.key = ? AND e.version > ? AND e.version <= ? "
            f"ORDER BY e.version {'DESC' if desc else ''} LIMIT ?"
        )
        bounds = (gt or 0, lte if lte is not None else 2**31 - 1, limit if limit is not None else 2**31 - 1)
        rows = self._bulk.execute(sql, self.kind.number, originator_id.bytes, *bounds)
        return [RecordedEvent(originator_id, *row) for row in rows]


def _insert(bulk: Bulk, table: Table, rows: Sequence[Row]) -> None:
    try:
        bulk.insert(table, rows)
    except IntegrityError as error:
        raise StreamConflict("another process has written to one of the streams of this batch") from error


def add_to_intake(bulk: Bulk, rows: Sequence[Row]) -> None:
    """Insert rows, their values in the order of the table's columns, and count them by outcome."""
    bulk.insert(intake, rows)
    bulk.upsert(_INTAKE_COUNTS, [(row[_OUTCOME], 1) for row in rows])
