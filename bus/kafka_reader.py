"""Reads one topic of a Kafka bus beside all groups: for people and tools that look, and change nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from kafka import KafkaConsumer, TopicPartition as Partition

from jinbao.bus.interface import POLL_BYTES, BusRecord
from jinbao.bus.kafka_address import KafkaAddress, connecting, explained
from jinbao.bus.kafka_records import read_as_bus_records, taken_from

_DEFAULTS = {
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",  # an offset whose record was deleted means the first one that is there
    "isolation_level": "read_committed",
    "fetch_max_wait_ms": 100,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}


class KafkaReader:
    """See `jinbao.bus.interface.Reader`. For one thread at a time."""

    def __init__(self, address: KafkaAddress, settings: Mapping[str, object], topic: str, partitions: int) -> None:
        self._address = address
        self._topic = topic
        self._places = [Partition(topic, partition) for partition in range(partitions)]
        self._held: deque[BusRecord] = deque()
        self.closed = False
        with connecting(address, f"read topic {topic!r}"):
            self._client = KafkaConsumer(group_id=None, **{**_DEFAULTS, **settings, **address.consumer})
            read_as_bus_records(self._client)
            self._client.assign(self._places)
            self._client.seek_to_beginning(*self._places)

    def seek(self, partition: int, offset: int) -> None:
        """Make the first record from `offset` on the next one to be read from the partition."""
        self._held = deque(record for record in self._held if record.partition != partition)
        self._client.seek(self._places[partition], max(0, offset))

    def poll(self, max_records: int, timeout_s: float = 0.0, max_bytes: int = POLL_BYTES) -> list[BusRecord]:
        """Up to `max_records` records, each partition's in order; waits at most `timeout_s` for the first one.

        The record with which they reach `max_bytes` is the last one; what was fetched beyond it waits for another poll.
        """
        if not self._held:
            with explained(self._address, f"read topic {self._topic!r}"):
                found = self._client.poll(timeout_ms=round(timeout_s * 1_000), max_records=max_records)
            self._held.extend(record for batch in found.values() for record in batch)
        return taken_from(self._held, max_records, max_bytes)

    def at_end(self) -> bool:
        """Whether it has read everything that the topic has now."""
        if self._held:
            return False
        with explained(self._address, f"read the ends of topic {self._topic!r}"):
            ends = self._client.end_offsets(self._places)
            return all(self._client.position(place) >= end for place, end in ends.items())

    def close(self) -> None:
        """Release the connections; closing twice is harmless."""
        if not self.closed:
            self.closed = True
            self._client.close()
