"""The event log and the streams of one kind on the caller's connection, behind the library's recorder interface.

Positions are dense and given while the write lock is held, so a reader who has seen position n has seen all before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from eventsourcing.application import Repository
from eventsourcing.persistence import AggregateRecorder, EventStore, Notification, StoredEvent
from sqlalchemy import Table
from sqlalchemy.exc import IntegrityError

from jinbao.platform.aggregates.stream_kind import StreamFact, StreamKind
from jinbao.platform.store.bulk import Bulk, Row
from jinbao.platform.store.mapper import FactMapper, RecordedEvent
from jinbao.platform.store.tables import events, streams

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

    def open(self, opened: Sequence[tuple[bytes, int]]) -> list[int]:
        """Give new keys (key, partition) their stream numbers, in order of appearance.

        Raises StreamConflict when one has a stream already.
        """
        last = self._bulk.execute("SELECT COALESCE(MAX(stream), 0) FROM streams").scalar_one()
        numbers = [last + 1 + i for i in range(len(opened))]
        kind = self.kind.number
        _insert(self._bulk, streams, [(n, kind, k, p) for n, (k, p) in zip(numbers, opened, strict=True)])
        return numbers

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
