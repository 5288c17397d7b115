"""The adapter as a witness of the transparency log: it cosigns checkpoints that continue what it has cosigned before.

Its key, the last checkpoint that it cosigned, and signed checkpoints that do not fit that (evidence) lie in a file of
its own, which nobody but this adapter writes. Who loses that file loses the key too, and is a new witness.
"""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from jinbao.bus.interface import Bus, BusRecord, OutgoingRecord
from jinbao.storage.sqlite_file import Layout, open_file, open_for_reading, transaction
from jinbao.transparency.check_proof import (
    COSIGNATURE,
    Checkpoint,
    NotValid,
    Policy,
    VerifierKey,
    decode_base64,
    leaf_hash,
    parse_note,
    root_of_inclusion,
)
from jinbao.transparency.signing import SigningKey, verify_fast
from jinbao.transparency.witnessing import (
    CHECKPOINTS_TOPIC,
    COSIGNATURES_TOPIC,
    Answer,
    Proved,
    Published,
    Verdict,
    cosigned,
    judge,
    signed_checkpoint,
)

_TABLES = """
CREATE TABLE IF NOT EXISTS own_key (name TEXT PRIMARY KEY, seed BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cosigned (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL,
    note TEXT NOT NULL, at_us INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS evidence (kept TEXT NOT NULL, shown TEXT NOT NULL, code TEXT NOT NULL,
    at_us INTEGER NOT NULL, PRIMARY KEY (kept, shown)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS watched (event_id BLOB PRIMARY KEY, sent_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS progress (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
_FORKED_ONLY = """
DELETE FROM evidence;
ALTER TABLE evidence DROP COLUMN code;
ALTER TABLE evidence ADD COLUMN proof TEXT NOT NULL DEFAULT '';
"""
"""What was kept before 2026-12 was not proven: a proof that does not hold is signed by nobody."""
_ALL_WATCHED = """
ALTER TABLE watched ADD COLUMN sampled INTEGER NOT NULL DEFAULT 1;
CREATE INDEX watched_by_time ON watched (sent_at);
"""
LAYOUT = Layout((_TABLES, _FORKED_ONLY, _ALL_WATCHED))
"""The witness's own file."""
MOST_EVIDENCE = 100
"""Pairs that are kept: one is enough."""
_MOST_READ = 200
MOST_JUDGED = 50
"""Checkpoints that are looked at together, the newest; of what comes later nothing is lost by passing over the rest."""
_EVIDENCE = "SELECT kept, shown, proof, at_us FROM evidence ORDER BY at_us"
_BEHIND = "behind since"
_decode = msgspec.json.Decoder(Published).decode
_decode_proved = msgspec.json.Decoder(Proved).decode


SAMPLED = 100
"""Messages that are watched at once until they are proved to be in the log; the others until the platform, which tells
nothing before a signed checkpoint covers it, has told what became of them, or until they are proved, too.
"""
MOST_WATCHED = 100_000
"""What is sent while so many wait is not watched: with them alone the operator is told long since."""
ASKED_AFTER_US, NOT_LOGGED_AFTER_US = 10_000_000, 60_000_000
"""After sending, proofs are asked for, and what is still in no cosigned checkpoint is `NOT_LOGGED`."""
ASKED_AT_ONCE = 10


