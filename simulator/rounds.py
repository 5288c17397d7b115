"""Virtual time in rounds: a bus in front of the real one that lets at most one submission per relationship through.

Parties (the 32 adapters and the platform) send as they like; their submissions are held in the simulator's own file.
`release` lets the first of each relationship through, in the order of the round they came in, their sender, and the
sender's own order, with the round's instant in a header. What the platform sends to the inboxes passes at once. So the
order in which a nation's messages meet the platform is the same on every bus, with any number of processes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from jinbao.bus.interface import SIMULATED_TIME, Bus, Consumer, OutgoingRecord, Producer, TopicPartition
from jinbao.schemas.messages import SUBMISSIONS_TOPIC

_TABLES = """
CREATE TABLE IF NOT EXISTS held (
    position INTEGER PRIMARY KEY AUTOINCREMENT, instant INTEGER NOT NULL, party TEXT NOT NULL, key BLOB NOT NULL,
    value BLOB NOT NULL, headers BLOB NOT NULL
);
"""
_encode_headers = msgspec.msgpack.encode
_Headers = tuple[tuple[str, bytes], ...]

Fault = Callable[[str, OutgoingRecord], Sequence[OutgoingRecord]]
"""What becomes of a record that a party sends: itself, nothing (lost), or more (a retry, a forgery)."""


def no_fault(party: str, record: OutgoingRecord) -> Sequence[OutgoingRecord]:
    """Everything arrives as it was sent."""
    return (record,)


class Rounds:
    """The bus of a simulated nation; `now` is the instant of the round in microseconds since 1970 UTC."""

    def __init__(self, real: Bus, path: Path, *, fault: Fault = no_fault, durable: bool = True) -> None:
        self.real = real
        self.now = 0
        self.fault = fault
        self._sender = real.producer()
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        self._db.executescript(_TABLES)

    def seen_by(self, party: str) -> Bus:
        """The bus as one party sees it."""
        return _PartyBus(self, party)

    def take(self, party: str, records: Sequence[OutgoingRecord]) -> None:
        """Hold a party's submissions back and pass everything else on."""
        arriving = [r for sent in records for r in self.fault(party, sent)]
        submissions = [r for r in arriving if r.topic == SUBMISSIONS_TOPIC]
        others = [self._stamped(r) for r in arriving if r.topic != SUBMISSIONS_TOPIC]
        if submissions:
            rows = [(self.now, party, r.key, r.value, _encode_headers(r.headers)) for r in submissions]
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("INSERT INTO held (instant, party, key, value, headers) VALUES (?, ?, ?, ?, ?)", rows)
            self._db.execute("COMMIT")
        if others:
            self._sender.send(others)

    def release(self) -> int:
        """Send the first held submission of each relationship; the number sent, 0 when nothing is held.

        Killed in between, the same ones are sent again: duplicates, which the platform knows.
        """
        first: dict[bytes, tuple[int, OutgoingRecord]] = {}
        rows = self._db.execute("SELECT position, key, value, headers FROM held ORDER BY instant, party, position")
        for position, key, value, headers in rows:
            if key not in first:
                record = OutgoingRecord(SUBMISSIONS_TOPIC, key, value, msgspec.msgpack.decode(headers, type=_Headers))
                first[key] = (position, self._stamped(record))
        if first:
            self._sender.send([record for _, record in first.values()])
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("DELETE FROM held WHERE position = ?", [(p,) for p, _ in first.values()])
            self._db.execute("COMMIT")
        return len(first)

    def held(self) -> int:
        """Submissions that wait for their round."""
        (count,) = self._db.execute("SELECT count(*) FROM held").fetchone()
        return int(count)

    def close(self) -> None:
        """Release the file and the real bus's producer; the real bus stays open for its owner."""
        self._sender.close()
        self._db.close()

    def _stamped(self, record: OutgoingRecord) -> OutgoingRecord:
        stamp = (SIMULATED_TIME, b"%d" % self.now)
        return OutgoingRecord(record.topic, record.key, record.value, (*record.headers, stamp))


class _PartyProducer:
    """Sends for one party through the rounds."""

    def __init__(self, rounds: Rounds, party: str) -> None:
        self._rounds = rounds
        self._party = party

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        """Held or sent on when it returns."""
        self._rounds.take(self._party, records)

    def close(self) -> None:
        """Nothing of its own to release."""


class _PartyBus:
    """The real bus, except that one party's submissions go through the rounds."""

    def __init__(self, rounds: Rounds, party: str) -> None:
        self._rounds = rounds
        self._real = rounds.real
        self._party = party

    def create_topics(self, topics: Mapping[str, int]) -> None:
        """As the real bus does."""
        self._real.create_topics(topics)

    def partitions(self, topic: str) -> int:
        """As the real bus does."""
        return self._real.partitions(topic)

    def end_offsets(self, topic: str) -> dict[TopicPartition, int]:
        """As the real bus does."""
        return self._real.end_offsets(topic)

    def committed(self, topic: str, group: str) -> dict[TopicPartition, int]:
        """As the real bus does."""
        return self._real.committed(topic, group)

    def producer(self) -> Producer:
        """A producer whose submissions wait for their round."""
        return _PartyProducer(self._rounds, self._party)

    def consumer(
        self,
        topics: Sequence[str],
        group: str,
        *,
        on_assigned: Callable[[frozenset[TopicPartition]], None] | None = None,
        on_revoked: Callable[[frozenset[TopicPartition]], None] | None = None,
    ) -> Consumer:
        """As the real bus does."""
        return self._real.consumer(topics, group, on_assigned=on_assigned, on_revoked=on_revoked)

    def close(self) -> None:
        """The real bus stays open for the others."""
