"""Identity of a bus, and of the key ring that its provinces work with: the first record of a topic of its own.

A database or an adapter that has worked with another bus would go on at that one's offsets and skip messages in
silence; under another key ring every person would have another relationship. So each remembers whom it belongs to.
"""

from __future__ import annotations

import secrets
import time

from jinbao.bus.interface import Bus, BusUnavailable, OutgoingRecord
from jinbao.schemas.messages import IDENTITY_TOPIC

BUS, KEY_RING = "bus", "key ring"
"""What has an identity here."""
_PATIENCE_S = 30.0


def known(bus: Bus) -> dict[str, str]:
    """Name → identity, 32 hexadecimal digits: what was said first of each. Raises BusError."""
    found: dict[str, str] = {}
    reader = bus.reader(IDENTITY_TOPIC)
    deadline = time.monotonic() + _PATIENCE_S
    try:
        while not reader.at_end():
            for record in reader.poll(100, 1.0):
                found.setdefault(record.key.decode("ascii", "replace"), record.value.decode("ascii", "replace"))
            if time.monotonic() > deadline:
                raise BusUnavailable(
                    f"主题 {IDENTITY_TOPIC} 在 {_PATIENCE_S:.0f} 秒内没有读到末尾",
                    f"topic {IDENTITY_TOPIC} was not read to its end within {_PATIENCE_S:.0f} s",
                )
    finally:
        reader.close()
    return found


def settle(bus: Bus, name: str, identity: str) -> str:
    """The identity that the bus knows under this name: the one given where nobody has said any before.

    Of two that say one at once the first counts for both. Raises BusError.
    """
    found = known(bus).get(name)
    if found is not None:
        return found
    producer = bus.producer()
    try:
        producer.send([OutgoingRecord(IDENTITY_TOPIC, name.encode(), identity.encode())])
    finally:
        producer.close()
    return known(bus)[name]


def identity_of(bus: Bus) -> str:
    """Which bus it is, made by the first who asks. Raises BusError."""
    return settle(bus, BUS, secrets.token_hex(16))
