"""A province's bank accounts in its own system: their statements, entries in clear, and the messages made of them.

A statement that the platform refuses is forgotten here, so that its file can be taken in again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import msgspec

from jinbao.regional_adapter.local.bank_entries import BankEntries, LocalEntry
from jinbao.regional_adapter.local.bank_mappings import BankMappings
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.rules.money import Fen
from jinbao.schemas.messages.bank import BankEnvelope

Fields = Mapping[str, str | bytes | Sequence[bytes] | None]
"""What an officer's word says, by field of its message."""


class _Batch(Protocol):
    def __call__(self) -> AbstractContextManager[None]: ...


class OwnAccount(NamedTuple):
    """A bank account that the province has named."""

    number: str
    kind: str
    """`in`, `out` or `fiscal`."""
    account: UUID | None
    """Its id, once the adapter has derived it."""


class LocalPart(msgspec.Struct, frozen=True):
    """One part of a statement, as its message will say it."""

    id: str
    """The statement's number at the bank."""
    digest: bytes
    part: int
    parts: int
    first_day: date
    last_day: date
    opening_fen: Fen
    closing_fen: Fen
    entries: tuple[LocalEntry, ...]
    replaces: bytes = b""
    """Name of the statement whose place this one takes."""

    @property
    def name(self) -> bytes:
        """What the statement's id is derived from."""
        return _name(self.id, self.digest, self.replaces)


class LocalStatement(NamedTuple):
    """A statement that was taken in."""

    sequence: int
    id: str
    digest: bytes
    last_day: str
    closing_fen: Fen
    name: bytes


class _Before(msgspec.Struct, frozen=True):
    """A statement in whose place another stands, until the platform has accepted that one."""

    statement: LocalStatement
    before: bytes | None
    entries: tuple[LocalEntry, ...]


class BankRecord(NamedTuple):
    """One message to be: the opening of an account, a part of a statement, or an officer's word about an entry."""

    sequence: int
    kind: str
    number: str
    operator: str
    written_at: int
    fields: bytes

    @property
    def part(self) -> LocalPart:
        """The part of a statement."""
        return _decode_part(self.fields)


class Last(NamedTuple):
    """Where an account's statements end."""

    day: date
    closing_fen: Fen


class Told(NamedTuple):
    """What became of a message."""

    state: DocumentState
    code: str | None
    field: str | None


_decode_part = msgspec.json.Decoder(LocalPart).decode
_decode_entry = msgspec.json.Decoder(LocalEntry).decode
_decode_before = msgspec.msgpack.Decoder(_Before).decode
_IDS_A_QUERY = 500


def _name(statement: str, digest: bytes, replaces: bytes) -> bytes:
    return statement.encode() + digest + (blake2b(replaces, digest_size=16).digest() if replaces else b"")


