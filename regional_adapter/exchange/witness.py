"""The adapter as a witness of the transparency log: it cosigns checkpoints that continue what it has cosigned before.

Its key, the last checkpoint that it cosigned, and signed checkpoints that do not fit that (evidence) lie in a file of
its own, which nobody but this adapter writes. Who loses that file loses the key too, and is a new witness.
"""

from __future__ import annotations

import os
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from jinbao.bus.interface import Bus, BusRecord, OutgoingRecord
from jinbao.storage.sqlite_file import Layout, open_file, open_for_reading, transaction
from jinbao.transparency.check_proof import COSIGNATURE, Checkpoint, NotValid, VerifierKey
from jinbao.transparency.signing import SigningKey
from jinbao.transparency.witnessing import (
    CHECKPOINTS_TOPIC,
    COSIGNATURES_TOPIC,
    Answer,
    Published,
    Refused,
    cosigned,
    need_continuation,
    signed_checkpoint,
)

_TABLES = """
CREATE TABLE IF NOT EXISTS own_key (name TEXT PRIMARY KEY, seed BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cosigned (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL,
    note TEXT NOT NULL, at_us INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS evidence (kept TEXT NOT NULL, shown TEXT NOT NULL, code TEXT NOT NULL,
    at_us INTEGER NOT NULL, PRIMARY KEY (kept, shown)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS progress (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
LAYOUT = Layout((_TABLES,))
"""The witness's own file."""
MOST_EVIDENCE = 100
"""Pairs that are kept: one is enough."""
_MOST_READ = 200
_EVIDENCE = "SELECT kept, shown, code, at_us FROM evidence ORDER BY at_us"
_decode = msgspec.json.Decoder(Published).decode


class Evidence(NamedTuple):
    """Two checkpoints that the log has signed and that are not of one history."""

    kept: str
    """The one that this witness had cosigned."""
    shown: str
    code: str
    """`FORKED` or `ROLLED_BACK`."""
    at_us: int


class Witness:
    """One adapter's key and memory of the log. `durable=False` gives up surviving a power cut for speed."""

    def __init__(self, path: Path, name: str, *, durable: bool = True) -> None:
        """`name`: of its key, which is made where the file has none."""
        self._db = open_file(path, LAYOUT, synchronous="FULL" if durable else "OFF")
        self._db.execute("INSERT OR IGNORE INTO own_key VALUES (?, ?)", (name, os.urandom(32)))
        (seed,) = self._db.execute("SELECT seed FROM own_key WHERE name = ?", (name,)).fetchone()
        self.key = SigningKey(name, seed, COSIGNATURE)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _kept(self, origin: str) -> tuple[Checkpoint | None, str]:
        """What it has cosigned last of that log, and the signed note of it."""
        row = self._db.execute("SELECT size, root, note FROM cosigned WHERE origin = ?", (origin,)).fetchone()
        return (Checkpoint(origin, row[0], row[1]), row[2]) if row else (None, "")

    def evidence(self) -> list[Evidence]:
        """What it has refused, oldest first."""
        return [Evidence(*row) for row in self._db.execute(_EVIDENCE)]

    def _keep_evidence(self, evidence: Evidence) -> None:
        (count,) = self._db.execute("SELECT count(*) FROM evidence").fetchone()
        if count < MOST_EVIDENCE:
            self._db.execute("INSERT OR IGNORE INTO evidence (kept, shown, code, at_us) VALUES (?, ?, ?, ?)", evidence)

    def next_offset(self) -> int:
        """Of the topic of checkpoints; 0 at first."""
        row = self._db.execute("SELECT value FROM progress WHERE name = 'checkpoints'").fetchone()
        return int(row[0]) if row else 0

    def hear(self, value: bytes, log: VerifierKey, now_us: int, next_offset: int = 0) -> Answer | None:
        """Judge what was published, keep what was decided, and answer; None for what is no checkpoint of that log.

        Whatever is answered is on the disk before.
        """
        with transaction(self._db):
            self._db.execute("INSERT OR REPLACE INTO progress VALUES ('checkpoints', ?)", (next_offset,))
            with suppress(NotValid, msgspec.DecodeError):
                return self._judge(_decode(value), log, now_us)
        return None

    def _judge(self, shown: Published, log: VerifierKey, now_us: int) -> Answer | None:
        note, new = signed_checkpoint(shown.note, log)
        name, kept, kept_note = self.key.verifier.name, *self._kept(log.name)
        if kept is not None:
            proof = shown.proof(kept.size, new.size)
            if proof is None:
                return Answer(name, kept.size, kept_note)  # to be asked again, with the proof from there
            try:
                need_continuation(kept, new, proof)
            except Refused as error:
                self._keep_evidence(Evidence(kept_note, shown.note, error.code, now_us))
                return Answer(name, kept.size, kept_note, refused=error.code, shown=shown.note)
        values = (new.origin, new.size, new.root, shown.note, now_us)
        self._db.execute("INSERT OR REPLACE INTO cosigned VALUES (?, ?, ?, ?, ?)", values)
        return Answer(name, new.size, shown.note, line=cosigned(self.key, note, now_us))


class Kept(NamedTuple):
    """What a witness's file holds."""

    key: VerifierKey
    notes: list[str]
    """The signed checkpoints that it has cosigned last, one a log."""
    evidence: list[Evidence]


def kept_in(file: Path) -> Kept:
    """What a witness's file holds, read without changing it.

    Raises sqlite3.Error.
    """
    with closing(open_for_reading(file)) as db:
        notes = [note for (note,) in db.execute("SELECT note FROM cosigned ORDER BY origin")]
        ((name, seed),) = db.execute("SELECT name, seed FROM own_key")
        evidence = [Evidence(*row) for row in db.execute(_EVIDENCE)]
        return Kept(SigningKey(name, seed, COSIGNATURE).verifier, notes, evidence)


class WitnessLine:
    """A witness on the bus: it reads the topic of checkpoints, judges the newest, and answers."""

    def __init__(self, bus: Bus, witness: Witness, log: VerifierKey) -> None:
        """`log`: the key that the policy trusts. Raises BusError."""
        self.witness, self._log = witness, log
        self._producer = bus.producer()
        self._reader = bus.reader(CHECKPOINTS_TOPIC)
        end = max(bus.end_offsets(CHECKPOINTS_TOPIC).values())
        self._reader.seek(0, min(witness.next_offset(), end))

    def step(self, now_us: int) -> int:
        """Answer the newest checkpoint that it has not heard of; 1 where there was one. Raises BusError.

        Older ones are passed over: a cosignature's time shows that what comes later was not there yet.
        """
        newest: BusRecord | None = None
        while records := self._reader.poll(_MOST_READ):
            newest = records[-1]
        if newest is None:
            return 0
        answer = self.witness.hear(newest.value, self._log, now_us, newest.offset + 1)
        if answer is not None:
            self._producer.send([answered(answer)])
        return 1

    def close(self) -> None:
        """Leave the bus; the witness stays open for its owner."""
        self._reader.close()
        self._producer.close()


def answered(answer: Answer) -> OutgoingRecord:
    """An answer as its record."""
    return OutgoingRecord(COSIGNATURES_TOPIC, answer.witness.encode(), msgspec.json.encode(answer))
