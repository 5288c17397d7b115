"""Reads the embedded bus: a consumer, alone in its group by a lock on a file, and a reader beside all groups."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote

from jinbao.bus.embedded_log import OFFSET_MASK, Reading, Row, Topic, explained
from jinbao.bus.interface import POLL_BYTES, BusError, BusRecord, GroupTaken, TopicPartition
from jinbao.bus.packed_headers import NO_HEADERS
from jinbao.language.system_errors import system_reason


class GroupLock:
    """Holds one lock file per topic of a consumer; two holders conflict also within one process.

    Not kept across `fork` alone: a forked child shares the lock, so start consumer processes by spawning.
    """

    def __init__(self, folder: Path, topics: Sequence[str], group: str) -> None:
        """Take the locks of all topics or none; BusError names the topic, the group and the holder's process id."""
        self._files: list[int] = []
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for topic in sorted(topics):
                self._files.append(_take(folder / f"{quote(topic, safe='')}@{quote(group, safe='')}", topic, group))
        except OSError as error:
            self.release()
            raise BusError(
                f"{folder} 中取不到 {group} 组的锁：{system_reason(error)[0]}；请使其可写",
                f"cannot take the lock of group {group!r} in {folder}: {error.strerror}; make it writable",
            ) from error
        except BusError:
            self.release()
            raise

    def release(self) -> None:
        """Free the locks; the files stay, since removing one would let two holders lock different files."""
        while self._files:
            os.close(self._files.pop())


