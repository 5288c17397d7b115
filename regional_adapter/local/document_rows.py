"""How a local system's file stores documents: its tables, and a row as a typed document and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from jinbao.regional_adapter.local.local_system import DocumentState, IncomingDocument, LocalDocument

TABLES = """
CREATE TABLE IF NOT EXISTS documents_out (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT NOT NULL, attempt INTEGER NOT NULL,
    case_id TEXT NOT NULL, operator TEXT NOT NULL, written_at INTEGER NOT NULL, answers BLOB, relationship BLOB,
    person TEXT, scheme TEXT NOT NULL, fields BLOB NOT NULL, digest BLOB NOT NULL,
    UNIQUE (case_id, kind, key, attempt, digest));
CREATE TABLE IF NOT EXISTS documents_in (
    position INTEGER PRIMARY KEY AUTOINCREMENT, event_id BLOB NOT NULL, kind TEXT NOT NULL,
    transfer_id BLOB NOT NULL, relationship_id BLOB NOT NULL, sender TEXT NOT NULL, local_document TEXT NOT NULL,
    occurred_at INTEGER NOT NULL, arrived_at INTEGER NOT NULL, answers BLOB, fields BLOB NOT NULL,
    UNIQUE (event_id, sender));
CREATE INDEX IF NOT EXISTS documents_in_transfer ON documents_in (transfer_id);
CREATE INDEX IF NOT EXISTS documents_out_key ON documents_out (kind, key);
CREATE INDEX IF NOT EXISTS documents_out_answers ON documents_out (answers) WHERE answers IS NOT NULL;
CREATE INDEX IF NOT EXISTS documents_in_kind ON documents_in (kind);
CREATE TABLE IF NOT EXISTS transfers (case_id TEXT PRIMARY KEY, transfer_id BLOB NOT NULL UNIQUE) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS desk_waiting (case_id TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""

LATER_COLUMNS = {
    "corrected": "TEXT",
    "state": "INTEGER NOT NULL DEFAULT 0",
    "code": "TEXT",
    "field": "TEXT",
    "decided_at": "INTEGER",
    "change": "INTEGER",
    "released": "INTEGER NOT NULL DEFAULT 0",
}
"""Columns that earlier versions lacked. `corrected`: the identity number that this province found to be the right one;
`change`: place in the order in which outcomes came; `released`: 1 when what follows outside was done."""
FOLLOWED_AT_ONCE = (
    "UPDATE documents_out SET released = 1 WHERE kind <> 'FundsRemitted'"
    " OR sequence <= COALESCE((SELECT value FROM marks WHERE name = 'files out'), 0)"
)
"""Earlier versions let everything follow at once, except orders whose files were not written yet."""
KNOWN_BY_ID_ALONE = "event_id BLOB NOT NULL UNIQUE"
"""Earlier versions knew an incoming message by its id, whoever sent it."""
COPY_IN = (
    "INSERT INTO documents_in (position, event_id, kind, transfer_id, relationship_id, sender, local_document,"
    " occurred_at, arrived_at, answers, fields) SELECT position, event_id, kind, transfer_id, relationship_id, sender,"
    " local_document, occurred_at, arrived_at, answers, fields FROM documents_in_before"
)
STATE_INDEXES = """
CREATE INDEX IF NOT EXISTS documents_out_change ON documents_out (change) WHERE change IS NOT NULL;
CREATE INDEX IF NOT EXISTS documents_out_unreleased ON documents_out (kind, sequence) WHERE released = 0;
"""
OUT_COLUMNS = (
    "sequence, kind, key, attempt, case_id, operator, written_at, answers, fields, relationship, person, scheme,"
    " corrected, state, code, field, decided_at,"
    " (SELECT transfer_id FROM transfers t WHERE t.case_id = documents_out.case_id)"
)
IN_COLUMNS = (
    "event_id, kind, transfer_id, relationship_id, sender, local_document, occurred_at, arrived_at, fields, answers,"
    " position"
)


def conditions(**columns: str | bytes | None) -> tuple[str, tuple[str | bytes, ...]]:
    """A WHERE clause of the columns that are given, empty where none is, and its values."""
    given = {name: value for name, value in columns.items() if value is not None}
    where = " AND ".join(f"{name} = ?" for name in given)
    return (f" WHERE {where}" if where else "", tuple(given.values()))


def transfer_of(case: str) -> UUID | None:
    """The transfer id that a case's number is, where it is one."""
    try:
        return UUID(hex=case)
    except ValueError:
        return None


def raw(id_: UUID | None) -> bytes | None:
    """An id as it is stored."""
    return None if id_ is None else id_.bytes


def uuid_of(stored: bytes | None) -> UUID | None:
    """A stored id."""
    return None if stored is None else UUID(bytes=stored)


def outgoing_from_row(row: Sequence[Any]) -> LocalDocument:
    """The document in a row of OUT_COLUMNS."""
    sequence, kind, key, attempt, case, operator, written_at, answers, fields, *whose = row
    relationship, person, scheme, corrected, state, code, field, decided_at, transfer = whose
    return LocalDocument(
        sequence,
        kind,
        key,
        attempt,
        case,
        operator,
        written_at,
        uuid_of(answers),
        msgspec.json.decode(fields),
        uuid_of(relationship),
        person,
        scheme,
        corrected,
        DocumentState(state),
        code,
        field,
        decided_at,
        uuid_of(transfer),
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
        uuid_of(answers),
        position,
    )
