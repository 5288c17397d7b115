"""The event log on the caller's connection, behind the library's recorder interface.

Positions are dense and given while the write lock is held, so a reader who has seen position n has seen all before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from eventsourcing.persistence import AggregateRecorder, Notification, StoredEvent
from sqlalchemy import Table
from sqlalchemy.exc import IntegrityError

from jinbao.platform.store.bulk import Bulk, Row
from jinbao.platform.store.mapper import RecordedEvent
from jinbao.platform.store.tables import events, streams

EVENT_COLUMNS = "e.version, e.topic, e.state, e.position, e.submission, e.sender, e.received_at, e.recorded_at"


class StreamConflict(Exception):
    """Another writer has appended to the stream: the batch must be decided anew."""


@dataclass(frozen=True)
class LoggedEvent(Notification):
    """An event of the log with what a projection needs beside its state."""

    stream: int
    sender: str
    submission: bytes
    received_at: int


class EventRecorder(AggregateRecorder):
    """Reads and appends events inside one transaction."""

    def __init__(self, bulk: Bulk) -> None:
        self._bulk = bulk

    def streams_of(self, relationship_ids: Sequence[bytes]) -> dict[bytes, tuple[int, int]]:
        """Relationship id → (stream number, partition), of those that have a stream."""
        sql = "SELECT relationship_id, stream, partition FROM streams WHERE relationship_id"
        return {r[0]: (r[1], r[2]) for r in self._bulk.select_in(sql, relationship_ids)}

    def relationship_of(self, stream: int) -> UUID:
        """The relationship that has a stream."""
        sql = "SELECT relationship_id FROM streams WHERE stream = ?"
        return UUID(bytes=self._bulk.execute(sql, stream).scalar_one())

    def open_streams(self, opened: Sequence[tuple[bytes, int]]) -> list[int]:
        """Give new relationships (id, partition) their stream numbers, in order of appearance."""
        last = self._bulk.execute("SELECT COALESCE(MAX(stream), 0) FROM streams").scalar_one()
        numbers = [last + 1 + i for i in range(len(opened))]
        self._insert(streams, [(n, r, p) for n, (r, p) in zip(numbers, opened, strict=True)])
        return numbers

    def next_position(self) -> int:
        """Where the log goes on; stable while the log's lock is held."""
        return (self.max_notification_id() or 0) + 1

    def append(self, new: Sequence[Row]) -> None:
        """Append rows of `events`, from `next_position` on, while the log's lock is held.

        Raises StreamConflict when a version is already there.
        """
        self._insert(events, new)

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Not offered: a `StoredEvent` for each event would cost ingest more than 5 %; `append` takes rows."""
        raise NotImplementedError("the log is written by ingest alone, through `append`")

    def _insert(self, table: Table, rows: Sequence[Row]) -> None:
        try:
            self._bulk.insert(table, rows)
        except IntegrityError as error:
            raise StreamConflict("another process has written to one of the streams of this batch") from error

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
            "WHERE s.relationship_id = ? AND e.version > ? AND e.version <= ? "
            f"ORDER BY e.version {'DESC' if desc else ''} LIMIT ?"
        )
        bounds = (gt or 0, lte if lte is not None else 2**31 - 1, limit if limit is not None else 2**31 - 1)
        rows = self._bulk.execute(sql, originator_id.bytes, *bounds)
        return [RecordedEvent(originator_id, *row) for row in rows]

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
        """The log in order of position."""
        sql = (
            "SELECT s.relationship_id, e.version, e.topic, e.state, e.position, e.stream, e.sender, "
            "e.submission, e.received_at "
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
