"""The embedded bus: a durable log with topics, partitions, offsets and consumer groups in its own SQLite file.

Any number of processes may send; one consumer at a time reads a topic for a group. What `send` has acknowledged is on
disk, and a process killed at any point leaves whole records only.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from jinbao.bus.embedded_consumer import EmbeddedConsumer, EmbeddedReader, GroupLock, PartitionsChanged
from jinbao.bus.embedded_log import OFFSET_BITS, OFFSET_MASK, Reading, Row, Topic, connect, explained, prepare
from jinbao.bus.interface import BusError, OutgoingRecord, TopicPartition, partition_of
from jinbao.storage.sqlite_file import transaction

_encode_headers = msgspec.msgpack.Encoder().encode


CLOCK_JUMP_US = 3_600_000_000
"""A clock set back by more than this had been wrong: what follows has the right time again."""


def _wall_clock_us() -> int:
    return time.time_ns() // 1_000


class EmbeddedBus:
    """A bus in one file (see `jinbao.bus.interface.Bus`). Threads may share it; a forked child must open its own."""

    def __init__(self, path: Path | str, *, durable: bool = True, clock: Callable[[], int] = _wall_clock_us) -> None:
        """Open the file, creating it when missing; BusError when it cannot be used.

        `durable=False` does not wait for the disk at each send: a killed process still loses nothing, a power failure
        may. `clock` gives microseconds since 1970 UTC.
        """
        self.path = Path(path)
        self._lock_folder = self.path.with_name(self.path.name + ".locks")
        self._durable = durable
        self._clock = clock
        prepare(self.path, self._lock_folder)
        with explained(self.path, "open it"):
            self._reading = Reading(self.path)
        self._open: set[EmbeddedProducer | EmbeddedConsumer] = set()

    def create_topics(self, topics: Mapping[str, int]) -> None:
        """Create each missing topic with its number of partitions; BusError if one exists with another number."""
        if bad := [name for name, partitions in topics.items() if partitions < 1 or not name]:
            raise BusError(
                f"嵌入式总线 {self.path}：主题 {bad[0]!r} 须有名称和至少一个分区",
                f"embedded bus {self.path}: topic {bad[0]!r} needs a name and at least one partition",
            )
        with explained(self.path, "create topics"):
            connection = connect(self.path, durable=True)
            try:
                with transaction(connection):
                    _create_missing(connection, self.path, topics)
            finally:
                connection.close()

    def partitions(self, topic: str) -> int:
        """Number of partitions of the topic; BusError when there is no such topic."""
        with explained(self.path, f"look up topic {topic!r}"):
            return self._reading.topic(topic).partitions

    def end_offsets(self, topic: str) -> dict[TopicPartition, int]:
        """Per partition, the offset that the next record will get."""
        with explained(self.path, f"read the ends of topic {topic!r}"):
            found = self._reading.topic(topic)
            ends = self._reading.ends()
            return {(topic, p): ends[found.first_log + p] for p in range(found.partitions)}

    def committed(self, topic: str, group: str) -> dict[TopicPartition, int]:
        """Per partition, the group's committed next offset (0 where none)."""
        with explained(self.path, f"read the offsets of group {group!r}"):
            offsets = self._reading.committed(self._reading.topic(topic), group)
            return {(topic, p): offset for p, offset in enumerate(offsets)}

    def producer(self) -> EmbeddedProducer:
        """A new producer with its own connection."""
        with explained(self.path, "open a producer"):
            producer = EmbeddedProducer(self._reading, connect(self.path, durable=self._durable), self._clock)
        self._keep(producer)
        return producer

    def consumer(
        self,
        topics: Sequence[str],
        group: str,
        *,
        on_assigned: PartitionsChanged | None = None,
        on_revoked: PartitionsChanged | None = None,
    ) -> EmbeddedConsumer:
        """Join the group, alone: every partition is this member's, from the committed offsets on.

        `on_assigned` runs inside the first `poll`, before it reads, so that it may `seek`; `on_revoked` inside `close`.
        BusError when another consumer reads one of the topics for the group, or a topic is unknown.
        """
        with explained(self.path, f"join group {group!r}"):
            logs = {name: self._reading.topic(name) for name in topics}
            lock = GroupLock(self._lock_folder, list(logs), group)
            consumer = EmbeddedConsumer(self._reading, lock, logs, group, on_assigned, on_revoked)
        self._keep(consumer)
        return consumer

    def reader(self, topic: str) -> EmbeddedReader:
        """A reader of the topic that belongs to no group; BusError when there is no such topic."""
        with explained(self.path, f"read topic {topic!r}"):
            return EmbeddedReader(self._reading, topic)

    def trim(self, before_offsets: Mapping[TopicPartition, int]) -> int:
        """Delete the records below the given offsets and return how many; offsets are never given again."""
        with explained(self.path, "trim"):
            ends = self._reading.ends()
            ranges = []
            for (name, partition), before in before_offsets.items():
                log = _log_of(self._reading, name, partition)
                if before > ends[log]:
                    raise BusError(
                        f"嵌入式总线 {self.path}：{name}/{partition} 止于 {ends[log]}，不到 {before}",
                        f"embedded bus {self.path}: {name}/{partition} ends at {ends[log]}, not {before}",
                    )
                ranges.append((log << OFFSET_BITS, (log << OFFSET_BITS) + before))
            connection = connect(self.path, durable=False)
            try:
                with transaction(connection):
                    delete = "DELETE FROM record WHERE position >= ? AND position < ?"
                    return connection.executemany(delete, ranges).rowcount if ranges else 0
            finally:
                connection.close()

    def _keep(self, part: EmbeddedProducer | EmbeddedConsumer) -> None:
        self._open = {other for other in self._open if not other.closed} | {part}

    def close(self) -> None:
        """Close every producer and consumer of this bus, then the file."""
        for part in self._open:
            part.close()
        self._open.clear()
        self._reading.close()


