"""Reads the embedded bus's file for one process: ends of logs, topics, records and committed offsets."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from jinbao.bus.embedded_log import OFFSET_BITS, OFFSET_MASK, connect
from jinbao.bus.interface import BusError
from jinbao.storage.transaction import transaction

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
