"""Virtual time on a real bus: each record has a stamp, and its readers take that for the time at which the bus took it.

Platform and adapters know nothing of it: they read the time at which the bus took a record, as they always do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from jinbao.bus.interface import POLL_BYTES, Bus, BusRecord, Consumer, OutgoingRecord, Producer, Reader, TopicPartition

STAMP = "jinbao-simulated-time"
"""Header with the virtual instant: decimal microseconds since 1970 UTC."""


def stamped(record: OutgoingRecord, instant_us: int) -> OutgoingRecord:
    """The record with that instant and no other."""
    others = tuple(header for header in record.headers if header[0] != STAMP)
    return OutgoingRecord(record.topic, record.key, record.value, (*others, (STAMP, b"%d" % instant_us)))


def _in_virtual_time(record: BusRecord) -> BusRecord:
    """The record as if the bus had taken it at the instant of its stamp; one without a stamp stays as it is."""
    for name, value in reversed(record.headers):
        if name == STAMP:
            return msgspec.structs.replace(record, appended_at=int(value))
    return record


class MessageTimes:
    """The `TimeSource` of a simulated platform: messages are right about the time, and it has no clock of its own."""

    in_doubt = False

    def forget(self) -> None:
        """Nothing is remembered."""

    def checked(self, records: Sequence[BusRecord], now: int) -> list[BusRecord]:
        """The records as they are."""
        return list(records)

    def recorded_at(self, records: Sequence[BusRecord], now: int) -> int:
        """The time of the latest of them."""
        return max(record.appended_at for record in records)


class VirtualTimeBus:
    """The real bus, except that consumers read the instants of the stamps."""

    def __init__(self, real: Bus) -> None:
        self._real = real

    def create_topics(self, topics: Mapping[str, int]) -> None:
        """As the real bus does."""
        self._real.create_topics(topics)

    def partitions(self, topic: str) -> int:
        """As the real bus does."""
        return self._real.partitions(topic)

    def end_offsets(self, topic: str) -> dict[TopicPartition, int]:
        """As the real bus does."""
        return self._real.end_offsets(topic)

    def committed(self, topic: str, group: str) -> dict[TopicPartition, int]:
        """As the real bus does."""
        return self._real.committed(topic, group)

    def producer(self) -> Producer:
        """As the real bus does."""
        return self._real.producer()

    def consumer(
        self,
        topics: Sequence[str],
        group: str,
        *,
        on_assigned: Callable[[frozenset[TopicPartition]], None] | None = None,
        on_revoked: Callable[[frozenset[TopicPartition]], None] | None = None,
    ) -> Consumer:
        """A consumer of the real bus that reads virtual time."""
        return _Consumer(self._real.consumer(topics, group, on_assigned=on_assigned, on_revoked=on_revoked))

    def reader(self, topic: str) -> Reader:
        """As the real bus does."""
        return self._real.reader(topic)

    def close(self) -> None:
        """The real bus stays open for the others."""


class _Consumer:
    """A consumer of the real bus, except for the times of its records."""

    def __init__(self, real: Consumer) -> None:
        self._real = real
        self.assignment = real.assignment
        self.seek = real.seek
        self.at_end = real.at_end
        self.commit = real.commit
        self.close = real.close

    def poll(self, max_records: int, timeout_s: float = 0.0, max_bytes: int = POLL_BYTES) -> list[BusRecord]:
        """As the real consumer does, in virtual time."""
        return [_in_virtual_time(record) for record in self._real.poll(max_records, timeout_s, max_bytes)]
