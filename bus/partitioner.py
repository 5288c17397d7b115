"""Chooses a record's partition from its key exactly as Kafka's Java client does, so both buses place it alike."""

from __future__ import annotations

from functools import lru_cache
from struct import iter_unpack

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
