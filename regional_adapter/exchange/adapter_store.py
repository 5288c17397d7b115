"""Store of one adapter, its own SQLite file: how far it read, what waits to be sent, what it set aside.

Losing the file loses nothing but time: everything is derived again, with the same ids and the same bytes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import msgspec

from jinbao.bus.interface import POLL_BYTES, BusRecord, OutgoingRecord, TopicPartition
from jinbao.bus.packed_headers import Headers, pack_headers
from jinbao.regional_adapter.exchange.set_aside import SET_ASIDE_TABLE, SetAsideBook, message_aside
from jinbao.regional_adapter.exchange.signing import BatchSigner, Chain
from jinbao.schemas.codec import encode, headers_for
from jinbao.schemas.headers import SIGNATURE, record_key
from jinbao.schemas.messages import SUBMISSIONS_TOPIC, StreamMessage
from jinbao.storage.sqlite_file import Layout, open_file, statements, transaction
from jinbao.transparency.batches import key_id_of, parse_signature

_TABLES = """
CREATE TABLE IF NOT EXISTS progress (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox_offsets (
    topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
    PRIMARY KEY (topic, partition)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS outbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT, event_id BLOB NOT NULL UNIQUE, kind TEXT NOT NULL,
    document TEXT NOT NULL, sequence INTEGER, topic TEXT NOT NULL, key BLOB NOT NULL, value BLOB, headers BLOB);
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (position) WHERE value IS NOT NULL;
CREATE TABLE IF NOT EXISTS belonging (name TEXT PRIMARY KEY, identity TEXT NOT NULL) WITHOUT ROWID;
"""


def _say_again_what_nobody_answered(db: sqlite3.Connection) -> None:
    """A file of before the platform told outcomes: its documents are sent once more, and each one's outcome comes."""
    for statement in statements(_TABLES):
        db.execute(statement)
    db.execute("DELETE FROM outbox WHERE value IS NULL AND sequence IS NOT NULL")
    db.execute("DELETE FROM progress WHERE name = 'documents'")


def _take_over_unreadable(db: sqlite3.Connection) -> None:
    """A file of before 2026-12 kept what it could not read in a table of its own."""
    for statement in statements(_TABLES + SET_ASIDE_TABLE):
        db.execute(statement)
    if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'unreadable'").fetchone():
        return
    book = SetAsideBook(db)
    for row in db.execute("SELECT * FROM unreadable ORDER BY topic, partition, offset").fetchall():
        topic, partition, offset, key, value, headers, code, reason, noted_at = row
        appended_at, pairs = msgspec.msgpack.decode(headers, type=tuple[int, Headers])
        record = BusRecord(topic, partition, offset, key, value, pack_headers(pairs), appended_at)
        code = "KEY_MISSING" if reason.endswith("is not in this key ring") else code
        book.keep([message_aside(record, code, reason)], noted_at)
    db.execute("DROP TABLE unreadable")


_CHAIN = """
CREATE TABLE IF NOT EXISTS chain (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL, root BLOB NOT NULL,
    signed INTEGER NOT NULL);
"""
LAYOUT = Layout((_say_again_what_nobody_answered, _take_over_unreadable, _CHAIN))
"""The adapter's own file."""
_IDS_A_QUERY = 500
_decode_headers = msgspec.msgpack.Decoder(Headers).decode


RETRY_ASKED = "retry asked"
"""How often somebody has asked, by the command, for what was set aside to be worked again."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message ready to be sent, and the local document that it was made from (None for a receipt)."""

    event_id: bytes
    kind: str
    document: str
    sequence: int | None
    record: OutgoingRecord


def outgoing(message: StreamMessage, sequence: int | None) -> Outgoing:
    """A message as its record for the bus; `sequence` of its local document, None for none. Raises InvalidMessage."""
    envelope = message.envelope
    data = encode(message)
    record = OutgoingRecord(SUBMISSIONS_TOPIC, record_key(envelope), data, headers_for(message, data))
    return Outgoing(envelope.event_id, message.NAME, envelope.local_document, sequence, record)


@dataclass(frozen=True, slots=True)
class SentDocument:
    """Which local document a message was made from."""

    kind: str
    document: str
    sequence: int | None


class AdapterStore:
    """The adapter's own file. `durable=False` gives up surviving a power cut for speed."""

    def __init__(self, path: Path | str, *, durable: bool = True) -> None:
        self.path = Path(path)
        self._db = open_file(self.path, LAYOUT, synchronous="FULL" if durable else "OFF", cached_statements=64)
        self._depth = 0
        self._is_empty = False
        """Nothing waits in the outbox, as far as was looked; only this object puts anything there."""
        self._signed_by: bytes | None = None
        """Id of the key that has signed all that waits, once it was looked at."""
        self._cursor: int | None = None
        """Sequence of the last document collected, once it was asked for."""
        self.set_aside = SetAsideBook(self._db)
        """What could not be worked."""

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all changes of the block, or none; one within another is part of it."""
        outermost, self._depth = self._depth == 0, self._depth + 1
        try:
            with transaction(self._db) if outermost else nullcontext():
                yield
        except BaseException:
            self._is_empty, self._cursor = False, None
            self.set_aside.look_again()
            raise
        finally:
            self._depth -= 1

    def belongs_to(self, name: str) -> str | None:
        """Identity of the bus or key ring that it has worked with; None where it has with none."""
        row = self._db.execute("SELECT identity FROM belonging WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def belong(self, identities: Mapping[str, str]) -> None:
        """Remember which ones it works with, for good."""
        self._db.executemany("INSERT OR IGNORE INTO belonging VALUES (?, ?)", identities.items())

    def cursor(self) -> int:
        """Sequence of the last local document that was collected; 0 at first."""
        if self._cursor is None:
            self._cursor = self.number("documents")
        return self._cursor

    def number(self, name: str) -> int:
        """A named number that the adapter remembers; 0 at first."""
        row = self._db.execute("SELECT value FROM progress WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def set_number(self, name: str, value: int) -> None:
        """Remember a named number."""
        self._db.execute("INSERT OR REPLACE INTO progress (name, value) VALUES (?, ?)", (name, value))

    def ask_retry(self) -> None:
        """Ask the adapter that runs to let desk and files work again what they had set aside."""
        with self.transaction():
            self.set_number(RETRY_ASKED, self.number(RETRY_ASKED) + 1)

    def advance_cursor(self, sequence: int) -> None:
        """Remember the last local document that was collected."""
        self.set_number("documents", sequence)
        self._cursor = sequence

    def put(self, messages: Iterable[Outgoing]) -> None:
        """Queue messages to be sent; one whose event id was queued before, sent or not, changes nothing."""
        self._is_empty = False
        self._db.executemany(
            "INSERT INTO outbox (event_id, kind, document, sequence, topic, key, value, headers)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [
                (
                    m.event_id,
                    m.kind,
                    m.document,
                    m.sequence,
                    m.record.topic,
                    m.record.key,
                    m.record.value,
                    msgspec.msgpack.encode(m.record.headers),
                )
                for m in messages
            ],
        )

    def waiting(self, limit: int) -> tuple[int, list[OutgoingRecord], list[int]]:
        """The oldest messages not sent yet, at most `limit`: position of the last, records, and their documents.

        The message with which they reach POLL_BYTES is the last one.
        """
        if self._is_empty:
            return 0, [], []
        found = self._db.execute(
            "SELECT position, topic, key, value, headers, sequence FROM outbox WHERE value IS NOT NULL"
            " ORDER BY position LIMIT ?",
            (limit,),
        )
        rows, size = [], 0
        with closing(found):
            for row in found:
                rows.append(row)
                size += len(row[3]) + len(row[4])
                if size >= POLL_BYTES:
                    break
        records = [
            OutgoingRecord(topic, key, value, _decode_headers(headers)) for _, topic, key, value, headers, _ in rows
        ]
        self._is_empty = not rows
        return (rows[-1][0] if rows else 0), records, [row[-1] for row in rows if row[-1] is not None]

    def sign(self, signer: BatchSigner, limit: int) -> None:
        """Sign what waits and is not signed yet, of the oldest `limit`, and keep the signatures: what is sent again
        is the same. What another key signed is signed anew, in batches of the same numbers: nobody takes it any more.
        """
        if self._is_empty:
            return
        if self._signed_by != signer.key_id:
            self._forget_other_signatures(signer.key_id)
            self._signed_by = signer.key_id
        chain, signed = self._chain()
        sql = (
            "SELECT position, topic, key, value, headers FROM outbox WHERE value IS NOT NULL AND position > ? "
            "ORDER BY position LIMIT ?"
        )
        rows = self._db.execute(sql, (signed, limit)).fetchall()
        if not rows:
            return
        records = [OutgoingRecord(topic, key, value, _decode_headers(kept)) for _, topic, key, value, kept in rows]
        made, chain = signer.sign(records, chain)
        with self.transaction():
            self._db.executemany(
                "UPDATE outbox SET headers = ? WHERE position = ?",
                [(msgspec.msgpack.encode(r.headers), row[0]) for r, row in zip(made, rows, strict=True)],
            )
            self._db.execute("INSERT OR REPLACE INTO chain VALUES (1, ?, ?, ?)", (*chain, rows[-1][0]))

    def _forget_other_signatures(self, key_id: bytes) -> None:
        """Let the chain end before the oldest message that waits, where another key has signed that."""
        row = self._db.execute(
            "SELECT position, headers FROM outbox WHERE value IS NOT NULL ORDER BY position LIMIT 1"
        ).fetchone()
        signature = dict(_decode_headers(row[1])).get(SIGNATURE) if row else None
        if signature is None or key_id_of(signature) == key_id:
            return
        found = parse_signature(signature)
        sql = "INSERT OR REPLACE INTO chain VALUES (1, ?, ?, ?)"
        self._db.execute(sql, (found.number - 1, found.previous, row[0] - 1))

    def _chain(self) -> tuple[Chain, int]:
        """How far its batches have come, and the position of the last message that is signed."""
        row = self._db.execute("SELECT number, root, signed FROM chain").fetchone()
        return (Chain(row[0], row[1]), int(row[2])) if row else (Chain(), 0)

    def chain(self) -> Chain:
        """How far its batches have come."""
        return self._chain()[0]

    def continue_chain(self, chain: Chain) -> None:
        """Go on from there, unless its own batches have come further: somebody else has signed meanwhile."""
        own, signed = self._chain()
        if chain.number > own.number:
            self._db.execute("INSERT OR REPLACE INTO chain VALUES (1, ?, ?, ?)", (*chain, signed))

    def numbers(self) -> tuple[int, int]:
        """How many messages wait to be sent, and how much is set aside."""
        (waiting,) = self._db.execute("SELECT count(*) FROM outbox WHERE value IS NOT NULL").fetchone()
        return int(waiting), self.set_aside.count()

    def sent(self, last_position: int) -> None:
        """The bus has all messages up to that position; their bytes need not be kept here."""
        self._db.execute(
            "UPDATE outbox SET value = NULL, headers = NULL WHERE position <= ? AND value IS NOT NULL", (last_position,)
        )

    def document_of(self, event_id: bytes) -> SentDocument | None:
        """The local document that a message of ours was made from."""
        row = self._db.execute("SELECT kind, document, sequence FROM outbox WHERE event_id = ?", (event_id,)).fetchone()
        return SentDocument(*row) if row else None

    def documents_of(self, event_ids: Sequence[bytes]) -> dict[bytes, int]:
        """Event id → sequence of the local document, of those messages of ours that were made from one."""
        found: dict[bytes, int] = {}
        for start in range(0, len(event_ids), _IDS_A_QUERY):
            part = event_ids[start : start + _IDS_A_QUERY]
            marks = ", ".join("?" * len(part))
            sql = f"SELECT event_id, sequence FROM outbox WHERE sequence IS NOT NULL AND event_id IN ({marks})"
            found.update(self._db.execute(sql, part).fetchall())
        return found

    def inbox_offset(self, partition: TopicPartition) -> int:
        """The next offset to be read from a partition of the inbox; 0 at first."""
        row = self._db.execute(
            "SELECT next_offset FROM inbox_offsets WHERE topic = ? AND partition = ?", partition
        ).fetchone()
        return int(row[0]) if row else 0

    def advance_inbox(self, next_offsets: Mapping[TopicPartition, int]) -> None:
        """Remember how far the inbox was read."""
        self._db.executemany(
            "INSERT OR REPLACE INTO inbox_offsets (topic, partition, next_offset) VALUES (?, ?, ?)",
            [(topic, partition, offset) for (topic, partition), offset in next_offsets.items()],
        )