class Evidence(NamedTuple):
    """Two checkpoints that the log has signed and that are not of one history: `FORKED`."""

    kept: str
    """The one that this witness had cosigned."""
    shown: str
    proof: str
    """By which the second one's own root shows another beginning: its root at the first one's size, where that is a
    power of two, and the hashes of a proof of consistency, in base64; "" where both are of one size.
    """
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
            self._db.execute("INSERT OR IGNORE INTO evidence (kept, shown, proof, at_us) VALUES (?, ?, ?, ?)", evidence)

    def watch(self, sent: Sequence[bytes], answered: Sequence[bytes], now_us: int) -> None:
        """Watch for messages that were sent, by event id, and no longer for those whose outcome was told."""
        if not sent and not answered:
            return
        with transaction(self._db):
            (watched, sampled) = self._db.execute("SELECT count(*), coalesce(sum(sampled), 0) FROM watched").fetchone()
            room, sample = MOST_WATCHED - watched, SAMPLED - sampled
            self._db.executemany(
                "INSERT OR IGNORE INTO watched VALUES (?, ?, ?)",
                [(event_id, now_us, place < sample) for place, event_id in enumerate(sent[:room])],
            )
            self._db.executemany(
                "DELETE FROM watched WHERE event_id = ? AND NOT sampled", [(event_id,) for event_id in answered]
            )

    def asks(self, now_us: int) -> tuple[str, ...]:
        """Messages whose proofs are to be asked for now, which of them nobody can foresee."""
        sql = "SELECT lower(hex(event_id)) FROM watched WHERE sent_at <= ? ORDER BY random() LIMIT ?"
        return tuple(one for (one,) in self._db.execute(sql, (now_us - ASKED_AFTER_US, ASKED_AT_ONCE)))

    def not_logged(self, now_us: int) -> NotLogged | None:
        """Messages that are in no cosigned checkpoint a minute after they were sent; None where there is none."""
        return _not_logged(self._db, now_us)

    def see(self, value: bytes, policy: Policy, province: str) -> None:
        """Watch no longer for what is proved: an entry of that message, in a checkpoint that a quorum has cosigned."""
        with suppress(NotValid, msgspec.DecodeError, ValueError):
            proved = _decode_proved(value)
            note, checkpoint = signed_checkpoint(proved.note, policy.logs[0])
            if not policy.is_enough(policy.cosigned_by(note, verify_fast)):
                return
            for event_id, (index, path, encoded) in proved.entries.items():
                entry = decode_base64(encoded)
                root = root_of_inclusion(leaf_hash(entry), index, checkpoint.size, [*map(decode_base64, path)])
                if root == checkpoint.root and _is_of(entry, bytes.fromhex(event_id), province):
                    self._db.execute("DELETE FROM watched WHERE event_id = ?", (bytes.fromhex(event_id),))

    def next_offset(self) -> int:
        """Of the topic of checkpoints; 0 at first."""
        return self._number("checkpoints") or 0

    def behind_since(self) -> int | None:
        """Since when it has been shown longer logs only that it could not cosign, microseconds since 1970 UTC."""
        return self._number(_BEHIND)

    def _number(self, name: str) -> int | None:
        row = self._db.execute("SELECT value FROM progress WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else None

    def hear(self, values: Sequence[bytes], log: VerifierKey, now_us: int, next_offset: int = 0) -> Answer | None:
        """Cosign the first of what was published, newest first, that continues the checkpoint cosigned last.

        The answer says where it then stands, and is on the disk before; None where nothing was a checkpoint of that
        log. Anybody may write to the topic: what the log has not signed, proofs included, does not count against it.
        """
        with transaction(self._db):
            self._db.execute("INSERT OR REPLACE INTO progress VALUES ('checkpoints', ?)", (next_offset,))
            verdicts = set[Verdict]()
            for value in values:
                with suppress(NotValid, msgspec.DecodeError):
                    verdicts.add(verdict := self._judge(_decode(value), log, now_us))
                    if verdict == "continues":
                        break
            if not verdicts:
                return None
            if "continues" in verdicts:  # one that it has already says nothing of what is longer
                self._db.execute("DELETE FROM progress WHERE name = ?", (_BEHIND,))
            elif verdicts & {"unproven", "forked"}:
                self._db.execute("INSERT OR IGNORE INTO progress VALUES (?, ?)", (_BEHIND, now_us))
            return self._standing(log.name)

    def _judge(self, shown: Published, log: VerifierKey, now_us: int) -> Verdict:
        _, new = signed_checkpoint(shown.note, log)
        kept, kept_note = self._kept(log.name)
        proof = None if kept is None else shown.proof(kept.size, new.size)
        verdict = judge(kept or Checkpoint(log.name, 0, b""), new, proof, shown.root(kept.size) if kept else None)
        if verdict == "forked":
            self._keep_evidence(Evidence(kept_note, shown.note, shown.proof_text(kept), now_us))
        elif verdict == "continues":
            values = (new.origin, new.size, new.root, shown.note, now_us)
            self._db.execute("INSERT OR REPLACE INTO cosigned VALUES (?, ?, ?, ?, ?)", values)
        return verdict

    def _standing(self, origin: str) -> Answer | None:
        """What it has cosigned last, and its cosignature; None where it has cosigned nothing."""
        row = self._db.execute("SELECT size, note, at_us FROM cosigned WHERE origin = ?", (origin,)).fetchone()
        if row is None:
            return None
        size, note, at_us = row
        return Answer(self.key.verifier.name, size, note, line=cosigned(self.key, parse_note(note), at_us))


class NotLogged(NamedTuple):
    """`NOT_LOGGED`: messages that are in no cosigned checkpoint a minute after they were sent."""

    number: int
    since_us: int
    """When the first of them was sent, microseconds since 1970 UTC."""
    first: str
    """Its event id, hexadecimal."""


def _not_logged(db: sqlite3.Connection, now_us: int) -> NotLogged | None:
    sql = "SELECT count(*), min(sent_at), lower(hex(event_id)) FROM watched WHERE sent_at <= ?"
    number, since, first = db.execute(sql, (now_us - NOT_LOGGED_AFTER_US,)).fetchone()
    return NotLogged(number, since, first) if number else None


def not_logged_in(file: Path, now_us: int) -> NotLogged | None:
    """As `Witness.not_logged`, by a witness's file, which is read without changing it. Raises sqlite3.Error."""
    with closing(open_for_reading(file)) as db:
        return _not_logged(db, now_us)


def _is_of(entry: bytes, event_id: bytes, province: str) -> bool:
    """Whether an entry records that message of that province (docs/audit.md)."""
    table, *columns = msgspec.json.decode(entry)
    at = {"events": 5, "intake": 2}.get(table)
    if at is None or len(columns) <= at + 1 or not isinstance(columns[at], str):
        return False
    found: bool = decode_base64(columns[at]) == event_id and columns[at + 1] == province
    return found


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
        is_new = LAYOUT.check(db)
        notes = [note for (note,) in db.execute("SELECT note FROM cosigned ORDER BY origin")]
        ((name, seed),) = db.execute("SELECT name, seed FROM own_key")
        evidence = [Evidence(*row) for row in db.execute(_EVIDENCE)] if is_new else []
        return Kept(SigningKey(name, seed, COSIGNATURE).verifier, notes, evidence)


class WitnessLine:
    """A witness on the bus: it reads the topic of checkpoints, judges the newest, and answers."""

    def __init__(self, bus: Bus, witness: Witness, policy: Policy, province: str) -> None:
        """`policy`: the log's key is its first, and who makes a quorum. Raises BusError."""
        self.witness, self._policy, self._province = witness, policy, province
        self._name = witness.key.verifier.name.encode()
        self._producer = bus.producer()
        self._reader = bus.reader(CHECKPOINTS_TOPIC)
        end = max(bus.end_offsets(CHECKPOINTS_TOPIC).values())
        self._reader.seek(0, min(witness.next_offset(), end))

    def step(self, now_us: int) -> int:
        """Answer the newest checkpoint that it has not heard of; 1 where there was one. Raises BusError.

        Older ones are passed over: a cosignature's time shows that what comes later was not there yet. Proofs that it
        asked for are taken, and others asked for.
        """
        published = deque[BusRecord](maxlen=MOST_JUDGED)
        while records := self._reader.poll(_MOST_READ):
            published.extend(record for record in records if not record.key)
            for record in records:
                if record.key == self._name:
                    self.witness.see(record.value, self._policy, self._province)
        answers = []
        if published:
            values = [record.value for record in reversed(published)]
            answers.append(self.witness.hear(values, self._policy.logs[0], now_us, published[-1].offset + 1))
        if asks := self.witness.asks(now_us):
            answers.append(Answer(self._name.decode(), 0, "", asks=asks))
        if sent := [answered(answer) for answer in answers if answer is not None]:
            self._producer.send(sent)
        return int(bool(published))

    def close(self) -> None:
        """Leave the bus; the witness stays open for its owner."""
        self._reader.close()
        self._producer.close()


def answered(answer: Answer) -> OutgoingRecord:
    """An answer as its record."""
    return OutgoingRecord(COSIGNATURES_TOPIC, answer.witness.encode(), msgspec.json.encode(answer))
