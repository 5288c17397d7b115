"""The relay: carries the outbox to the provinces' inboxes, in order, and marks what was delivered.

Killed between sending and marking it sends again, at worst all that one step sends. An inbox then has the same message
or answer twice, under one event id, which the local system takes once. A forwarded message comes home twice and is a
duplicate the second time; ingest counts both, since the bus has both. A dead letter is on its topic twice, both copies
naming the place that it came from; in the intake it is one. An outbox row is addressed to a province, to the platform
itself (its submissions' topic), or to the topic of dead letters.
"""

from __future__ import annotations

import msgspec

from jinbao.bus.interface import SIMULATED_TIME, Bus, Headers, OutgoingRecord, unpack_headers
from jinbao.platform.misplaced import FORWARDED_FROM
from jinbao.platform.store.store import RELAYING, Store
from jinbao.schemas.messages import DEAD_LETTERS_TOPIC, PLATFORM, SUBMISSIONS_TOPIC, inbox_topic

ROWS_A_STEP = 500
DEAD_LETTERS = "DL"
"""Address of the topic of dead letters."""
MOST_BYTES = 990_000
"""Of one record, somewhat below what every bus takes: a foreign sender's may have been larger."""
_LONGEST_KEPT, _MOST_KEPT = 1_024, 32

_unpack = msgspec.msgpack.Decoder(list[tuple[bytes, bytes, bytes]]).decode


class Relay:
    """Reads the outbox and marks it; of several processes one at a time."""

    def __init__(self, bus: Bus, store: Store) -> None:
        self._store = store
        self._producer = bus.producer()

    def step(self, now: int) -> int:
        """Deliver what waits; returns the number of records. `now`: microseconds since 1970 UTC, the delivery mark."""
        with self._store.write(lock=False) as work:
            if not work.bulk.alone(RELAYING):
                return 0
            sql = "SELECT id, province, records FROM outbox WHERE delivered_at IS NULL ORDER BY id LIMIT ?"
            rows = work.bulk.execute(sql, ROWS_A_STEP).fetchall()
            records = [
                _outgoing(address, key, value, unpack_headers(headers))
                for _, address, packed in rows
                for key, value, headers in _unpack(packed)
            ]
            if records:
                self._producer.send(records)
                sql = "UPDATE outbox SET delivered_at = ?, records = ? WHERE delivered_at IS NULL AND id <= ?"
                work.bulk.execute(sql, now, b"", rows[-1][0])
        return len(records)

    def waits(self) -> bool:
        """Whether anything is still to be delivered, by this process or another."""
        with self._store.read() as work:
            sql = "SELECT EXISTS (SELECT 1 FROM outbox WHERE delivered_at IS NULL)"
            return bool(work.bulk.execute(sql).scalar_one())

    def close(self) -> None:
        """Release the producer."""
        self._producer.close()


def _outgoing(address: str, key: bytes, value: bytes, headers: Headers) -> OutgoingRecord:
    return OutgoingRecord(_topic(address), key, value, _kept(headers, address, MOST_BYTES - len(key) - len(value)))


def _topic(address: str) -> str:
    """A province's inbox; what the platform tells itself is a submission like any other."""
    if address == DEAD_LETTERS:
        return DEAD_LETTERS_TOPIC
    return SUBMISSIONS_TOPIC if address == PLATFORM else inbox_topic(address)


def _kept(headers: Headers, address: str, room_bytes: int) -> Headers:
    """The sender's headers travel on, a signature too; the topic sets its own time.

    Headers that would make the record too large for the bus are cut down to the short ones.
    """
    left_out = (SIMULATED_TIME,) if address == PLATFORM else (SIMULATED_TIME, FORWARDED_FROM)
    kept = tuple(h for h in headers if h[0] not in left_out)
    if sum(len(name) * 4 + len(value) + 10 for name, value in kept) <= room_bytes:
        return kept
    return tuple(h for h in kept if len(h[0]) + len(h[1]) <= _LONGEST_KEPT)[:_MOST_KEPT]
