"""The platform's database, chosen by URL, and its unit of work: everything of a batch in one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from eventsourcing.application import Repository
from eventsourcing.persistence import EventStore
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.mapper import FactMapper
from jinbao.platform.store.recorder import EventRecorder
from jinbao.platform.store.tables import consumer_offsets, metadata

BUSY_TIMEOUT_S = 30
CACHE_KIB = 65_536
CHECKPOINT_PAGES = 10_000


class StoreError(Exception):
    """The database cannot be used; the message says which, what was tried and what to do."""


class OffsetFenced(Exception):
    """Another process has taken this partition over: what this one was about to write is void."""


class UnitOfWork:
    """One open transaction: the event log, batched statements, and fenced consumer offsets."""

    def __init__(self, connection: Connection) -> None:
        self.bulk = Bulk(connection)
        self.events = EventRecorder(self.bulk)

    def next_value(self, table: str, column: str) -> int:
        """One more than the column's highest value; stable, since writers hold the lock."""
        found: int = self.bulk.connection.exec_driver_sql(
            f"SELECT COALESCE(MAX({column}), 0) FROM {table}"
        ).scalar_one()
        return found + 1

    def last_recorded_at(self) -> int:
        """When the log was last written to, microseconds since 1970 UTC; 0 for an empty one."""
        sql = "SELECT recorded_at FROM intake ORDER BY position DESC LIMIT 1"
        return self.bulk.connection.exec_driver_sql(sql).scalar() or 0

    def first_bytes(self, stream: int, event_id: bytes) -> bytes:
        """The bytes with which a submission first came."""
        sql = (
            "SELECT bytes FROM intake WHERE stream = ? AND event_id = ? AND bytes IS NOT NULL ORDER BY position LIMIT 1"
        )
        data: bytes = self.bulk.connection.exec_driver_sql(sql, (stream, event_id)).scalar_one()
        return data

    def next_offsets(self, topic: str) -> dict[int, int]:
        """Partition → the offset to be read next."""
        sql = "SELECT partition, next_offset FROM consumer_offsets WHERE topic = ?"
        return {row[0]: row[1] for row in self.bulk.connection.exec_driver_sql(sql, (topic,))}

    def advance(self, topic: str, partition: int, expected: int, next_offset: int) -> None:
        """Move the consumer's offset on. Raises OffsetFenced when it is not where this consumer left it."""
        if expected == 0:
            exists = "SELECT 1 FROM consumer_offsets WHERE topic = ? AND partition = ?"
            if self.bulk.connection.exec_driver_sql(exists, (topic, partition)).first() is None:
                self.bulk.insert(consumer_offsets, [(topic, partition, next_offset)])
                return
        sql = "UPDATE consumer_offsets SET next_offset = ? WHERE topic = ? AND partition = ? AND next_offset = ?"
        done = self.bulk.connection.exec_driver_sql(sql, (next_offset, topic, partition, expected))
        if done.rowcount != 1:
            raise OffsetFenced(f"partition {partition} of {topic} is no longer at offset {expected}")


class Store:
    """The platform's database. `durable=False` leaves flushing to the operating system (simulations)."""

    def __init__(self, url: str, *, durable: bool = True) -> None:
        self.url = url
        self._durable = durable
        self._engine = self._open(url)

    def _open(self, url: str) -> Engine:
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise StoreError(f"database URL {url!r} cannot be read; write sqlite:///FILE") from error
        if parsed.get_backend_name() != "sqlite" or not parsed.database:
            raise StoreError(f"database {parsed.render_as_string()}: this installation opens sqlite:///FILE")
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False})
        event.listen(engine, "connect", self._prepare)
        event.listen(engine, "begin", _begin)
        return engine

    def _prepare(self, connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode = WAL",
            f"synchronous = {'FULL' if self._durable else 'OFF'}",
            f"cache_size = -{CACHE_KIB}",
            f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    def create(self) -> None:
        """Create the tables that are missing. Raises StoreError when the file is no database."""
        try:
            with self.write() as work:
                metadata.create_all(work.bulk.connection)
        except DBAPIError as error:
            raise StoreError(
                f"database {self.url} cannot be used: {error.orig}; name another file or move it"
            ) from error

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """A transaction that holds the write lock from its beginning; committed at the end, or rolled back."""
        try:
            with self._engine.connect() as connection:
                writing = connection.execution_options(jinbao_write=True)
                with writing.begin():
                    yield UnitOfWork(writing)
        except OperationalError as error:
            raise StoreError(
                f"database {self.url}: {error.orig}; free space or stop the process that holds it"
            ) from error

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """A transaction that sees one state of the database and changes nothing."""
        try:
            with self._engine.connect() as connection, connection.begin():
                yield UnitOfWork(connection)
        except DBAPIError as error:
            raise StoreError(
                f"database {self.url} cannot be read: {error.orig}; name the file of a platform"
            ) from error

    def repository(self, work: UnitOfWork) -> Repository[UUID]:
        """The library's repository over this log."""
        return Repository(EventStore(FactMapper(), work.events))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("jinbao_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
