"""The relay: carries the outbox to the provinces' inboxes, in order, and marks what was delivered.

It reads rows, sends them, then marks exactly those, in transactions of their own: none is open while the bus is spoken
to. Killed between sending and marking it sends again, at worst all that one step sends; so does one that stood still
so long that another took its turn. An inbox then has the same message
or answer twice, under one event id, which the local system takes once. A forwarded message comes home twice and is a
duplicate the second time; ingest counts both, since the bus has both. A dead letter is on its topic twice, both copies
naming the place that it came from; in the intake it is one. An outbox row is addressed to a province, to the platform
itself (its submissions' topic), or to the topic of dead letters. Nothing goes that the newest head of the transparency
log does not cover, and that head's checkpoint is signed and stored before.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from jinbao.bus.interface import Bus, OutgoingRecord
from jinbao.bus.packed_headers import Headers, unpack_headers
from jinbao.platform.outbox.checkpoints import Checkpoints
from jinbao.platform.outbox.key_notices import KeyNotices
from jinbao.platform.outbox.signing import PlatformSigner
from jinbao.platform.store.bulk import Row
from jinbao.platform.store.store import RELAYING, Store
from jinbao.schemas.messages import DEAD_LETTERS_TOPIC, PLATFORM, SUBMISSIONS_TOPIC, inbox_topic
from jinbao.transparency.signing import SigningKey

ROWS_A_STEP = 500
BYTES_A_STEP = 16_000_000
"""Of the rows of one step together; one row is always taken."""
FORWARDED_FROM = "jinbao-forwarded-from"
"""Header `partition/offset` of a message that is sent on to its key's partition; no province sees it."""
DEAD_LETTERS = "DL"
"""Address of the topic of dead letters."""
MOST_BYTES = 990_000
"""Of one record, somewhat below what every bus takes: a foreign sender's may have been larger."""
_LONGEST_KEPT, _MOST_KEPT = 1_024, 32

_unpack = msgspec.msgpack.Decoder(list[tuple[bytes, bytes, bytes]]).decode


class Relay:
    """Reads the outbox and marks it; of several processes one at a time."""

    def __init__(self, bus: Bus, store: Store, log_key: SigningKey | None = None) -> None:
        """`log_key`: of the transparency log; unless one is given, one that is this relay's alone (tests)."""
        self._store = store
        self._checkpoints = Checkpoints(store, log_key)
        self._signer = PlatformSigner(log_key) if log_key else None
        self._notices = KeyNotices(store, log_key) if log_key else None
        self._producer = bus.producer()
        self._turn = store.turn(RELAYING)

    def step(self, now: int) -> int:
        """Deliver what waits; returns the number of records. `now`: microseconds since 1970 UTC, the delivery mark."""
        if not (self.waits() or self._checkpoints.wait()) or not self._turn.mine():
            return 0
        try:
            rows = self._read(self._checkpoints.sign())
            records = [
                _outgoing(address, key, value, unpack_headers(headers))
                for _, address, packed in rows
                for key, value, headers in _unpack(packed)
            ]
            if records:
                self._producer.send(self._signed(records))
                self._mark([row[0] for row in rows], now)
            if self._notices is not None:
                self._notices.send(self._producer)
            return len(records)
        finally:
            self._turn.give_back()

    def _signed(self, records: Sequence[OutgoingRecord]) -> Sequence[OutgoingRecord]:
        """Signed by the platform, but what it only sends on to its place among the submissions, or as a dead letter."""
        if self._signer is None:
            return records
        own = [r for r in records if r.topic == SUBMISSIONS_TOPIC and all(h[0] != FORWARDED_FROM for h in r.headers)]
        to_inboxes = [r for r in records if r.topic not in (SUBMISSIONS_TOPIC, DEAD_LETTERS_TOPIC)]
        signed = dict(zip(map(id, own), self._signer.submissions(own), strict=True))
        signed |= zip(map(id, to_inboxes), self._signer.inboxes(to_inboxes), strict=True)
        return [signed.get(id(record), record) for record in records]

    def _read(self, covered: int) -> Sequence[Row]:
        """(id, address, packed records) of the rows that go next, bounded in number and bytes, up to that id."""
        sql = "SELECT id, LENGTH(records) FROM outbox WHERE delivered_at IS NULL AND id <= ? ORDER BY id LIMIT ?"
        with self._store.read() as work:
            ids: list[int] = []
            room_bytes = BYTES_A_STEP
            for number, length in work.bulk.execute(sql, covered, ROWS_A_STEP):
                room_bytes -= length
                if ids and room_bytes < 0:
                    break
                ids.append(number)
            return list(work.bulk.select_in("SELECT id, province, records FROM outbox WHERE id", ids, "ORDER BY id"))

    def _mark(self, sent: Sequence[int], now: int) -> None:
        """Mark as delivered, and empty, these rows and no other."""
        marks = ", ".join("?" * len(sent))
        sql = f"UPDATE outbox SET delivered_at = ?, records = ? WHERE delivered_at IS NULL AND id IN ({marks})"
        with self._store.write(lock=False) as work:
            work.bulk.execute(sql, now, b"", *sent)

    def waits(self) -> bool:
        """Whether anything is still to be delivered, by this process or another."""
        with self._store.read() as work:
            sql = "SELECT EXISTS (SELECT 1 FROM outbox WHERE delivered_at IS NULL)"
            return bool(work.bulk.execute(sql).scalar_one())

    def close(self) -> None:
        """Release the producer."""
        self._turn.close()
        self._producer.close()


def _outgoing(address: str, key: bytes, value: bytes, headers: Headers) -> OutgoingRecord:
    return OutgoingRecord(_topic(address), key, value, _kept(headers, address, MOST_BYTES - len(key) - len(value)))


def _topic(address: str) -> str:
    """A province's inbox; what the platform tells itself is a submission like any other."""
    if address == DEAD_LETTERS:
        return DEAD_LETTERS_TOPIC
    return SUBMISSIONS_TOPIC if address == PLATFORM else inbox_topic(address)


def _kept(headers: Headers, address: str, room_bytes: int) -> Headers:
    """The sender's headers travel on, a signature too; where a record was re-routed from is the submissions' alone.

    Headers that would make the record too large for the bus are cut down to the short ones.
    """
    kept = headers if address == PLATFORM else tuple(h for h in headers if h[0] != FORWARDED_FROM)
    if sum(len(name) * 4 + len(value) + 10 for name, value in kept) <= room_bytes:
        return kept
    return tuple(h for h in kept if len(h[0]) + len(h[1]) <= _LONGEST_KEPT)[:_MOST_KEPT]
