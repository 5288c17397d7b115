"""What every bus offers: topics with partitions, keyed records in order, consumer groups with offsets.

The embedded log and Kafka implement it. Records of one key stay in one partition (`partition_of`), in order. A consumer
starts where the caller tells it (`seek`), since offsets live in the consumer's own database; the bus's committed offset
is informational and used where nobody seeks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from struct import iter_unpack
from typing import Protocol

import msgspec

from jinbao.bus.packed_headers import Headers, unpack_headers
from jinbao.language.words import BilingualError


class BusRecord(msgspec.Struct, frozen=True, gc=False):
    """One record as read from the bus."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    packed_headers: bytes
    appended_at: int
    """Microseconds since 1970 UTC at which the bus took it (Kafka: LogAppendTime)."""

    @property
    def headers(self) -> Headers:
        """Name and value of each header, in order; unpacked at every call."""
        return unpack_headers(self.packed_headers)


@dataclass(frozen=True, slots=True)
class OutgoingRecord:
    """One record to be sent."""

    topic: str
    key: bytes
    value: bytes
    headers: Headers = ()


TopicPartition = tuple[str, int]

POLL_BYTES = 16 << 20
"""One poll returns no more once it has so many bytes of values and headers: a batch of the longest messages stays
small enough for memory and for one transaction."""


def size_of(record: BusRecord) -> int:
    """Bytes of the record that count towards a poll's bound."""
    return len(record.value) + len(record.packed_headers)


class BusError(BilingualError):
    """The bus refused or could not be reached; the message says which bus, what was tried and what to do."""


class BusUnavailable(BusError):
    """It may work when it is tried again: nobody answers, too few brokers run, the disk is full."""


class BusRefused(BusError):
    """The bus does not accept this user or password: trying again does not help, other settings do."""


class GroupTaken(BusError):
    """Another consumer reads the topic for the group."""


class Producer(Protocol):
    """Sends records durably."""

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        """Append the records, in order; when it returns they are durable. Raises BusError if any was not taken."""

    def close(self) -> None:
        """Release the producer's resources."""


class Consumer(Protocol):
    """One member of a consumer group on one or more topics."""

    def assignment(self) -> frozenset[TopicPartition]:
        """Partitions this member holds now."""

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Make `offset` the next one to be read from the partition."""

    def poll(self, max_records: int, timeout_s: float = 0.0, max_bytes: int = POLL_BYTES) -> list[BusRecord]:
        """Up to `max_records` records, each partition's in order; empty when nothing came within the timeout, or
        without one, when nothing is left to be read.

        The record with which they reach `max_bytes` is the last one.
        """

    def at_end(self) -> bool:
        """Whether it holds partitions and has read everything that they have now. Raises BusError."""

    def commit(self, next_offsets: Mapping[TopicPartition, int]) -> None:
        """Tell the group how far this member has come."""

    def close(self) -> None:
        """Leave the group."""


class Reader(Protocol):
    """Reads one topic from its beginning, or from any place, beside all groups: nobody notices."""

    def seek(self, partition: int, offset: int) -> None:
        """Make the first record from `offset` on the next one to be read from the partition."""

    def poll(self, max_records: int, timeout_s: float = 0.0, max_bytes: int = POLL_BYTES) -> list[BusRecord]:
        """As a consumer's: waits at most `timeout_s` for the first record."""

    def at_end(self) -> bool:
        """Whether it has read everything that the topic has now."""

    def close(self) -> None:
        """Release the reader's resources."""


class Bus(Protocol):
    """A bus, chosen by URL: `embedded:///file` or `kafka://host:port`."""

    def create_topics(self, topics: Mapping[str, int]) -> None:
        """Create each missing topic with its number of partitions; BusError if one exists with another number."""

    def partitions(self, topic: str) -> int:
        """Number of partitions of the topic; BusError when there is no such topic."""

    def end_offsets(self, topic: str) -> dict[TopicPartition, int]:
        """Per partition, the offset that the next record will get."""

    def committed(self, topic: str, group: str) -> dict[TopicPartition, int]:
        """Per partition, the group's committed next offset (0 where none)."""

    def producer(self) -> Producer:
        """A new producer."""

    def consumer(
        self,
        topics: Sequence[str],
        group: str,
        *,
        on_assigned: Callable[[frozenset[TopicPartition]], None] | None = None,
        on_revoked: Callable[[frozenset[TopicPartition]], None] | None = None,
    ) -> Consumer:
        """Join the group. The callbacks run inside `poll` (or at once) when partitions come or go."""

    def reader(self, topic: str) -> Reader:
        """A reader of the topic that belongs to no group; BusError when there is no such topic."""

    def close(self) -> None:
        """Release everything."""


_SEED = 0x9747B28C
_MULTIPLIER = 0x5BD1E995
_WORD = 0xFFFFFFFF
_POSITIVE = 0x7FFFFFFF
_REMEMBERED_KEYS = 1 << 16


def murmur2(data: bytes) -> int:
    """32-bit MurmurHash2 of the bytes with Kafka's seed, as an unsigned integer.

    Source: `org.apache.kafka.common.utils.Utils.murmur2`, which returns the same bits as a signed integer.
    """
    length = len(data)
    whole = length & ~3
    h = _SEED ^ length
    for (k,) in iter_unpack("<I", data[:whole]):
        k = (k * _MULTIPLIER) & _WORD
        k = ((k ^ (k >> 24)) * _MULTIPLIER) & _WORD
        h = ((h * _MULTIPLIER) & _WORD) ^ k
    if length > whole:
        h = ((h ^ int.from_bytes(data[whole:], "little")) * _MULTIPLIER) & _WORD
    h = ((h ^ (h >> 13)) * _MULTIPLIER) & _WORD
    return h ^ (h >> 15)


@lru_cache(maxsize=_REMEMBERED_KEYS)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition, 0 … `partitions` - 1, of a key; every record of one key goes to the same one."""
    return (murmur2(key) & _POSITIVE) % partitions
