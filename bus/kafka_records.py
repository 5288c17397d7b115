"""Reads Kafka's record batches into the bus's own records, in one pass.

kafka-python 3.0.12 calls a function for every number in a record, makes two objects of it and measures its headers
once more, which takes longer than to decide what the message means. Here only that is done otherwise, and headers stay
packed until somebody asks for one; decompression, checksums and aborted transactions stay the client's. Records have
one format (magic 2) since Kafka 0.11.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from kafka import IsolationLevel, KafkaConsumer
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError

from jinbao.bus.interface import BusRecord, size_of
from jinbao.bus.packed_headers import keep_kafka_headers, number_at, piece_at

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
            length, p = number_at(b, p)
            end = p + length
            later_ms, p = number_at(b, p + 1)
            offset, p = number_at(b, p)
            key, p = piece_at(b, p)
            value, p = piece_at(b, p)
            if not p < end <= len(b):
                raise ValueError("the record's length differs")
            headers, p = keep_kafka_headers(b[p:end]), end
            at_ms = batch.max_timestamp if by_broker else time_ms + later_ms
            yield BusRecord(topic, partition, base_offset + offset, key, value, headers, at_ms * 1_000)
        if p != len(b):
            raise ValueError("bytes are left over")
    except (ValueError, IndexError) as error:
        raise CorruptRecordError(f"batch at {topic}/{partition}/{base_offset}: {error}") from None


def taken_from(held: deque[BusRecord], max_records: int, max_bytes: int) -> list[BusRecord]:
    """Take at most so many records, the last of them the one with which they reach `max_bytes`."""
    records: list[BusRecord] = []
    size = 0
    while held and len(records) < max_records and size < max_bytes:
        records.append(held.popleft())
        size += size_of(records[-1])
    return records
