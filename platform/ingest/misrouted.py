"""Misrouted messages: a client placed them in a partition by another rule than murmur2, as librdkafka does.

Two partitions may have two writers, so it is never applied where it lies. Ingest sends it on to the right partition
with a mark of where it lay; there the mark is held against the intake's own row, so that a forged one means nothing.
"""

from __future__ import annotations

import re

from jinbao.bus.interface import BusRecord, partition_of
from jinbao.bus.packed_headers import Headers
from jinbao.platform.outbox.relay import FORWARDED_FROM

_PLACE = re.compile(rb"([0-9]{1,9})/([0-9]{1,18})")


def is_misrouted(record: BusRecord, partitions: int) -> bool:
    """Whether the record lies in another partition than murmur2 gives its key, of so many."""
    return record.partition != partition_of(record.key, partitions)


def forwarded(record: BusRecord) -> Headers:
    """The record's headers for its way to the right partition: its own, and where it lay."""
    mark = (FORWARDED_FROM, b"%d/%d" % (record.partition, record.offset))
    return (*(header for header in record.headers if header[0] != FORWARDED_FROM), mark)


def came_from(headers: Headers) -> tuple[int, int] | None:
    """(partition, offset) from which the message says it was forwarded."""
    for name, value in headers:
        if name == FORWARDED_FROM and (match := _PLACE.fullmatch(value)):
            return int(match[1]), int(match[2])
    return None
