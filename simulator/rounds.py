"""Virtual time in rounds: a bus in front of the real one that lets at most one submission per relationship through.

Parties (the 32 adapters and the platform) send as they like; their submissions are held in the simulator's own file.
`release` lets the first of each relationship through, in the order of the round they came in, their sender, and the
sender's own order, with the round's instant in a header. What the platform sends to the inboxes passes at once. So the
order in which a nation's messages meet the platform is the same on every bus, with any number of processes.

What a party sends again within the day, because it was killed before it could note that it had sent, takes no round of
its own: it would delay the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import msgspec

from jinbao.bus.interface import Bus, OutgoingRecord, Producer
from jinbao.bus.packed_headers import Headers
from jinbao.regional_adapter.exchange.signing import BatchSigner, Chain
from jinbao.schemas.headers import SIGNATURE
from jinbao.schemas.messages import SUBMISSIONS_TOPIC
from jinbao.simulator.virtual_time import VirtualTimeBus, stamped
from jinbao.storage.sqlite_file import Layout, open_file

_TABLES = """
CREATE TABLE IF NOT EXISTS run (one INTEGER PRIMARY KEY CHECK (one = 1), state BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS held (
    position INTEGER PRIMARY KEY AUTOINCREMENT, instant INTEGER NOT NULL, party TEXT NOT NULL, key BLOB NOT NULL,
    value BLOB NOT NULL, headers BLOB NOT NULL, digest BLOB NOT NULL, copy INTEGER NOT NULL, released INTEGER,
    UNIQUE (party, digest, copy)
);
"""
_CHAINS = """
CREATE TABLE IF NOT EXISTS chains (
    party TEXT PRIMARY KEY, number INTEGER NOT NULL, root BLOB NOT NULL) WITHOUT ROWID;
"""
SIMULATION = Layout((_TABLES, _CHAINS))
"""The file of a simulated run: how far it has come, and what its rounds hold back."""
_decode_headers = msgspec.msgpack.Decoder(Headers).decode

Fault = Callable[[str, OutgoingRecord], Sequence[OutgoingRecord]]
"""What becomes of a record that a party sends: itself, nothing (lost), or more (a retry, a forgery)."""


def no_fault(party: str, record: OutgoingRecord) -> Sequence[OutgoingRecord]:
    """Everything arrives as it was sent."""
    return (record,)


class Rounds:
    """The bus of a simulated nation; `now` is the instant of the round in microseconds since 1970 UTC."""

    def __init__(self, real: Bus, path: Path, *, fault: Fault = no_fault, durable: bool = True) -> None:
        """`signers` are to be set before anything is released."""
        self.real = real
        self.now = 0
        self.fault = fault
        self.signers: Mapping[str, BatchSigner] = {}
        """Party → who signs what the rounds let through of it; of the others it goes as it came."""
        self.addressed: set[str] = set()
        """Topics other than the submissions' to which something was passed on; for the reader to empty."""
        self._sender = real.producer()
        self._db = open_file(path, SIMULATION, synchronous="FULL" if durable else "OFF")

    def seen_by(self, party: str) -> Bus:
        """The bus as one party sees it."""
        return _PartyBus(self, party)

    def take(self, party: str, records: Sequence[OutgoingRecord]) -> None:
        """Hold a party's submissions back and pass everything else on."""
        held, passing = [], []
        for sent in records:
            for copy, record in enumerate(self.fault(party, sent)):
                if record.topic == SUBMISSIONS_TOPIC:
                    digest = blake2b(record.value, digest_size=16).digest()
                    headers = msgspec.msgpack.encode(record.headers)
                    held.append((self.now, party, record.key, record.value, headers, digest, copy))
                else:
                    passing.append(stamped(record, self.now))
        if held:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany(
                "INSERT OR IGNORE INTO held (instant, party, key, value, headers, digest, copy)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                held,
            )
            self._db.execute("COMMIT")
        if passing:
            self._sender.send(passing)
            self.addressed.update(record.topic for record in passing)

    def release(self) -> int:
        """Send the first held submission of each relationship; the number sent, 0 when nothing is held.

        Called again in the same round, it sends nothing more. Killed before it has noted what it sent, it sends the
        same again: duplicates, which the platform knows.
        """
        first: dict[bytes, tuple[int, str, OutgoingRecord] | None] = {
            key: None for (key,) in self._db.execute("SELECT key FROM held WHERE released = ?", (self.now,))
        }
        rows = self._db.execute(
            "SELECT position, party, key, value, headers FROM held WHERE released IS NULL "
            "ORDER BY instant, party, position"
        )
        for position, party, key, value, headers in rows:
            if key not in first:
                record = OutgoingRecord(SUBMISSIONS_TOPIC, key, value, _decode_headers(headers))
                first[key] = (position, party, record)
        chosen = self._signed([choice for choice in first.values() if choice is not None])
        if chosen:
            self._sender.send([stamped(record, self.now) for _, record in chosen])
            self._db.execute("BEGIN IMMEDIATE")
            marks = [(self.now, position) for position, _ in chosen]
            self._db.executemany("UPDATE held SET released = ? WHERE position = ?", marks)
            self._db.execute("COMMIT")
        return len(chosen)

    def _signed(self, chosen: Sequence[tuple[int, str, OutgoingRecord]]) -> list[tuple[int, OutgoingRecord]]:
        """Position and record, signed by its party and kept so: after a kill the same is sent again."""
        found = {position: record for position, _, record in chosen}
        by_party: dict[str, list[tuple[int, OutgoingRecord]]] = {}
        for position, party, record in chosen:
            if party in self.signers and all(name != SIGNATURE for name, _ in record.headers):
                by_party.setdefault(party, []).append((position, record))
        if not by_party:
            return list(found.items())
        self._db.execute("BEGIN IMMEDIATE")
        for party, unsigned in by_party.items():
            signed, chain = self.signers[party].sign([record for _, record in unsigned], self.chain(party))
            made = {position: record for (position, _), record in zip(unsigned, signed, strict=True)}
            marks = [(msgspec.msgpack.encode(record.headers), position) for position, record in made.items()]
            self._db.executemany("UPDATE held SET headers = ? WHERE position = ?", marks)
            self.set_chain(party, chain)
            found |= made
        self._db.execute("COMMIT")
        return list(found.items())

    def chain(self, party: str) -> Chain:
        """How far a party's batches have come."""
        row = self._db.execute("SELECT number, root FROM chains WHERE party = ?", (party,)).fetchone()
        return Chain(*row) if row else Chain()

    def set_chain(self, party: str, chain: Chain) -> None:
        """Go on from there."""
        self._db.execute("INSERT OR REPLACE INTO chains VALUES (?, ?, ?)", (party, *chain))

    def is_quiet(self) -> bool:
        """Nothing is held back, and nothing was released in this round."""
        sql = "SELECT EXISTS (SELECT 1 FROM held WHERE released IS NULL OR released = ?)"
        (exists,) = self._db.execute(sql, (self.now,)).fetchone()
        return not exists

    def forget_released(self) -> None:
        """The day is over: what was released in it is done with."""
        self._db.execute("DELETE FROM held WHERE released IS NOT NULL")

    def held(self) -> int:
        """Submissions that wait for their round."""
        (count,) = self._db.execute("SELECT count(*) FROM held WHERE released IS NULL").fetchone()
        return int(count)

    def close(self) -> None:
        """Release the file and the real bus's producer; the real bus stays open for its owner."""
        self._sender.close()
        self._db.close()


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


class _PartyBus(VirtualTimeBus):
    """The bus of one party: its submissions go through the rounds, and it reads virtual time."""

    def __init__(self, rounds: Rounds, party: str) -> None:
        super().__init__(rounds.real)
        self._rounds = rounds
        self._party = party

    def producer(self) -> Producer:
        """A producer whose submissions wait for their round."""
        return _PartyProducer(self._rounds, self._party)
