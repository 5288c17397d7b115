"""The embedded bus's own SQLite file: its tables, connections, what its errors mean, and what one process reads of it.

One row is one record. Its key is `log << 40 | offset`, where a log is one partition of one topic, so that a
partition's records lie side by side in order and no second index is written.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from jinbao.bus.actions import in_chinese
from jinbao.bus.interface import BusError, BusUnavailable
from jinbao.language.system_errors import system_reason
from jinbao.storage.sqlite_file import BUSY_TIMEOUT_S, PASSING, Layout, advice, code, open_file, reason, transaction

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
            f"嵌入式总线 {path}：{in_chinese(tried)}未成：{system_reason(error)[0]}；请检查路径和权限",
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


_READ = "SELECT position, appended_at, key, value, headers FROM record WHERE position >= ? AND position < ? LIMIT ?"

Row: TypeAlias = tuple[int, int, bytes, bytes, bytes | None]
"""A stored record: position, appended_at, key, value, headers."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic's logs: partition p is log `first_log` + p."""

    partitions: int
    first_log: int


class Reading:
    """The process's one reading connection, shared by all consumers, and the end of each log as it last saw it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self._connection = connect(path, durable=False)
        self._version = -1
        self._ends: list[int] = []
        self._topics: dict[str, Topic] = {}

    def ends(self) -> list[int]:
        """The next offset of every log, by log number; one cheap pragma while nobody has written."""
        with self.lock:
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            if version != self._version:
                self._ends = [end for (end,) in self._connection.execute("SELECT next_offset FROM log ORDER BY log")]
                self._version = version
            return self._ends

    def topic(self, name: str) -> Topic:
        """Where the topic's partitions lie; BusError when there is no such topic."""
        with self.lock:
            if name not in self._topics:
                rows = self._connection.execute("SELECT name, partitions, first_log FROM topic").fetchall()
                self._topics = {row[0]: Topic(row[1], row[2]) for row in rows}
            if name not in self._topics:
                known = ", ".join(sorted(self._topics)) or "none"
                raise BusError(
                    f"嵌入式总线 {self.path}：没有主题 {name}（有：{known}）；请先启动平台（jinbao "
                    "platform run），由它建立",
                    f"embedded bus {self.path}: no topic {name!r} (there are: {known}); "
                    "start the platform first (jinbao platform run), which creates it",
                )
            return self._topics[name]

    def rows(self, log: int, start: int, end: int, limit: int, max_bytes: int) -> tuple[list[Row], int, int]:
        """At most `limit` records of a log with start <= offset < end, in order, their bytes, and the next offset.

        The record with which they reach `max_bytes` is the last one. Records that were trimmed are passed over.
        """
        base, size = log << OFFSET_BITS, 0
        rows: list[Row] = []
        with self.lock, closing(self._connection.execute(_READ, (base + start, base + end, limit))) as found:
            for row in found:
                rows.append(row)
                size += len(row[3]) + len(row[4] or b"")
                if size >= max_bytes:
                    break
        cut = len(rows) == limit or size >= max_bytes
        return rows, size, (rows[-1][0] & OFFSET_MASK) + 1 if cut else end

    def committed(self, topic: Topic, group: str) -> list[int]:
        """The group's next offset per partition of the topic, 0 where none is committed."""
        with self.lock:
            found: dict[int, int] = dict(
                self._connection.execute(
                    "SELECT log, next_offset FROM committed WHERE consumer_group = ? AND log >= ? AND log < ?",
                    (group, topic.first_log, topic.first_log + topic.partitions),
                ).fetchall()
            )
        return [found.get(topic.first_log + partition, 0) for partition in range(topic.partitions)]

    def commit(self, rows: Sequence[tuple[int, str, int]]) -> None:
        """Store (log, group, next offset); without waiting for the disk, since losing it only repeats records."""
        with self.lock, transaction(self._connection):
            self._connection.executemany("INSERT OR REPLACE INTO committed VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        """Close the connection."""
        with self.lock:
            self._connection.close()
