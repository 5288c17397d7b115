"""A province's own small system in one SQLite file: persons, applications, documents out and in.

It stands for what each province really has. Plain personal data lies only here, under DIR/local/.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from jinbao.regional_adapter.identifiers import transfer_id
from jinbao.regional_adapter.local_records import Account, Application, ContributionRow, LocalRecord, Person
from jinbao.regional_adapter.local_system import IncomingDocument, LocalDocument

_TABLES = """
CREATE TABLE IF NOT EXISTS persons (number TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accounts (number TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contributions (
    number TEXT NOT NULL, year INTEGER NOT NULL, first_month INTEGER NOT NULL, province TEXT NOT NULL,
    record BLOB NOT NULL, PRIMARY KEY (number, year, first_month, province)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS applications (
    position INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, person TEXT NOT NULL, transfer_id BLOB NOT NULL UNIQUE,
    record BLOB NOT NULL);
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
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""

_OUT = "sequence, kind, key, attempt, case_id, operator, written_at, answers, fields, relationship, person, scheme"
_IN = (
    "event_id, kind, transfer_id, relationship_id, sender, local_document, occurred_at, arrived_at, fields, answers,"
    " position"
)

R = TypeVar("R", bound=LocalRecord)


class UnknownCaseError(Exception):
    """A document names a case that is neither an application here nor a transfer that any message has spoken of."""


class EmbeddedLocalSystem:
    """One province's persons, applications and documents.

    Every command is its own transaction, unless it runs inside `batch()`. `durable=False` gives up surviving a power
    cut (never a crash of the program) for speed.
    """

    def __init__(self, path: Path | str, province: str, *, durable: bool = True) -> None:
        self.province = province
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(self.path, isolation_level=None, cached_statements=256, timeout=30.0)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        self._db.executescript(_TABLES)
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
        except BaseException:
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("ROLLBACK")
            raise
        self._depth -= 1
        if self._depth == 0:
            self._db.execute("COMMIT")

    # --- what a clerk or an import registers ---

    def register_person(self, person: Person) -> bool:
        """Keep a person, replacing an earlier record of the same number; False when nothing changed."""
        return self._put("persons", person.number, person)

    def register_account(self, account: Account) -> bool:
        """Keep the account data of a person; False when nothing changed."""
        return self._put("accounts", account.number, account)

    def register_contribution(self, row: ContributionRow) -> bool:
        """Keep a row of a person's history, replacing one of the same year, month and province; False if the same."""
        record = msgspec.json.encode(row)
        changed = self._db.execute(
            "INSERT INTO contributions (number, year, first_month, province, record) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (number, year, first_month, province) DO UPDATE SET record = excluded.record"
            " WHERE record IS NOT excluded.record",
            (row.number, row.year, row.first_month, row.province, record),
        ).rowcount
        return changed == 1

    def register_application(self, application: Application) -> bool:
        """Keep an application; another content under the same number is its next revision; False if the same."""
        with self.batch():
            before = self.application(application.number)
            revision = 1 if before is None else before.revision
            application = msgspec.structs.replace(application, revision=revision)
            if application == before:
                return False
            if before is not None:
                application = msgspec.structs.replace(application, revision=revision + 1)
            self._db.execute(
                "INSERT INTO applications (number, person, transfer_id, record) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (number) DO UPDATE SET person = excluded.person, record = excluded.record",
                (
                    application.number,
                    application.person,
                    transfer_id(self.province, application.number).bytes,
                    msgspec.json.encode(application),
                ),
            )
            return True

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
    ) -> int:
        """Write an outgoing document and return its sequence.

        `case` is the application's number, or the transfer id (32 hex digits) of an incoming message; `relationship`
        needs to be given only where no message of that transfer has come in. The same record again (kind, key, case,
        attempt, fields) writes nothing and returns the first one's sequence; other fields make a new document.
        Raises UnknownCaseError.
        """
        body = msgspec.json.encode(fields, order="sorted")
        digest = hashlib.sha256(body).digest()[:16]
        person = None if relationship else self._applicant(case)
        if relationship is None and person is None:
            relationship = self._relationship(case)
        written = self._db.execute(
            "INSERT INTO documents_out (kind, key, attempt, case_id, operator, written_at, answers, relationship,"
            " person, scheme, fields, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '110', ?, ?) ON CONFLICT DO NOTHING",
            (kind, key, attempt, case, operator, written_at, _raw(answers), _raw(relationship), person, body, digest),
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
        row = self._db.execute("SELECT person FROM applications WHERE number = ?", (case,)).fetchone()
        return str(row[0]) if row else None

    def _relationship(self, case: str) -> UUID:
        try:
            transfer = UUID(hex=case)
        except ValueError:
            raise UnknownCaseError("no such application here, and not a transfer id") from None
        row = self._db.execute(
            "SELECT relationship_id FROM documents_in WHERE transfer_id = ? LIMIT 1", (transfer.bytes,)
        ).fetchone()
        if row is None:
            raise UnknownCaseError(f"no message of transfer {transfer} has come in")
        return UUID(bytes=row[0])

    # --- what a clerk looks up ---

    def person(self, number: str) -> Person | None:
        """The person registered under that number."""
        return self._get("persons", number, Person)

    def account(self, number: str) -> Account | None:
        """The account data of the person with that number."""
        return self._get("accounts", number, Account)

    def contributions(self, number: str) -> list[ContributionRow]:
        """The person's history, in order of time."""
        rows = self._db.execute(
            "SELECT record FROM contributions WHERE number = ? ORDER BY year, first_month, province", (number,)
        )
        return [msgspec.json.decode(record, type=ContributionRow) for (record,) in rows]

    def application(self, number: str) -> Application | None:
        """The application with that number."""
        row = self._db.execute("SELECT record FROM applications WHERE number = ?", (number,)).fetchone()
        return msgspec.json.decode(row[0], type=Application) if row else None

    def applications(self) -> list[Application]:
        """All applications, in order of registration."""
        rows = self._db.execute("SELECT record FROM applications ORDER BY position")
        return [msgspec.json.decode(record, type=Application) for (record,) in rows]

    def application_of(self, transfer: UUID) -> Application | None:
        """The application that became that transfer, where it was made here."""
        row = self._db.execute("SELECT record FROM applications WHERE transfer_id = ?", (transfer.bytes,)).fetchone()
        return msgspec.json.decode(row[0], type=Application) if row else None

    def documents(self, *, case: str | None = None, kind: str | None = None) -> list[LocalDocument]:
        """Outgoing documents, in order, of one case or kind."""
        where, values = _conditions(case_id=case, kind=kind)
        rows = self._db.execute(f"SELECT {_OUT} FROM documents_out{where} ORDER BY sequence", values)
        return [_outgoing(row) for row in rows]

    def incoming(
        self, kind: str | None = None, *, since: int = 0, transfer: UUID | None = None, limit: int = -1
    ) -> list[IncomingDocument]:
        """Incoming documents with a position above `since`, in order of arrival, of one kind or transfer."""
        where, values = _conditions(kind=kind, transfer_id=_raw(transfer))
        where = f"{where} AND position > ?" if where else " WHERE position > ?"
        rows = self._db.execute(
            f"SELECT {_IN} FROM documents_in{where} ORDER BY position LIMIT ?", (*values, since, limit)
        )
        return [_incoming(row) for row in rows]

    def mark(self, name: str) -> int:
        """A named number that somebody working here remembers (how far a desk has read); 0 when never set."""
        row = self._db.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def set_mark(self, name: str, value: int) -> None:
        """Remember a named number."""
        self._db.execute("INSERT OR REPLACE INTO marks (name, value) VALUES (?, ?)", (name, value))

    # --- what the adapter does (LocalSystem) ---

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

    # --- one row of a record table ---

    def _put(self, table: str, number: str, record: LocalRecord) -> bool:
        changed = self._db.execute(
            f"INSERT INTO {table} (number, record) VALUES (?, ?) ON CONFLICT (number)"
            " DO UPDATE SET record = excluded.record WHERE record IS NOT excluded.record",
            (number, msgspec.json.encode(record)),
        ).rowcount
        return changed == 1

    def _get(self, table: str, number: str, type_: type[R]) -> R | None:
        row = self._db.execute(f"SELECT record FROM {table} WHERE number = ?", (number,)).fetchone()
        return msgspec.json.decode(row[0], type=type_) if row else None


def _conditions(**columns: str | bytes | None) -> tuple[str, tuple[str | bytes, ...]]:
    given = {name: value for name, value in columns.items() if value is not None}
    where = " AND ".join(f"{name} = ?" for name in given)
    return (f" WHERE {where}" if where else "", tuple(given.values()))


def _raw(id_: UUID | None) -> bytes | None:
    return None if id_ is None else id_.bytes


def _uuid(raw: bytes | None) -> UUID | None:
    return None if raw is None else UUID(bytes=raw)


def _outgoing(row: tuple[Any, ...]) -> LocalDocument:
    sequence, kind, key, attempt, case, operator, written_at, answers, fields, relationship, person, scheme = row
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
    )


def _incoming(row: tuple[Any, ...]) -> IncomingDocument:
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
