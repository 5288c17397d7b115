"""The embedded bus's own SQLite file: its tables, how a connection is opened, and what its errors mean.

One row is one record. Its key is `log << 40 | offset`, where a log is one partition of one topic, so that a
partition's records lie side by side in order and no second index is written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jinbao.bus.actions import in_chinese
from jinbao.bus.interface import BusError, BusUnavailable
from jinbao.storage.file_layout import Layout
from jinbao.storage.sqlite_file import BUSY_TIMEOUT_S, PASSING, advice, code, open_file, reason

OFFSET_BITS = 40
OFFSET_MASK = (1 << OFFSET_BITS) - 1
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

LAYOUT = Layout((_TABLES,), application_id=0x4A425553)
"""The bus's file; the mark spells JBUS."""
_LOST = (
    "请另选文件，或停止所有进程，恢复与平台数据库同时所做的备份",
    "choose another file, or stop every process and restore a copy taken together with the platform's database",
)


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
        what, (zh, en) = reason(error)[0], advice(error, when_damaged=_LOST)
        raise kind(
            f"嵌入式总线 {path}：{in_chinese(tried)}未成：{what}；{zh}",
            f"embedded bus {path}: cannot {tried}: {error}; {en}",
        ) from error
    except OSError as error:
        raise BusError(
            f"嵌入式总线 {path}：{in_chinese(tried)}未成：{error.strerror}；请检查路径和权限",
            f"embedded bus {path}: cannot {tried}: {error.strerror}; check the path and its rights",
        ) from error


def connect(path: Path, *, durable: bool) -> sqlite3.Connection:
    """A connection to the file, which is made where it is missing.

    With `durable` each commit waits for the disk; without, a power failure may lose the last commits but not the file.
    """
    connection = open_file(
        path,
        LAYOUT,
        synchronous="FULL" if durable else "NORMAL",
        timeout_s=BUSY_TIMEOUT_S,
        shared_by_threads=True,
    )
    connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
    connection.execute("PRAGMA cache_size = -16384")
    return connection


def prepare(path: Path, lock_folder: Path) -> None:
    """Create the file and its tables when missing; BusError when it is something else or of another version."""
    with explained(path, "open it"):
        connect(path, durable=True).close()
        lock_folder.mkdir(mode=0o700, exist_ok=True)
