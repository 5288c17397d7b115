"""The partitioner agrees with Kafka's."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from kafka.partitioner.default import murmur2 as murmur2_of_kafka_python

from jinbao.bus.interface import murmur2, partition_of


@pytest.mark.parametrize(
    ("data", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_hash_equals_the_vectors_of_kafkas_own_tests(data: bytes, signed: int) -> None:
    assert murmur2(data) == signed % 2**32


@given(st.binary(max_size=100))
def test_hash_equals_that_of_the_kafka_client(data: bytes) -> None:
    assert murmur2(data) == murmur2_of_kafka_python(data) % 2**32


@given(st.binary(max_size=40), st.integers(1, 64))
def test_a_key_always_goes_to_one_existing_partition(key: bytes, partitions: int) -> None:
    assert partition_of(key, partitions) == (murmur2(key) & 0x7FFFFFFF) % partitions < partitions
