"""Reads one topic of the embedded bus beside all groups: for people and tools that look, and change nothing."""

from __future__ import annotations

import time

from jinbao.bus.embedded_consumer import bus_record
from jinbao.bus.embedded_log import explained
from jinbao.bus.embedded_reading import Reading
from jinbao.bus.interface import POLL_BYTES, BusRecord

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
