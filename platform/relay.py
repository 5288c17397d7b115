"""The relay: carries the outbox to the provinces' inboxes, in order, and marks what was delivered.

Killed between sending and marking it sends again; readers know a message by its id.
"""

from __future__ import annotations

import msgspec

from jinbao.bus.interface import SIMULATED_TIME, Bus, Headers, OutgoingRecord
from jinbao.platform.store.store import RELAYING, Store
from jinbao.schemas.messages import PLATFORM, SUBMISSIONS_TOPIC, inbox_topic

ROWS_A_STEP = 500

_unpack = msgspec.msgpack.Decoder(list[tuple[bytes, bytes, tuple[tuple[str, bytes], ...]]]).decode


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
                OutgoingRecord(_topic(province), key, value, _kept(headers))
                for _, province, packed in rows
                for key, value, headers in _unpack(packed)
            ]
            if records:
                self._producer.send(records)
                sql = "UPDATE outbox SET delivered_at = ?, records = ? WHERE delivered_at IS NULL AND id <= ?"
                work.bulk.execute(sql, now, b"", rows[-1][0])
        return len(records)

    def close(self) -> None:
        """Release the producer."""
        self._producer.close()


def _topic(province: str) -> str:
    """A province's inbox; what the platform tells itself is a submission like any other."""
    return SUBMISSIONS_TOPIC if province == PLATFORM else inbox_topic(province)


def _kept(headers: Headers) -> Headers:
    """The sender's headers travel on, a signature too; the inbox sets its own time."""
    return tuple(h for h in headers if h[0] != SIMULATED_TIME)
