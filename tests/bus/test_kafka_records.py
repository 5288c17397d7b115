"""Kafka's batches are read as the client itself reads them, only faster."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings, strategies as st
from kafka.errors import CorruptRecordError
from kafka.record import MemoryRecords, MemoryRecordsBuilder

from jinbao.bus.interface import BusRecord
from jinbao.bus.kafka_records import records_of

MAGIC, BATCH_BYTES = 2, 1 << 24
NONE, GZIP, LZ4 = 0, 1, 3
bodies = st.none() | st.binary(max_size=300)
headers = st.lists(st.tuples(st.text(max_size=90), bodies), max_size=12)
said = st.lists(st.tuples(st.integers(0, 2**45), bodies, bodies, headers), min_size=1, max_size=8)


def batch_of(records, codec=NONE):
    builder = MemoryRecordsBuilder(MAGIC, codec, BATCH_BYTES)
    for at_ms, key, value, with_headers in records:
        builder.append(timestamp=at_ms, key=key, value=value, headers=with_headers)
    builder.close()
    return bytes(builder.buffer())


def read(data):
    return list(records_of("t", 3, MemoryRecords(data).next_batch()))


def as_the_client_reads(data):
    return [
        (r.offset, r.key or b"", r.value or b"", tuple((n, v or b"") for n, v in r.headers), r.timestamp * 1_000)
        for r in MemoryRecords(data).next_batch()
    ]


def parts(record: BusRecord):
    return (record.offset, record.key, record.value, record.headers, record.appended_at)


@settings(deadline=None)
@given(said, st.sampled_from([NONE, GZIP, LZ4]))
def test_every_record_is_what_the_client_reads(records, codec) -> None:
    data = batch_of(records, codec)
    assert [parts(record) for record in read(data)] == as_the_client_reads(data)
    assert {(record.topic, record.partition) for record in read(data)} == {("t", 3)}


@settings(max_examples=300, deadline=None)
@given(said, st.data())
def test_damaged_bytes_raise_what_the_client_would_and_nothing_else(records, data) -> None:
    damaged = bytearray(batch_of(records))
    at = data.draw(st.integers(61, len(damaged) - 1), label="behind the batch's own header")
    damaged[at] = data.draw(st.integers(0, 255))
    with suppress(CorruptRecordError):  # in life the checksum tells before
        assert len(read(bytes(damaged))) == len(records)


def test_a_batch_that_ends_too_early_is_refused() -> None:
    batch = MemoryRecords(batch_of([(1, b"k", b"value", [("a", b"x")])])).next_batch()
    for cut in range(1, 12):
        short = MemoryRecords(batch_of([(1, b"k", b"value", [("a", b"x")])])).next_batch()
        del short._buffer[-cut:]
        with pytest.raises(CorruptRecordError):
            list(records_of("t", 0, short))
    assert len(list(records_of("t", 0, batch))) == 1
