"""The documents of a province's small local system: what went out, what came in, and how far somebody has read.

One SQLite file, which `embedded_local_system` extends with persons and applications.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from jinbao.regional_adapter.identifiers import transfer_id
from jinbao.regional_adapter.local_system import IncomingDocument, LocalDocument

_TABLES = """
CREATE TABLE IF NOT EXISTS documents_out (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT NOT NULL, attempt INTEGER NOT NULL,
    case_id TEXT NOT NULL, operator TEXT NOT NULL, written_at INTEGER NOT NULL, answers BLOB, relationship BLOB,
    person TEXT, scheme TEXT NOT NULL, fields BLOB NOT NULL, digest BLOB NOT NULL,
    UNIQUE (case_id, kind, key, attempt, digest));
CREATE TABLE IF NOT EXISTS documents_in (
    position INTEGER PRIMARY KEY AUTOINCREMENT, event_id BLOB NOT NULL UNIQUE, kind TEXT NOT NULL,
    transfer_id BLOB NOT NULL, relationship_id BLOB NOT NULL, sender TEXT NOT NULL, local_document TEXT NOT NULL,
    occurred_at INTEGER NOT NULL, arrived_at INTEGER NOT NULL, answers BLOB, fields BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS documents_in_transfer ON documents_in (transfer_id);
CREATE INDEX IF NOT EXISTS documents_out_key ON documents_out (kind, key);
CREATE INDEX IF NOT EXISTS documents_out_answers ON documents_out (answers) WHERE answers IS NOT NULL;
CREATE INDEX IF NOT EXISTS documents_in_kind ON documents_in (kind);
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""

_CORRECTED = "ALTER TABLE documents_out ADD COLUMN corrected TEXT"
"""The identity number that this province found to be the right one."""
_OUT = (
    "sequence, kind, key, attempt, case_id, operator, written_at, answers, fields, relationship, person, scheme,"
    " corrected"
)
IN_COLUMNS = (
    "event_id, kind, transfer_id, relationship_id, sender, local_document, occurred_at, arrived_at, fields, answers,"
    " position"
)


LOCK_TIMEOUT_S = 120.0
"""How long to wait while another process, an import of a long file, writes."""


class UnknownCaseError(Exception):
    """A document names a case that is neither an application here nor a transfer that any message has spoken of."""


class DocumentBook:
    """Documents out and in, in one SQLite file.

    Every command is its own transaction, unless it runs inside `batch()`. `durable=False` gives up surviving a power
    cut (never a crash of the program) for speed. The folder, made when missing, is its owner's alone.
    """

    def __init__(self, path: Path | str, province: str, *, durable: bool = True) -> None:
        self.province = province
        self.path = Path(path)
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._db = sqlite3.connect(self.path, isolation_level=None, cached_statements=256, timeout=LOCK_TIMEOUT_S)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        self._db.executescript(_TABLES)
        if not any(column[1] == "corrected" for column in self._db.execute("PRAGMA table_info (documents_out)")):
            self._db.execute(_CORRECTED)
        self._depth = 0

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Make all commands inside one transaction: all are kept, or none when an exception leaves the block."""
        if self._depth == 0:
            self._db.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
            if self._depth == 1:
                self._db.execute("COMMIT")
        except BaseException:
            if self._depth == 1 and self._db.in_transaction:  # a full disk ends it by itself
                self._db.execute("ROLLBACK")
            raise
        finally:
            self._depth -= 1

    def write_document(
        self,
        kind: str,
        key: str,
        case: str,
        fields: Mapping[str, Any],
        operator: str,
        written_at: int,
        attempt: int = 1,
        answers: UUID | None = None,
        relationship: UUID | None = None,
        person: str | None = None,
    ) -> int:
        """Write an outgoing document and return its sequence.

        `case` is the application's number, or the transfer id (32 hex digits) of an incoming message; `relationship`
        needs to be given only where no message of that transfer has come in. `person` is given where the record begins
        something of its own (an offer, a certificate, a temporary account, money that nobody knows), whose number is
        `case`; later documents of it need no more than that number. The same record again (kind, key, case, attempt,
        fields) writes nothing and returns the first one's sequence; other fields make a new document.
        Raises UnknownCaseError.
        """
        body = msgspec.json.encode(fields, order="sorted")
        digest = hashlib.sha256(body).digest()[:16]
        corrected = None
        if relationship is None:
            person = person or self._applicant(case) or self._begun_for(case)
            relationship, corrected = self._moved_to(case, person)
            if relationship is None and person is None:
                relationship = self._relationship(case)
        written = self._db.execute(
            "INSERT INTO documents_out (kind, key, attempt, case_id, operator, written_at, answers, relationship,"
            " person, scheme, fields, digest, corrected) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '110', ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            (
                kind,
                key,
                attempt,
                case,
                operator,
                written_at,
                _raw(answers),
                _raw(relationship),
                person,
                body,
                digest,
                corrected,
            ),
        )
        if written.rowcount == 1:
            assert written.lastrowid is not None
            return written.lastrowid
        (sequence,) = self._db.execute(
            "SELECT sequence FROM documents_out WHERE case_id = ? AND kind = ? AND key = ? AND attempt = ?"
            " AND digest = ?",
            (case, kind, key, attempt, digest),
        ).fetchone()
        return int(sequence)

    def _applicant(self, case: str) -> str | None:
        """Number of the person whose application here has that number."""
        raise NotImplementedError

    def _begun_for(self, case: str) -> str | None:
        """The person of what began here under that number."""
        row = self._db.execute(
            "SELECT person FROM documents_out WHERE case_id = ? AND person IS NOT NULL LIMIT 1", (case,)
        ).fetchone()
        return str(row[0]) if row else None

    def _moved_to(self, case: str, person: str | None) -> tuple[UUID | None, str | None]:
        """Where the case goes on after a correction of the identity: its relationship, or the right number.

        The relationship is that of the platform's newest word on it; the number that of a correction of our own which
        the platform has not yet carried out and not rejected.
        """
        transfer = transfer_id(self.province, case) if person is not None else _transfer(case)
        moved, relationship = -1, None
        if transfer is not None:
            row = self._db.execute(
                "SELECT arrived_at, relationship_id FROM documents_in WHERE transfer_id = ? AND kind = 'CaseContinued'"
                " ORDER BY position DESC LIMIT 1",
                (transfer.bytes,),
            ).fetchone()
            if row is not None:
                moved, relationship = row[0], UUID(bytes=row[1])
        own = [d for d in self.documents(case=case, kind="IdentityCorrected") if d.written_at > moved]
        if own and transfer is not None:
            rejected = {
                answer.fields.get("document", {}).get("sequence")
                for answer in self.incoming("SubmissionAnswered", transfer=transfer)
            }
            standing = [d for d in own if d.sequence not in rejected]
            if standing:
                return relationship, str(standing[-1].fields["personal"]["number"])
        return relationship, None

    def _relationship(self, case: str) -> UUID:
        transfer = _transfer(case)
        if transfer is None:
            raise UnknownCaseError("no such application here, and not a transfer id")
        row = self._db.execute(
            "SELECT relationship_id FROM documents_in WHERE transfer_id = ?"
            " ORDER BY kind = 'SubmissionAnswered', position DESC LIMIT 1",
            (transfer.bytes,),
        ).fetchone()
        if row is None:
            raise UnknownCaseError(f"no message of transfer {transfer} has come in")
        return UUID(bytes=row[0])

    def documents(
        self, *, case: str | None = None, kind: str | None = None, key: str | None = None
    ) -> list[LocalDocument]:
        """Outgoing documents, in order, of one case, kind or record."""
        where, values = _conditions(case_id=case, kind=kind, key=key)
        rows = self._db.execute(f"SELECT {_OUT} FROM documents_out{where} ORDER BY sequence", values)
        return [_outgoing(row) for row in rows]

    def incoming(
        self, kind: str | None = None, *, since: int = 0, transfer: UUID | None = None, limit: int = -1
    ) -> list[IncomingDocument]:
        """Incoming documents with a position above `since`, in order of arrival, of one kind or transfer."""
        where, values = _conditions(kind=kind, transfer_id=_raw(transfer))
        where = f"{where} AND position > ?" if where else " WHERE position > ?"
        rows = self._db.execute(
            f"SELECT {IN_COLUMNS} FROM documents_in{where} ORDER BY position LIMIT ?", (*values, since, limit)
        )
        return [incoming_from_row(row) for row in rows]

    def mark(self, name: str) -> int:
        """A named number that somebody working here remembers (how far a desk has read); 0 when never set."""
        row = self._db.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def set_mark(self, name: str, value: int) -> None:
        """Remember a named number."""
        self._db.execute("INSERT OR REPLACE INTO marks (name, value) VALUES (?, ?)", (name, value))

    def unanswered(self, kind: str, answers: Sequence[str]) -> list[IncomingDocument]:
        """Incoming documents of a kind that no outgoing document of the kinds `answers` answers, in order."""
        kinds = ", ".join("?" * len(answers))
        rows = self._db.execute(
            f"SELECT {IN_COLUMNS} FROM documents_in i WHERE kind = ? AND NOT EXISTS (SELECT 1 FROM documents_out o"
            f" WHERE o.answers = i.event_id AND o.kind IN ({kinds})) ORDER BY position",
            (kind, *answers),
        )
        return [incoming_from_row(row) for row in rows]

    def version(self) -> tuple[int, int]:
        """Another value whenever anybody has written to the file."""
        (others,) = self._db.execute("PRAGMA data_version").fetchone()
        return int(others), self._db.total_changes

    def last_sequence(self) -> int:
        """Sequence of the newest outgoing document; 0 where there is none."""
        (sequence,) = self._db.execute("SELECT COALESCE(MAX(sequence), 0) FROM documents_out").fetchone()
        return int(sequence)

    def outgoing(self, after: int, limit: int) -> Sequence[LocalDocument]:
        """Documents with a sequence above `after`, in order, at most `limit`."""
        rows = self._db.execute(
            f"SELECT {_OUT} FROM documents_out WHERE sequence > ? ORDER BY sequence LIMIT ?", (after, limit)
        )
        return [_outgoing(row) for row in rows]

    def deliver(self, documents: Sequence[IncomingDocument]) -> None:
        """Take incoming messages, all or none; one that is already there (same event id) changes nothing."""
        rows = [
            (
                d.event_id.bytes,
                d.kind,
                d.transfer_id.bytes,
                d.relationship_id.bytes,
                d.sender,
                d.local_document,
                d.occurred_at,
                d.arrived_at,
                msgspec.json.encode(d.fields),
                _raw(d.answers),
            )
            for d in documents
        ]
        with self.batch():
            self._db.executemany(
                "INSERT INTO documents_in (event_id, kind, transfer_id, relationship_id, sender, local_document,"
                " occurred_at, arrived_at, fields, answers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                rows,
            )


def _conditions(**columns: str | bytes | None) -> tuple[str, tuple[str | bytes, ...]]:
    given = {name: value for name, value in columns.items() if value is not None}
    where = " AND ".join(f"{name} = ?" for name in given)
    return (f" WHERE {where}" if where else "", tuple(given.values()))


def _transfer(case: str) -> UUID | None:
    """The transfer id that a case's number is, where it is one."""
    try:
        return UUID(hex=case)
    except ValueError:
        return None


def _raw(id_: UUID | None) -> bytes | None:
    return None if id_ is None else id_.bytes


def _uuid(raw: bytes | None) -> UUID | None:
    return None if raw is None else UUID(bytes=raw)


def _outgoing(row: tuple[Any, ...]) -> LocalDocument:
    sequence, kind, key, attempt, case, operator, written_at, answers, fields, *whose = row
    relationship, person, scheme, corrected = whose
    return LocalDocument(
        sequence,
        kind,
        key,
        attempt,
        case,
        operator,
        written_at,
        _uuid(answers),
        msgspec.json.decode(fields),
        _uuid(relationship),
        person,
        scheme,
        corrected,
    )


def incoming_from_row(row: Sequence[Any]) -> IncomingDocument:
    """The document in a row of IN_COLUMNS."""
    event_id, kind, transfer, relationship, sender, document, occurred_at, arrived_at, fields, answers, position = row
    return IncomingDocument(
        UUID(bytes=event_id),
        kind,
        UUID(bytes=transfer),
        UUID(bytes=relationship),
        sender,
        document,
        occurred_at,
        arrived_at,
        msgspec.json.decode(fields),
        _uuid(answers),
        position,
    )