class BankBook:
    """The tables of bank accounts in the file of a province's own system."""

    def __init__(self, db: sqlite3.Connection, batch: _Batch) -> None:
        self._db = db
        self.entries = BankEntries(db)
        """Entries in clear, by the ids that the nation knows them by."""
        self.mappings = BankMappings(db)
        """By which CSV statements were read."""
        self.batch = batch
        """All commands within are kept, or none."""

    # --- accounts ---

    def accounts(self) -> list[OwnAccount]:
        """All accounts, in order of number."""
        rows = self._db.execute("SELECT number, kind, account FROM bank_accounts ORDER BY number")
        return [OwnAccount(number, kind, account and UUID(bytes=account)) for number, kind, account in rows]

    def account(self, name: str) -> OwnAccount | None:
        """The account of that number or id."""
        return next((own for own in self.accounts() if name in (own.number, str(own.account))), None)

    def add_account(self, number: str, kind: str, operator: str, now: int) -> int:
        """Name an account; returns the sequence of its message."""
        with self.batch():
            self._db.execute("INSERT INTO bank_accounts (number, kind) VALUES (?, ?)", (number, kind))
            return self._put("BankAccountOpened", number, None, operator, now, msgspec.json.encode({"kind": kind}))

    def opening_of(self, number: str) -> int | None:
        """Sequence of the newest message that names the account."""
        row = self._db.execute(
            "SELECT max(sequence) FROM bank_messages WHERE number = ? AND kind = 'BankAccountOpened'", (number,)
        ).fetchone()
        return None if row is None else row[0]

    # --- statements ---

    def digest_of(self, number: str, statement: str) -> bytes | None:
        """Digest of the newest statement with that number at the bank."""
        row = self._db.execute(
            "SELECT digest FROM bank_statements WHERE number = ? AND id = ? ORDER BY sequence DESC", (number, statement)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def statement(self, number: str, name: str) -> LocalStatement | None:
        """The newest statement with that number at the bank."""
        row = self._db.execute(
            "SELECT sequence, id, digest, last_day, closing, name FROM bank_statements"
            " WHERE number = ? AND id = ? AND is_late = 0 ORDER BY sequence DESC",
            (number, name),
        ).fetchone()
        if row is None:
            return None
        sequence, id_, digest, last_day, closing, named = row
        return LocalStatement(sequence, id_, digest, last_day, closing, named or _name(id_, digest, b""))

    def is_last(self, number: str, statement: LocalStatement) -> bool:
        """Whether no other follows it."""
        sql = "SELECT max(sequence) FROM bank_statements WHERE number = ? AND is_late = 0"
        return bool(self._db.execute(sql, (number,)).fetchone() == (statement.sequence,))

    def first_day(self, statement: LocalStatement) -> date:
        """The first day of which it, or the one whose place it took, told."""
        sql = (
            "SELECT min(json_extract(fields, '$.first_day')) FROM bank_messages"
            " WHERE kind = 'StatementBooked' AND statement = ? AND state <> ?"
        )
        asked = (statement.sequence, DocumentState.REJECTED)
        return date.fromisoformat(self._db.execute(sql, asked).fetchone()[0])

    def take_out(self, number: str, statement: LocalStatement) -> list[LocalEntry]:
        """Let another take a statement's place: its entries count no more; returns them."""
        rows = self._db.execute(
            "DELETE FROM bank_entries WHERE number = ? AND statement = ? RETURNING record", (number, statement.sequence)
        ).fetchall()
        entries = tuple(_decode_entry(record) for (record,) in rows)
        self._db.execute(
            "UPDATE bank_statements SET before = ? WHERE sequence = ?",
            (self._before(statement, entries), statement.sequence),
        )
        return list(entries)

    def _before(self, statement: LocalStatement, entries: tuple[LocalEntry, ...]) -> bytes:
        (before,) = self._db.execute(
            "SELECT before FROM bank_statements WHERE sequence = ?", (statement.sequence,)
        ).fetchone()
        return msgspec.msgpack.encode(_Before(statement, before, entries))

    def last(self, number: str) -> Last | None:
        """Where the account's statements end; None before the first."""
        row = self._db.execute(
            "SELECT last_day, closing FROM bank_statements WHERE number = ? AND is_late = 0 ORDER BY sequence DESC",
            (number,),
        ).fetchone()
        return None if row is None else Last(date.fromisoformat(row[0]), Fen(row[1]))

    def tells_of(self, number: str, first_day: date, last_day: date) -> bool:
        """Whether a statement of the account tells of one of those days, or would, were it not refused."""
        sql = (
            "SELECT EXISTS (SELECT 1 FROM bank_messages WHERE kind = 'StatementBooked' AND number = ? AND state <> ?"
            " AND json_extract(fields, '$.first_day') <= ? AND json_extract(fields, '$.last_day') >= ?)"
        )
        asked = (number, DocumentState.REJECTED, last_day.isoformat(), first_day.isoformat())
        return bool(self._db.execute(sql, asked).fetchone()[0])

    def alike(self, number: str, contents: Iterable[bytes]) -> dict[bytes, int]:
        """Content → how many entries of the account say the same."""
        wanted = list(contents)
        found: dict[bytes, int] = {}
        for start in range(0, len(wanted), _IDS_A_QUERY):
            part = wanted[start : start + _IDS_A_QUERY]
            sql = (
                "SELECT content, count(*) FROM bank_entries WHERE number = ? AND content IN "
                f"({', '.join('?' * len(part))}) GROUP BY content"
            )
            found.update(self._db.execute(sql, (number, *part)).fetchall())
        return found

    def book(
        self,
        number: str,
        parts: Sequence[LocalPart],
        operator: str,
        now: int,
        replaced: LocalStatement | None = None,
        *,
        is_late: bool = False,
    ) -> list[int]:
        """Keep a statement with its entries, or in the place of one taken out; returns its messages' sequences.

        `is_late`: it tells of days before the last, and none follows it.
        """
        last = parts[-1]
        row = (last.id, last.digest, last.last_day.isoformat(), last.closing_fen, parts[0].name)
        if replaced is not None:
            statement: int | None = replaced.sequence
            self._db.execute(
                "UPDATE bank_statements SET id = ?, digest = ?, last_day = ?, closing = ?, name = ? WHERE sequence = ?",
                (*row, statement),
            )
        else:
            statement = self._db.execute(
                "INSERT INTO bank_statements (id, digest, last_day, closing, name, number, is_late)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*row, number, is_late),
            ).lastrowid
        self._keep(number, statement, [entry for part in parts for entry in part.entries])
        return [
            self._put("StatementBooked", number, statement, operator, now, msgspec.json.encode(part)) for part in parts
        ]

    def _keep(self, number: str, statement: int | None, entries: Iterable[LocalEntry]) -> None:
        self._db.executemany(
            "INSERT INTO bank_entries (number, content, ordinal, statement, record) VALUES (?, ?, ?, ?, ?)",
            [(number, entry.content, entry.ordinal, statement, msgspec.json.encode(entry)) for entry in entries],
        )

    def say(self, kind: str, number: str, fields: Fields, operator: str, now: int) -> int:
        """Write an officer's word about an account; returns the sequence of its message."""
        with self.batch():
            return self._put(kind, number, None, operator, now, msgspec.json.encode(fields))

    def _put(self, kind: str, number: str, statement: int | None, operator: str, now: int, fields: bytes) -> int:
        cursor = self._db.execute(
            "INSERT INTO bank_messages (kind, number, statement, operator, written_at, fields)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (kind, number, statement, operator, now, fields),
        )
        assert cursor.lastrowid is not None, "SQLite numbers the rows"
        return cursor.lastrowid

    # --- messages ---

    def waits(self) -> bool:
        """Whether there are messages that the adapter has not collected."""
        return self._db.execute("SELECT 1 FROM bank_messages WHERE event_id IS NULL").fetchone() is not None

    def outgoing(self, limit: int) -> list[BankRecord]:
        """Messages that the adapter has not collected, in order, at most `limit`."""
        rows = self._db.execute(
            "SELECT sequence, kind, number, operator, written_at, fields FROM bank_messages"
            " WHERE event_id IS NULL ORDER BY sequence LIMIT ?",
            (limit,),
        )
        return [BankRecord(*row) for row in rows]

    def collected(self, envelopes: Mapping[int, BankEnvelope], entries: Mapping[int, Sequence[bytes]]) -> None:
        """The adapter has these messages, by sequence, under their envelopes, and the entries of each under these ids.

        The entries are in the order of the part of a statement.
        """
        with self.batch():
            for sequence, envelope in envelopes.items():
                (number,) = self._db.execute(
                    "UPDATE bank_messages SET event_id = ?, state = ? WHERE sequence = ? RETURNING number",
                    (envelope.event_id, DocumentState.SENT, sequence),
                ).fetchone()
                self._db.execute("UPDATE bank_accounts SET account = ? WHERE number = ?", (envelope.account_id, number))
            for sequence, ids in entries.items():
                self.entries.known_by(sequence, ids)

    def note(self, outcomes: Mapping[bytes, Told]) -> None:
        """Keep what became of messages, by event id; those of others are passed over."""
        with self.batch():
            for event, told in outcomes.items():
                changed = self._db.execute(
                    "UPDATE bank_messages SET state = ?1, code = ?2, field = ?3 WHERE event_id = ?4 AND state < ?1"
                    " RETURNING kind, number, statement",
                    (told.state, told.code, told.field, event),
                ).fetchall()
                for kind, number, statement in changed if told.state is DocumentState.REJECTED else ():
                    self._forget(kind, number, statement)

    def _forget(self, kind: str, number: str, statement: int | None) -> None:
        if kind == "BankAccountOpened":
            self._db.execute("DELETE FROM bank_accounts WHERE number = ?", (number,))
        if statement is None:
            return
        row = self._db.execute("SELECT before FROM bank_statements WHERE sequence = ?", (statement,)).fetchone()
        self._db.execute("DELETE FROM bank_entries WHERE number = ? AND statement = ?", (number, statement))
        if row is None or row[0] is None:
            self._db.execute("DELETE FROM bank_statements WHERE sequence = ?", (statement,))
            return
        was = _decode_before(row[0])
        self._db.execute(
            "UPDATE bank_statements SET id = ?, digest = ?, last_day = ?, closing = ?, name = ?, before = ?"
            " WHERE sequence = ?",
            (*was.statement[1:], was.before, statement),
        )
        self._keep(number, statement, was.entries)

    def told(self, sequences: Sequence[int]) -> list[Told]:
        """What became of messages so far, in order of sequence."""
        found: list[Told] = []
        for start in range(0, len(sequences), _IDS_A_QUERY):
            part = sequences[start : start + _IDS_A_QUERY]
            sql = f"SELECT state, code, field FROM bank_messages WHERE sequence IN ({', '.join('?' * len(part))})"
            rows: list[Any] = self._db.execute(f"{sql} ORDER BY sequence", part).fetchall()
            found += [Told(DocumentState(state), code, field) for state, code, field in rows]
        return found
