"""The Kafka bus's consumer: one member of a group that shares partitions by cooperative rebalancing.

The client runs its rebalance listener on its own network thread, while `poll` waits. Callers keep database connections
and caches that belong to their thread, so the listener here only notes what changed and holds new partitions still;
`poll` then tells the caller, in the caller's thread, before any record of theirs is read.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import TypeAlias

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition as Partition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import KafkaError

from jinbao.bus.interface import POLL_BYTES, BusError, BusRecord, TopicPartition
from jinbao.bus.kafka_address import KafkaAddress, connecting, explained
from jinbao.bus.kafka_joining import keep_finished_joins
from jinbao.bus.kafka_records import read_as_bus_records, taken_from

PartitionsChanged: TypeAlias = Callable[[frozenset[TopicPartition]], None]
ReadableEnds: TypeAlias = Callable[[Collection[Partition]], Mapping[Partition, int]]

_SHORTEST_SLEEP_S = 0.001
_LONGEST_SLEEP_S = 0.005
_CLOSE_MS = 5_000
_FETCHED_WITHIN_S = 5.0
_FETCH_WAITS_MS = 50
"""A fetch waits so long at the broker for records, and meanwhile holds up the partitions that it does not cover."""
_FETCH_OF_ALL_WAITS_MS = 500
"""The same for a single partition, which every fetch covers: the broker answers as soon as there is a record."""
_DEFAULTS = {
    "enable_auto_commit": False,
    "auto_offset_reset": "none",  # a position that does not exist is an error, never a silent jump
    "isolation_level": "read_committed",
    "session_timeout_ms": 15_000,  # after so long without a sign of life a member's partitions go to the others
    "partition_assignment_strategy": [CooperativeStickyAssignor],
    "fetch_max_bytes": 16 << 20,
    "max_partition_fetch_bytes": 1 << 20,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}


class KafkaBusConsumer:
    """A member of a group. For one thread at a time."""

    def __init__(
        self,
        address: KafkaAddress,
        settings: Mapping[str, object],
        topics: Mapping[str, int],
        group: str,
        readable_ends: ReadableEnds,
        on_assigned: PartitionsChanged | None,
        on_revoked: PartitionsChanged | None,
    ) -> None:
        """Join; `topics` with their numbers of partitions.

        `readable_ends` asks on another connection: on this one it would wait behind a fetch that waits for records.
        """
        self._readable_ends = readable_ends
        self._address = address
        self._group = group
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked
        self._assigned: set[Partition] = set()
        self._ends: dict[Partition, int] = {}
        self._begins: dict[Partition, int] = {}
        self._uncommitted: dict[Partition, OffsetAndMetadata] = {}
        self._held: deque[BusRecord] = deque()
        """Fetched, but more than a poll returned."""
        self.closed = False
        waits_ms = _FETCH_OF_ALL_WAITS_MS if sum(topics.values()) == 1 else _FETCH_WAITS_MS
        chosen = {**_DEFAULTS, "fetch_max_wait_ms": waits_ms, **settings, **address.consumer}
        with connecting(address, f"join group {group!r}"):
            self._client = KafkaConsumer(group_id=group, **chosen)
            keep_finished_joins(self._client)
            read_as_bus_records(self._client)
            self._listener = _Listener(self._client)
            self._client.subscribe(list(topics), listener=self._listener)

    def assignment(self) -> frozenset[TopicPartition]:
        """Partitions this member holds, as told by the callbacks; empty until the group has formed."""
        return _plain(self._assigned)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Make `offset` the next one to be read; BusError when it is below 0 or past the partition's end.

        An offset whose record was deleted means the first one that is still there.
        """
        place = Partition(*partition)
        if place not in self._assigned:
            raise BusError(
                f"总线 {self._address}：{partition[0]}/{partition[1]} 没有分给这个读者",
                f"bus {self._address}: {partition[0]}/{partition[1]} is not assigned to this consumer",
            )
        with explained(self._address, "seek"):
            if offset > self._ends[place]:
                self._ends.update(self._readable_ends([place]))
            self._check(place, offset)
            self._drop_held({place})
            if place in self._client.assignment():  # else it was taken away, which the next poll will tell
                self._client.seek(place, max(offset, self._begins[place]))

    def poll(self, max_records: int, timeout_s: float = 0.0, max_bytes: int = POLL_BYTES) -> list[BusRecord]:
        """Up to `max_records` records, each partition's in order; waits at most `timeout_s` for the first one.

        Without a timeout, empty means that nothing waited in this member's partitions: records that the brokers have
        but that are still on their way are waited for, and the brokers are asked for the ends. A poll that waits asks
        nobody: an answer that does not come would hold up the records that do.

        Runs the callbacks first, and again should they have failed before. While no broker answers nothing comes; the
        client tries again with growing pauses. The record with which they reach `max_bytes` is the last one; what was
        fetched beyond it waits for the next poll.
        """
        if self.closed:
            raise BusError(
                f"总线 {self._address}：{self._group} 组的这个读者已关闭",
                f"bus {self._address}: this consumer of group {self._group!r} is closed",
            )
        deadline = time.monotonic() + timeout_s
        pause = _SHORTEST_SLEEP_S
        while True:
            # A timeout of 0 makes one step: so a partition is given up to the group only after `on_revoked` has run.
            with explained(self._address, f"read for group {self._group!r}"):
                found = self._client.poll(timeout_ms=0, max_records=max(1, max_records - len(self._held)))
            self._tell()
            self._held.extend(
                record
                for place, batch in found.items()
                if place in self._assigned  # it may have been taken away while this was on its way
                for record in batch
            )
            records = taken_from(self._held, max_records, max_bytes)
            left = deadline - time.monotonic()
            if records or (left <= 0 and (timeout_s > 0 or left < -_FETCHED_WITHIN_S or self._has_read_all())):
                return records
            time.sleep(min(pause, left) if left > 0 else pause)
            pause = min(pause * 2, _LONGEST_SLEEP_S)

    def at_end(self) -> bool:
        """Whether it holds partitions and has read everything that they have now. Raises BusError."""
        with explained(self._address, f"read the ends for group {self._group!r}"):
            return bool(self._assigned) and not self._unread()

    def _has_read_all(self) -> bool:
        """Whether the brokers have nothing more for this member, or do not answer."""
        try:
            return not self._unread()
        except KafkaError:
            return True

    def _drop_held(self, places: Collection[Partition]) -> None:
        self._held = deque(r for r in self._held if Partition(r.topic, r.partition) not in places)

    def _unread(self) -> bool:
        if self._held:
            return True
        places = sorted(self._assigned & self._client.assignment())
        ends = self._readable_ends(places) if places else {}
        return any((self._client.position(place) or 0) < end for place, end in ends.items())

    def commit(self, next_offsets: Mapping[TopicPartition, int]) -> None:
        """Tell the group how far this member has come, without waiting; `close` waits for the last word.

        For information, and where nobody seeks: what a rebalance or a lost broker swallows only repeats records.
        """
        offsets = {Partition(*place): OffsetAndMetadata(at, "", -1) for place, at in next_offsets.items()}
        offsets = {place: at for place, at in offsets.items() if place in self._assigned}
        if not offsets:
            return
        self._uncommitted |= offsets
        with explained(self._address, f"commit for group {self._group!r}"):
            self._client.commit_async(dict(offsets), callback=self._answered)

    def _answered(self, offsets: Mapping[Partition, OffsetAndMetadata], answer: object) -> None:
        if isinstance(answer, Exception):
            return
        for place, at in offsets.items():
            if self._uncommitted.get(place) == at:
                del self._uncommitted[place]

    def close(self) -> None:
        """Commit what is left to commit, run `on_revoked`, and leave the group; closing twice is harmless."""
        if self.closed:
            return
        self.closed = True
        try:
            left = {place: at for place, at in self._uncommitted.items() if place in self._client.assignment()}
            if left:
                self._client.commit(left, timeout_ms=_CLOSE_MS)
        except KafkaError:
            pass  # only repeats records
        try:
            self._give_up(self._assigned)
        finally:
            with explained(self._address, f"leave group {self._group!r}"):
                self._client.close(timeout_ms=_CLOSE_MS)

    def _tell(self) -> None:
        """Run the callbacks for what the listener noted, in order; one that fails is run again at the next poll."""
        changes = self._listener.changes
        while changes:
            come, partitions = changes[0]
            if come:
                self._take_over(partitions & self._client.assignment())
            else:
                self._give_up(partitions)
            changes.popleft()

    def _take_over(self, partitions: Collection[Partition]) -> None:
        if not partitions:
            return
        places = sorted(partitions)
        with explained(self._address, f"take over partitions for group {self._group!r}"):
            self._begins.update(self._client.beginning_offsets(places))
            self._ends.update(self._readable_ends(places))
            for place in places:
                self._client.seek(place, max(self._client.committed(place) or 0, self._begins[place]))
        self._assigned |= set(places)
        if self._on_assigned is not None:
            self._on_assigned(_plain(places))
        self._client.resume(*(place for place in places if place in self._client.assignment()))

    def _give_up(self, partitions: Collection[Partition]) -> None:
        held = self._assigned & set(partitions)
        if held and self._on_revoked is not None:
            self._on_revoked(_plain(held))
        self._assigned -= held
        self._drop_held(held)
        for place in held:
            self._uncommitted.pop(place, None)

    def _check(self, place: Partition, offset: int) -> None:
        if not 0 <= offset <= self._ends[place]:
            raise BusError(
                f"总线 {self._address}：{place.topic}/{place.partition} 没有位移 "
                f"{offset}（止于 {self._ends[place]}），已存的位移属于另一个集群",
                f"bus {self._address}: offset {offset} of {place.topic}/{place.partition} does not exist (it ends at "
                f"{self._ends[place]}); the stored offsets belong to another cluster",
            )


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # the client carries no types
    """Notes changes, on the client's network thread, where nothing may wait; see the module's docstring."""

    def __init__(self, client: KafkaConsumer) -> None:
        self._client = client
        self.changes: deque[tuple[bool, frozenset[Partition]]] = deque()

    def on_partitions_assigned(self, assigned: Collection[Partition]) -> None:
        """Hold the new partitions still (any position will do) until the caller has been told."""
        self._client.pause(*assigned)
        for place in assigned:
            self._client.seek(place, 0)
        self.changes.append((True, frozenset(assigned)))

    def on_partitions_revoked(self, revoked: Collection[Partition]) -> None:
        """Note that they go, or are lost."""
        self.changes.append((False, frozenset(revoked)))


def _plain(partitions: Collection[Partition]) -> frozenset[TopicPartition]:
    return frozenset((place.topic, place.partition) for place in partitions)
