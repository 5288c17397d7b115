"""What the clerks' desk of a province remembers: who has which case, what was typed, what was submitted, and choices.

The file lies under `local/`, the one place for personal data in clear, beside the province's own system: what a clerk
has typed and not submitted is kept there as typed, for its owner alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from jinbao.storage.sqlite_file import Layout, open_file, transaction
from jinbao.web.province.waiting_cases import WAITING, WaitingCases

_TABLES = """
CREATE TABLE assignments (case_number TEXT PRIMARY KEY, clerk TEXT NOT NULL, since INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE drafts (
    clerk TEXT NOT NULL, case_number TEXT NOT NULL, form TEXT NOT NULL, fields BLOB NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (clerk, case_number, form)
) WITHOUT ROWID;
CREATE TABLE submissions (
    clerk TEXT NOT NULL, key TEXT NOT NULL, document INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (clerk, key)
) WITHOUT ROWID;
CREATE TABLE imports (
    import INTEGER PRIMARY KEY, clerk TEXT NOT NULL, file TEXT NOT NULL, form TEXT NOT NULL, taken INTEGER NOT NULL,
    unchanged INTEGER NOT NULL, bad INTEGER NOT NULL, rejects BLOB NOT NULL, at INTEGER NOT NULL
);
CREATE TABLE choices (clerk TEXT PRIMARY KEY, keys INTEGER NOT NULL) WITHOUT ROWID;
"""
_NO_IMPORTS = "DROP TABLE imports;"
"""What became of files stands in the journal of the province's files."""
_LAYOUT = Layout((_TABLES, WAITING, _NO_IMPORTS), application_id=0x4A424453)  # "JBDS"

Typed = Mapping[str, str]
"""Fields of a form as typed."""


class DeskStore:
    """The open file of one province. Instants are microseconds since 1970 UTC."""

    def __init__(self, path: Path) -> None:
        """Raises OSError, sqlite3.Error, WrongFile where the file cannot be used."""
        self._db = open_file(path, _LAYOUT, synchronous="FULL")
        self.waiting = WaitingCases(self._db)
        """What waits, in the order in which it is to be done."""

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else changes anything meanwhile; all changes of the block are kept, or none."""
        with transaction(self._db):
            yield

    # --- who has which case ---

    def holder(self, case: str) -> str | None:
        """The clerk who has the case."""
        row = self._db.execute("SELECT clerk FROM assignments WHERE case_number = ?", (case,)).fetchone()
        return str(row[0]) if row else None

    def take(self, case: str, clerk: str, at: int) -> bool:
        """Give a case that nobody has to a clerk; whether the clerk has it now."""
        self._db.execute("INSERT OR IGNORE INTO assignments VALUES (?, ?, ?)", (case, clerk, at))
        return self.holder(case) == clerk

    def move(self, case: str, clerk: str, at: int) -> None:
        """Give a case to a clerk, whoever had it."""
        self._db.execute("INSERT OR REPLACE INTO assignments VALUES (?, ?, ?)", (case, clerk, at))

    def give_back(self, case: str, clerk: str) -> None:
        """Let a case of the clerk's be nobody's."""
        self._db.execute("DELETE FROM assignments WHERE case_number = ? AND clerk = ?", (case, clerk))

    # --- what was typed ---

    def keep(self, clerk: str, case: str, form: str, fields: Typed, at: int) -> None:
        """Keep what a clerk has typed into a form of a case."""
        self._db.execute(
            "INSERT OR REPLACE INTO drafts VALUES (?, ?, ?, ?, ?)", (clerk, case, form, msgspec.json.encode(fields), at)
        )

    def kept(self, clerk: str, case: str, form: str) -> Typed:
        """What the clerk has typed there and not submitted; empty where nothing."""
        row = self._db.execute(
            "SELECT fields FROM drafts WHERE clerk = ? AND case_number = ? AND form = ?", (clerk, case, form)
        ).fetchone()
        return msgspec.json.decode(row[0], type=dict[str, str]) if row else {}

    def drafts_of(self, clerk: str) -> Sequence[str]:
        """Cases in which the clerk has begun a form."""
        rows = self._db.execute("SELECT DISTINCT case_number FROM drafts WHERE clerk = ?", (clerk,))
        return [case for (case,) in rows]

    def forget(self, clerk: str, case: str, form: str) -> None:
        """Drop what was typed: it was submitted, or is not wanted."""
        self._db.execute("DELETE FROM drafts WHERE clerk = ? AND case_number = ? AND form = ?", (clerk, case, form))

    # --- what was submitted ---

    def submitted(self, clerk: str, key: str) -> int | None:
        """The document that was written by the form with this key."""
        row = self._db.execute("SELECT document FROM submissions WHERE clerk = ? AND key = ?", (clerk, key)).fetchone()
        return int(row[0]) if row else None

    def remember(self, clerk: str, key: str, document: int, at: int) -> None:
        """The form with this key has been submitted."""
        self._db.execute("INSERT INTO submissions VALUES (?, ?, ?, ?)", (clerk, key, document, at))

    # --- choices ---

    def has_keys(self, clerk: str) -> bool:
        """Whether single keys do something; they do unless the clerk has switched them off."""
        row = self._db.execute("SELECT keys FROM choices WHERE clerk = ?", (clerk,)).fetchone()
        return row is None or bool(row[0])

    def set_keys(self, clerk: str, *, on: bool) -> None:
        """Switch the keys on or off."""
        self._db.execute("INSERT OR REPLACE INTO choices VALUES (?, ?)", (clerk, on))