def _take(path: Path, topic: str, group: str) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(file, 20, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(file)
        raise GroupTaken(
            f"主题 {topic} 已由进程 {holder} 为 {group} 组读取，请先停止它（锁 {path}）",
            f"topic {topic!r} is already read for group {group!r} by process {holder}"
            f"{' (this one)' if holder == str(os.getpid()) else ''}; stop that consumer first (lock {path})",
        ) from None
    os.ftruncate(file, 0)
    os.pwrite(file, str(os.getpid()).encode("ascii"), 0)
    return file


_SHORTEST_SLEEP_S = 0.001
_LONGEST_SLEEP_S = 0.005

PartitionsChanged: TypeAlias = Callable[[frozenset[TopicPartition]], None]


class EmbeddedConsumer:
    """The one member of a group on its topics. For one thread at a time."""

    def __init__(
        self,
        reading: Reading,
        lock: GroupLock,
        topics: Mapping[str, Topic],
        group: str,
        on_assigned: PartitionsChanged | None,
        on_revoked: PartitionsChanged | None,
    ) -> None:
        self._reading = reading
        self._lock = lock
        self._group = group
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked
        self._next: dict[int, int] = {}
        self._committed: dict[int, int] = {}
        self._logs: dict[TopicPartition, int] = {}
        for name, topic in topics.items():
            for partition, offset in enumerate(reading.committed(topic, group)):
                log = topic.first_log + partition
                self._logs[name, partition] = log
                self._next[log] = self._committed[log] = offset
        self._names = {log: name for name, log in self._logs.items()}
        self._order = sorted(self._names)
        self.closed = False

    def assignment(self) -> frozenset[TopicPartition]:
        """Every partition of its topics; empty once closed."""
        return frozenset() if self.closed else frozenset(self._logs)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Make `offset` the next one to be read; BusError when it is below 0 or past the partition's end."""
        log = self._log(partition)
        with explained(self._reading.path, "seek"):
            end = self._reading.ends()[log]
        if not 0 <= offset <= end:
            raise BusError(
                f"嵌入式总线 {self._reading.path}：{partition[0]}/{partition[1]}"
                f" 没有位移 {offset}（止于 {end}），已存的位移属于另一个总线文件",
                f"embedded bus {self._reading.path}: offset {offset} of {partition[0]}/{partition[1]} does not exist "
                f"(it ends at {end}); the stored offsets belong to another bus file",
            )
        self._next[log] = offset

    def poll(self, max_records: int, timeout_s: float = 0.0, max_bytes: int = POLL_BYTES) -> list[BusRecord]:
        """Up to `max_records` records, each partition's in order, shared fairly between partitions that have some.

        Waits at most `timeout_s` for the first one; the one with which they reach `max_bytes` is the last. Records that
        were trimmed are passed over.
        """
        if self.closed:
            raise BusError(
                f"嵌入式总线 {self._reading.path}：{self._group} 组的这个读者已关闭",
                f"embedded bus {self._reading.path}: this consumer of group {self._group!r} is closed",
            )
        if self._on_assigned is not None:
            on_assigned, self._on_assigned = self._on_assigned, None
            on_assigned(self.assignment())
        deadline = time.monotonic() + timeout_s
        pause = _SHORTEST_SLEEP_S
        while True:
            with explained(self._reading.path, f"read for group {self._group!r}"):
                records = self._read(max_records, max_bytes)
            left = deadline - time.monotonic()
            if records or left <= 0:
                return records
            time.sleep(min(pause, left))
            pause = min(pause * 2, _LONGEST_SLEEP_S)

    def _read(self, max_records: int, max_bytes: int) -> list[BusRecord]:
        ends = self._reading.ends()
        ready = [log for log in self._order if self._next[log] < ends[log]]
        records: list[BusRecord] = []
        for waiting, log in zip(range(len(ready), 0, -1), ready, strict=True):
            share = -(-(max_records - len(records)) // waiting)
            if share <= 0 or max_bytes <= 0:
                break
            rows, size, self._next[log] = self._reading.rows(log, self._next[log], ends[log], share, max_bytes)
            topic, partition = self._names[log]
            records += [bus_record(topic, partition, row) for row in rows]
            max_bytes -= size
        if ready:
            after = self._order.index(ready[0]) + 1
            self._order = self._order[after:] + self._order[:after]
        return records

    def at_end(self) -> bool:
        """Whether it holds partitions and has read everything that they have now. Raises BusError."""
        with explained(self._reading.path, f"read the ends for group {self._group!r}"):
            ends = self._reading.ends()
        return not self.closed and all(at >= ends[log] for log, at in self._next.items())

    def commit(self, next_offsets: Mapping[TopicPartition, int]) -> None:
        """Store how far the group has come; the next consumer starts there unless it seeks."""
        moved = {self._log(partition): offset for partition, offset in next_offsets.items()}
        rows = [(log, self._group, at) for log, at in sorted(moved.items()) if self._committed[log] != at]
        if rows:
            with explained(self._reading.path, f"commit for group {self._group!r}"):
                self._reading.commit(rows)
            self._committed.update(moved)

    def _log(self, partition: TopicPartition) -> int:
        if self.closed or partition not in self._logs:
            raise BusError(
                f"嵌入式总线 {self._reading.path}：{partition[0]}/{partition[1]}"
                f" 没有分给 {self._group} 组的这个读者，分给它的是 {sorted(self.assignment())}",
                f"embedded bus {self._reading.path}: {partition[0]}/{partition[1]} is not assigned to this consumer "
                f"of group {self._group!r}; it has {sorted(self.assignment())}",
            )
        return self._logs[partition]

    def close(self) -> None:
        """Leave the group and free its locks; closing twice is harmless."""
        if self.closed:
            return
        if self._on_revoked is not None:
            self._on_revoked(self.assignment())
        self.closed = True
        self._lock.release()


def bus_record(topic: str, partition: int, row: Row) -> BusRecord:
    """The record of a stored row."""
    position, appended_at, key, value, headers = row
    return BusRecord(topic, partition, position & OFFSET_MASK, key, value, headers or NO_HEADERS, appended_at)


_SLEEP_S = 0.05


class EmbeddedReader:
    """See `jinbao.bus.interface.Reader`. For one thread at a time; it shares the bus's reading connection."""

    def __init__(self, reading: Reading, topic: str) -> None:
        self._reading = reading
        self._topic = topic
        found = reading.topic(topic)
        self._first_log = found.first_log
        self._next = [0] * found.partitions

    def seek(self, partition: int, offset: int) -> None:
        """Make the first record from `offset` on the next one to be read from the partition."""
        self._next[partition] = max(0, offset)

    def poll(self, max_records: int, timeout_s: float = 0.0, max_bytes: int = POLL_BYTES) -> list[BusRecord]:
        """Up to `max_records` records, each partition's in order; waits at most `timeout_s` for the first one."""
        deadline = time.monotonic() + timeout_s
        while True:
            with explained(self._reading.path, f"read topic {self._topic!r}"):
                records = self._read(max_records, max_bytes)
            left = deadline - time.monotonic()
            if records or left <= 0:
                return records
            time.sleep(min(_SLEEP_S, left))

    def _read(self, max_records: int, max_bytes: int) -> list[BusRecord]:
        records: list[BusRecord] = []
        ends = self._reading.ends()
        for partition, start in enumerate(self._next):
            log, room = self._first_log + partition, max_records - len(records)
            if room <= 0 or max_bytes <= 0 or start >= ends[log]:
                continue
            rows, size, self._next[partition] = self._reading.rows(log, start, ends[log], room, max_bytes)
            records += [bus_record(self._topic, partition, row) for row in rows]
            max_bytes -= size
        return records

    def at_end(self) -> bool:
        """Whether it has read everything that the topic has now."""
        with explained(self._reading.path, f"read the ends of topic {self._topic!r}"):
            ends = self._reading.ends()
        return all(start >= ends[self._first_log + partition] for partition, start in enumerate(self._next))

    def close(self) -> None:
        """Nothing of its own to release."""
