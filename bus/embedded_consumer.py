"""The embedded bus's consumer: alone in its group, it reads each partition in order and all of them fairly."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TypeAlias

from jinbao.bus.embedded_log import OFFSET_MASK, explained
from jinbao.bus.embedded_reading import Reading, Row, Topic
from jinbao.bus.group_lock import GroupLock
from jinbao.bus.interface import POLL_BYTES, BusError, BusRecord, TopicPartition
from jinbao.bus.packed_headers import NO_HEADERS

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
