"""Reads Kafka's record batches into the bus's own records, in one pass.

kafka-python 3.0.12 calls a function for every number in a record, makes two objects of it and measures its headers
once more, which takes longer than to decide what the message means. Here only that is done otherwise: decompression,
checksums and aborted transactions stay the client's. Records have one format (magic 2) since Kafka 0.11.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from kafka import IsolationLevel, KafkaConsumer
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError

from jinbao.bus.interface import BusRecord, pack_headers, size_of

_MAGIC = 2


def read_as_bus_records(client: KafkaConsumer) -> None:
    """Let this consumer's `poll` return `BusRecord`s."""
    client._fetcher.PartitionRecords = _PartitionRecords


class _PartitionRecords(Fetcher.PartitionRecords):  # type: ignore[misc]  # the client carries no types
    """What was fetched of one partition."""

    def _unpack_records(self, place: Any, records: Any, *_deserializers: object) -> Iterator[BusRecord]:
        """The records of each batch that is neither a mark of the transaction protocol nor of an aborted one."""
        while (batch := records.next_batch()) is not None:
            if batch.magic != _MAGIC or not batch.validate_crc():
                where = f"{place.topic}/{place.partition}/{batch.base_offset}"
                raise CorruptRecordError(f"batch at {where}: wrong checksum, or a format of before Kafka 0.11")
            self.leader_epoch = batch.leader_epoch
            if not self._is_left_out(batch):
                for record in records_of(place.topic, place.partition, batch):
                    self.next_fetch_offset = record.offset + 1
                    yield record
            self.next_fetch_offset = batch.next_offset  # its last records may have been compacted away
        self.drain()

    def _is_left_out(self, batch: Any) -> bool:
        if self.isolation_level == IsolationLevel.READ_COMMITTED and batch.has_producer_id():
            self._consume_aborted_transactions_up_to(batch.last_offset)
            if self._contains_abort_marker(batch):
                self.aborted_producer_ids.discard(batch.producer_id)
            elif self._is_batch_aborted(batch):
                return True
        return bool(batch.is_control_batch)


def records_of(topic: str, partition: int, batch: Any) -> Iterator[BusRecord]:
    """The records of the client's batch. Raises CorruptRecordError where its bytes are none.

    length, attributes (a byte), time delta, offset delta, key, value, headers: lengths and numbers vary in length.
    """
    iter(batch)  # decompresses it
    b, p = bytes(batch._buffer), batch._pos
    time_ms, base_offset, by_broker = batch.first_timestamp, batch.base_offset, batch.timestamp_type
    try:
        for _ in range(batch.records_count):
            length, p = _number(b, p)
            end = p + length
            later_ms, p = _number(b, p + 1)
            offset, p = _number(b, p)
            key, p = _piece(b, p)
            value, p = _piece(b, p)
            headers, p = _headers(b, p)
            if p != end:
                raise ValueError("the record's length differs")
            at_ms = batch.max_timestamp if by_broker else time_ms + later_ms
            yield BusRecord(topic, partition, base_offset + offset, key, value, pack_headers(headers), at_ms * 1_000)
        if p != len(b):
            raise ValueError("bytes are left over")
    except (ValueError, IndexError) as error:
        raise CorruptRecordError(f"batch at {topic}/{partition}/{base_offset}: {error}") from None


def _headers(b: bytes, p: int) -> tuple[list[tuple[str, bytes]], int]:
    """The headers that begin at `p`, and where they end; nearly all lengths are one byte."""
    count, p = _number(b, p)
    if count < 0:
        raise ValueError("a negative number of headers")
    headers = []
    for _ in range(count):
        n = b[p]
        if n & 129:
            n, p = _number(b, p)
        else:
            n, p = n >> 1, p + 1
        if n < 0:
            raise ValueError("a header without a name")
        name, p = b[p : p + n].decode(), p + n
        n = b[p]
        if n & 129:
            value, p = _piece(b, p)
        else:
            value, p = b[p + 1 : p + 1 + (n >> 1)], p + 1 + (n >> 1)
        headers.append((name, value))
    return headers, p


def taken_from(held: deque[BusRecord], max_records: int, max_bytes: int) -> list[BusRecord]:
    """Take at most so many records, the last of them the one with which they reach `max_bytes`."""
    records: list[BusRecord] = []
    size = 0
    while held and len(records) < max_records and size < max_bytes:
        records.append(held.popleft())
        size += size_of(records[-1])
    return records


def _piece(b: bytes, p: int) -> tuple[bytes, int]:
    """Bytes after their length, empty where there are none, and where they end."""
    n, p = _number(b, p)
    return (b"", p) if n < 0 else (b[p : p + n], p + n)


def _number(b: bytes, p: int) -> tuple[int, int]:
    """A number in zigzag of at most ten bytes, and where it ends."""
    n = b[p]
    p += 1
    if n > 127:
        n &= 127
        for shift in range(7, 70, 7):
            byte = b[p]
            p += 1
            n |= (byte & 127) << shift
            if byte < 128:
                break
        else:
            raise ValueError("a number that does not end")
    return (n >> 1) ^ -(n & 1), p
