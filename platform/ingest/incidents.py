"""Incidents: messages that raise where none may, found out one by one, so that they stop nothing else.

What is told of one is its number, its place on the bus, and where in the program it happened: never the error's own
words or the message's content, which may be somebody's.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from jinbao.bus.interface import BusError, BusRecord
from jinbao.platform.store.event_log import StreamConflict
from jinbao.platform.store.store import OffsetFenced, StoreError
from jinbao.schemas.incidents import names_of, trace_of

NO_MESSAGES_FAULT = (BusError, StoreError, StreamConflict, OffsetFenced, OSError, MemoryError)
"""What bus, database and machine raise by themselves; anything else is put down to a message."""


class Incident(NamedTuple):
    """One message that could not be worked."""

    number: str
    topic: str
    partition: int
    bus_offset: int
    error: str
    """Class of the error, and of those that caused it."""
    trace: tuple[str, ...]
    """Where it was raised: file, line and function, outermost first."""


def incident_of(record: BusRecord, error: BaseException) -> Incident:
    """The incident of a message; the same message at the same place has the same number."""
    place = f"{record.topic}/{record.partition}/{record.offset}"
    number = hashlib.sha256(place.encode() + record.value).hexdigest()[:10].upper()
    return Incident(number, record.topic, record.partition, record.offset, names_of(error), trace_of(error))
