"""Layout of a local system's file: its tables, and what files of earlier versions need."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from jinbao.storage.sqlite_file import Layout, statements

_DOCUMENTS = """
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

_LATER_COLUMNS = {
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
_FOLLOWED_AT_ONCE = (
    "UPDATE documents_out SET released = 1 WHERE kind <> 'FundsRemitted'"
    " OR sequence <= COALESCE((SELECT value FROM marks WHERE name = 'files out'), 0)"
)
"""Earlier versions let everything follow at once, except orders whose files were not written yet."""
_KNOWN_BY_ID_ALONE = "event_id BLOB NOT NULL UNIQUE"
"""Earlier versions knew an incoming message by its id, whoever sent it."""
_COPY_IN = (
    "INSERT INTO documents_in (position, event_id, kind, transfer_id, relationship_id, sender, local_document,"
    " occurred_at, arrived_at, answers, fields) SELECT position, event_id, kind, transfer_id, relationship_id, sender,"
    " local_document, occurred_at, arrived_at, answers, fields FROM documents_in_before"
)
_STATE_INDEXES = """
CREATE INDEX IF NOT EXISTS documents_out_change ON documents_out (change) WHERE change IS NOT NULL;
CREATE INDEX IF NOT EXISTS documents_out_unreleased ON documents_out (kind, sequence) WHERE released = 0;
"""

_RECORDS = """
CREATE TABLE IF NOT EXISTS persons (number TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accounts (number TEXT PRIMARY KEY, record BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contributions (
    number TEXT NOT NULL, year INTEGER NOT NULL, first_month INTEGER NOT NULL, province TEXT NOT NULL,
    record BLOB NOT NULL, PRIMARY KEY (number, year, first_month, province)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS applications (
    position INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, person TEXT NOT NULL, record BLOB NOT NULL,
    revision INTEGER NOT NULL, handled INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS applications_pending ON applications (position) WHERE revision > handled;
"""

_KEEP_EARLIER_IDS = """
INSERT OR IGNORE INTO transfers SELECT number, transfer_id FROM applications
    WHERE number IN (SELECT case_id FROM documents_out);
CREATE TABLE applications_now (
    position INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, person TEXT NOT NULL, record BLOB NOT NULL,
    revision INTEGER NOT NULL, handled INTEGER NOT NULL DEFAULT 0);
INSERT INTO applications_now SELECT position, number, person, record, revision, handled FROM applications;
DROP TABLE applications;
ALTER TABLE applications_now RENAME TO applications;
CREATE INDEX applications_pending ON applications (position) WHERE revision > handled;
"""
"""Applications that were sent before an id belonged to its person keep the id that they have."""


def _bring_over(db: sqlite3.Connection) -> None:
    """Files of before layouts were counted: each shape that they may have is recognized by itself."""
    row = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'documents_in'").fetchone()
    if row is not None and _KNOWN_BY_ID_ALONE in row[0]:
        db.execute("ALTER TABLE documents_in RENAME TO documents_in_before")
        _run(db, _DOCUMENTS)
        db.execute(_COPY_IN)
        db.execute("DROP TABLE documents_in_before")
    _run(db, _DOCUMENTS)
    has = _columns(db, "documents_out")
    for name, kind in _LATER_COLUMNS.items():
        if name not in has:
            db.execute(f"ALTER TABLE documents_out ADD COLUMN {name} {kind}")
    if "released" not in has:
        db.execute(_FOLLOWED_AT_ONCE)
    _run(db, _STATE_INDEXES + _RECORDS)
    if "transfer_id" in _columns(db, "applications"):
        _run(db, _KEEP_EARLIER_IDS)


def _run(db: sqlite3.Connection, script: str) -> None:
    for statement in statements(script):
        db.execute(statement)


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {column[1] for column in db.execute(f"PRAGMA table_info ({table})")}


_OWN_AGENCY = "CREATE TABLE IF NOT EXISTS own_agency (id INTEGER PRIMARY KEY CHECK (id = 1), record BLOB NOT NULL);"


def _let_follow(db: sqlite3.Connection) -> None:
    """`follows`: sequence of the annulment that must be accepted before a document goes out."""
    if "follows" not in _columns(db, "documents_out"):
        db.execute("ALTER TABLE documents_out ADD COLUMN follows INTEGER")
    db.execute("CREATE INDEX IF NOT EXISTS documents_out_follows ON documents_out (follows) WHERE follows IS NOT NULL")


_CHANGES = """
CREATE TABLE IF NOT EXISTS changed_cases (change INTEGER PRIMARY KEY AUTOINCREMENT, case_id TEXT NOT NULL UNIQUE);
CREATE INDEX IF NOT EXISTS documents_in_begins ON documents_in (local_document)
    WHERE kind IN ('ContactLetterIssued', 'TransferOffered');
"""
_NAME_IN = "COALESCE((SELECT case_id FROM transfers WHERE transfer_id = {0}), lower(hex({0})))"
_CHANGED_BY: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "documents_out": (("INSERT", "NEW.case_id", ""), ("UPDATE", "NEW.case_id", "")),
    "documents_in": (("INSERT", _NAME_IN.format("NEW.transfer_id"), "WHEN NEW.transfer_id <> zeroblob(16)"),),
    "applications": (("INSERT", "NEW.number", ""), ("UPDATE", "NEW.number", "")),
    "transfers": (("INSERT", "NEW.case_id", ""), ("INSERT", "lower(hex(NEW.transfer_id))", "")),
    "desk_waiting": (("INSERT", "NEW.case_id", ""), ("DELETE", "OLD.case_id", "")),
}
"""By table: what happens to a row, and which case has changed with it."""