class EmbeddedProducer:
    """Appends records, one transaction a call. Threads may share it."""

    def __init__(self, reading: Reading, connection: sqlite3.Connection, clock: Callable[[], int]) -> None:
        self._reading = reading
        self._connection = connection
        self._clock = clock
        self._lock = threading.Lock()
        self.closed = False

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        """Append all records or none, in order; when it returns they are durable. BusError if they were not taken."""
        if not records:
            return
        with explained(self._reading.path, f"send {len(records)} records"), self._lock:
            topics = {name: self._reading.topic(name) for name in {record.topic for record in records}}
            with transaction(self._connection):
                self._append(records, topics)

    def _append(self, records: Sequence[OutgoingRecord], topics: Mapping[str, Topic]) -> None:
        logs = {log: (end, last) for log, end, last in self._connection.execute("SELECT * FROM log")}
        now = self._clock()
        next_positions: dict[int, int] = {}
        rows: list[Row] = []
        for record in records:
            topic = topics[record.topic]
            log = topic.first_log + partition_of(record.key, topic.partitions)
            position = next_positions.get(log)
            if position is None:
                position = (log << OFFSET_BITS) + logs[log][0]
            next_positions[log] = position + 1
            headers = _encode_headers(record.headers) if record.headers else None
            rows.append((position, _time(now, logs[log][1]), record.key, record.value, headers))
        rows.sort()
        self._connection.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?)", rows)
        self._connection.executemany(
            "UPDATE log SET next_offset = ?, last_appended_at = ? WHERE log = ?",
            [
                (position & OFFSET_MASK, _time(now, logs[log][1]), log)
                for log, position in sorted(next_positions.items())
            ],
        )

    def close(self) -> None:
        """Close its connection; closing twice is harmless."""
        with self._lock:
            self._connection.close()
            self.closed = True


def _time(now: int, last: int) -> int:
    """A record's time: never before the last one's, unless the clock that gave that one was wrong."""
    return now if last - now > CLOCK_JUMP_US else max(now, last)


def _log_of(reading: Reading, name: str, partition: int) -> int:
    topic = reading.topic(name)
    if not 0 <= partition < topic.partitions:
        raise BusError(
            f"嵌入式总线 {reading.path}：主题 {name} 没有分区 {partition}",
            f"embedded bus {reading.path}: topic {name!r} has no partition {partition}",
        )
    return topic.first_log + partition


def _create_missing(connection: sqlite3.Connection, path: Path, topics: Mapping[str, int]) -> None:
    known: dict[str, int] = dict(connection.execute("SELECT name, partitions FROM topic").fetchall())
    (free_log,) = connection.execute("SELECT count(*) FROM log").fetchone()
    for name, partitions in topics.items():
        if name in known:
            if known[name] != partitions:
                raise BusError(
                    f"嵌入式总线 {path}：主题 {name} 有 {known[name]} 个分区，不是 {partitions}；请按此数或另选文件",
                    f"embedded bus {path}: topic {name!r} has {known[name]} partitions, not {partitions}; "
                    "ask for that number or use another file",
                )
            continue
        connection.execute("INSERT INTO topic VALUES (?, ?, ?)", (name, partitions, free_log))
        connection.executemany("INSERT INTO log VALUES (?, 0, 0)", [(free_log + p,) for p in range(partitions)])
        free_log += partitions
