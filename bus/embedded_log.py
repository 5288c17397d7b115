"""The embedded bus's own SQLite file: its tables, how a connection is opened, and what its errors mean.

One row is one record. Its key is `log << 40 | offset`, where a log is one partition of one topic, so that a
partition's records lie side by side in order and no second index is written.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jinbao.bus.interface import BusError, BusUnavailable
from jinbao.storage.sqlite_file import PASSING, advice, code, make_private

OFFSET_BITS = 40
OFFSET_MASK = (1 << OFFSET_BITS) - 1
_APPLICATION_ID = 0x4A425553
_LAYOUT_VERSION = 1
_BUSY_TIMEOUT_S = 30.0
_CHECKPOINT_PAGES = 4_000
_WAL_LIMIT_BYTES = 64 << 20

_TABLES = """
CREATE TABLE topic (name TEXT PRIMARY KEY, partitions INTEGER NOT NULL, first_log INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE log (log INTEGER PRIMARY KEY, next_offset INTEGER NOT NULL, last_appended_at INTEGER NOT NULL);
CREATE TABLE record (
    position INTEGER PRIMARY KEY, appended_at INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL, headers BLOB
);
CREATE TABLE committed (
    log INTEGER NOT NULL, consumer_group TEXT NOT NULL, next_offset INTEGER NOT NULL, PRIMARY KEY (log, consumer_group)
) WITHOUT ROWID;
"""

_LOST = "choose another file, or stop every process and restore a copy taken together with the platform's database"


@contextmanager
def explained(path: Path, tried: str) -> Iterator[None]:
    """Turn an error of SQLite or the file system into a BusError: which bus, what was tried, what to do.

    A programmer's error (a closed connection, a value that is not bytes) passes as it is.
    """
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except sqlite3.Error as error:
        kind = BusUnavailable if code(error) in PASSING else BusError
        raise kind(f"embedded bus {path}: cannot {tried}: {error}; {advice(error, when_damaged=_LOST)}") from error
    except OSError as error:
        raise BusError(
            f"embedded bus {path}: cannot {tried}: {error.strerror}; check the path and its rights"
        ) from error


def connect(path: Path, *, durable: bool) -> sqlite3.Connection:
    """A connection to the existing file, without implicit transactions.

    With `durable` each commit waits for the disk; without, a power failure may lose the last commits but not the file.
    """
    connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
    connection.execute("PRAGMA cache_size = -16384")
    return connection


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """One write transaction: all or nothing, one writer at a time over all processes."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def prepare(path: Path, lock_folder: Path) -> None:
    """Create the file and its tables when missing; BusError when it is something else or of another version."""
    with explained(path, "open it"):
        make_private(path)
        lock_folder.mkdir(mode=0o700, exist_ok=True)
        with _alone(lock_folder):
            connection = connect(path, durable=True)
            try:
                _check_or_create(connection, path)
            finally:
                connection.close()


def _check_or_create(connection: sqlite3.Connection, path: Path) -> None:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (layout,) = connection.execute("PRAGMA user_version").fetchone()
    if application == _APPLICATION_ID:
        if layout != _LAYOUT_VERSION:
            raise BusError(
                f"embedded bus {path}: layout {layout}, this program reads {_LAYOUT_VERSION}; use its version"
            )
        return
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables:
        raise BusError(f"embedded bus {path}: cannot open it: a database of something else; choose another file")
    connection.execute("PRAGMA journal_mode = WAL")
    with writing(connection):
        for statement in _TABLES.split(";")[:-1]:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {_LAYOUT_VERSION}")


@contextmanager
def _alone(lock_folder: Path) -> Iterator[None]:
    """Processes that open a new file at the same moment create it one after the other."""
    file = os.open(lock_folder / "open", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)
