"""Bus that a driven province can lose: while it is cut nothing is read or sent, as behind a firewall."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinbao.bus.interface import (
    POLL_BYTES,
    Bus,
    BusRecord,
    BusUnavailable,
    Consumer,
    OutgoingRecord,
    Producer,
    TopicPartition,
)

_CUT = ("总线已断开", "the bus is cut off")


class CutBus:
    """The province's bus; all but its own consumers and producers is the bus's."""

    def __init__(self, real: Bus) -> None:
        self._real = real
        self.is_cut = False
        self.last_arrives = False
        """Whether what is sent next arrives all the same, its answer lost."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def cut(self) -> None:
        """The answer to what is sent next gets lost on its way, and nothing passes any more after it."""
        self.is_cut = self.last_arrives = True

    def restore(self) -> None:
        """All passes again."""
        self.is_cut = False

    def producer(self) -> Producer:
        """A producer."""
        return _Producer(self, self._real.producer())

    def consumer(
        self, topics: Sequence[str], group: str, **named: Callable[[frozenset[TopicPartition]], None]
    ) -> Consumer:
        """A member of a group."""
        return _Consumer(self, self._real.consumer(topics, group, **named))

    def need(self) -> None:
        """Raises BusUnavailable while it is cut."""
        if self.is_cut:
            raise BusUnavailable(*_CUT)


class _Producer:
    """A producer of a bus that may be cut."""

    def __init__(self, bus: CutBus, real: Producer) -> None:
        self._bus, self._real = bus, real

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        """Send them. Raises BusError; the first time after the cut they have arrived all the same."""
        if self._bus.is_cut and self._bus.last_arrives:
            self._bus.last_arrives = False
            self._real.send(records)
        self._bus.need()
        self._real.send(records)

    def close(self) -> None:
        """Close it."""
        self._real.close()


class _Consumer:
    """A consumer of a bus that may be cut."""

    def __init__(self, bus: CutBus, real: Consumer) -> None:
        self._bus, self._real = bus, real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def poll(self, max_records: int, timeout_s: float = 0.0, max_bytes: int = POLL_BYTES) -> list[BusRecord]:
        """As the bus's. Raises BusUnavailable while it is cut."""
        self._bus.need()
        return self._real.poll(max_records, timeout_s, max_bytes)

    def commit(self, next_offsets: Mapping[TopicPartition, int]) -> None:
        """As the bus's. Raises BusUnavailable while it is cut."""
        self._bus.need()
        self._real.commit(next_offsets)

    def at_end(self) -> bool:
        """As the bus's. Raises BusUnavailable while it is cut."""
        self._bus.need()
        return self._real.at_end()