def _note_changes(db: sqlite3.Connection) -> None:
    """`changed_cases`: each case that has changed since a work list was made of it, by whatever process."""
    _run(db, _CHANGES)
    for table, causes in _CHANGED_BY.items():
        for number, (event, case, when) in enumerate(causes):
            # not OR REPLACE: within a trigger the conflict clause of the outer statement counts instead
            db.execute(
                f"CREATE TRIGGER IF NOT EXISTS {table}_changed_{number} AFTER {event} ON {table} {when} BEGIN"
                f" DELETE FROM changed_cases WHERE case_id = {case};"
                f" INSERT INTO changed_cases (case_id) VALUES ({case}); END"
            )


_BANK = """
CREATE TABLE IF NOT EXISTS bank_accounts (
    number TEXT PRIMARY KEY, kind TEXT NOT NULL, account BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bank_statements (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, number TEXT NOT NULL, id TEXT NOT NULL, digest BLOB NOT NULL,
    last_day TEXT NOT NULL, closing INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS bank_statements_of ON bank_statements (number, id);
CREATE TABLE IF NOT EXISTS bank_entries (
    number TEXT NOT NULL, content BLOB NOT NULL, ordinal INTEGER NOT NULL, statement INTEGER NOT NULL,
    record BLOB NOT NULL, PRIMARY KEY (number, content, ordinal)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bank_messages (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, number TEXT NOT NULL, statement INTEGER,
    operator TEXT NOT NULL, written_at INTEGER NOT NULL, fields BLOB NOT NULL, event_id BLOB UNIQUE,
    state INTEGER NOT NULL DEFAULT 0, code TEXT, field TEXT);
CREATE INDEX IF NOT EXISTS bank_messages_unsent ON bank_messages (sequence) WHERE event_id IS NULL;
"""


def _let_replace(db: sqlite3.Connection) -> None:
    """`name`: what a statement's id is derived from; `before`: the one whose place it took, with its entries."""
    for column in {"name", "before"} - _columns(db, "bank_statements"):
        db.execute(f"ALTER TABLE bank_statements ADD COLUMN {column} BLOB")


def _let_come_late(db: sqlite3.Connection) -> None:
    """`is_late`: a statement of days without movement that came after those behind them; none follows it."""
    if "is_late" not in _columns(db, "bank_statements"):
        db.execute("ALTER TABLE bank_statements ADD COLUMN is_late INTEGER NOT NULL DEFAULT 0")


_MAPPINGS = """
CREATE TABLE IF NOT EXISTS bank_mappings (
    name TEXT NOT NULL, version INTEGER NOT NULL, content BLOB NOT NULL, PRIMARY KEY (name, version)) WITHOUT ROWID;
"""


def _remember_mappings(db: sqlite3.Connection) -> None:
    """`mapping`, `mapping_version`: by which an account's CSV statements were read last."""
    _run(db, _MAPPINGS)
    has = _columns(db, "bank_accounts")
    for name, kind in {"mapping": "TEXT", "mapping_version": "INTEGER"}.items():
        if name not in has:
            db.execute(f"ALTER TABLE bank_accounts ADD COLUMN {name} {kind}")


PERSON_NAME = "json_extract(CAST(record AS TEXT), '$.name')"
PERSONAL_NAME = "json_extract(CAST(fields AS TEXT), '$.personal.name')"
PERSONAL_NUMBER = "json_extract(CAST(fields AS TEXT), '$.personal.number')"
_FOUND_BY = f"""
CREATE INDEX IF NOT EXISTS applications_person ON applications (person);
CREATE INDEX IF NOT EXISTS persons_name ON persons ({PERSON_NAME});
CREATE INDEX IF NOT EXISTS documents_out_person ON documents_out (person) WHERE person IS NOT NULL;
CREATE INDEX IF NOT EXISTS documents_out_name ON documents_out ({PERSONAL_NAME}) WHERE {PERSONAL_NAME} IS NOT NULL;
CREATE INDEX IF NOT EXISTS documents_out_number ON documents_out ({PERSONAL_NUMBER})
    WHERE {PERSONAL_NUMBER} IS NOT NULL;
CREATE INDEX IF NOT EXISTS documents_in_name ON documents_in ({PERSONAL_NAME}) WHERE {PERSONAL_NAME} IS NOT NULL;
CREATE INDEX IF NOT EXISTS documents_in_number ON documents_in ({PERSONAL_NUMBER}) WHERE {PERSONAL_NUMBER} IS NOT NULL;
"""
"""By what a clerk finds a person's cases: expressions, word for word as a search writes them."""

_ENTRY_IDS = """
CREATE TABLE IF NOT EXISTS bank_entry_ids (
    entry BLOB PRIMARY KEY, number TEXT NOT NULL, content BLOB NOT NULL, ordinal INTEGER NOT NULL) WITHOUT ROWID;
"""

LOCAL_SYSTEM = Layout(
    (
        _bring_over,
        _OWN_AGENCY,
        _let_follow,
        _note_changes,
        _BANK,
        _let_replace,
        _let_come_late,
        _remember_mappings,
        _FOUND_BY,
        _ENTRY_IDS,
    )
)
"""The file of a province's own small system."""
