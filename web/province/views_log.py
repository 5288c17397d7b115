"""The views log of a province: who has been shown the personal fields of a case in clear, when, and why.

A view is kept, on disk, before the fields are shown, or they are not shown. The file can only be appended to: triggers
refuse every change of what is in it. It lies under `local/`, since a reason may say something of the person.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from jinbao.presentation import formatting
from jinbao.service.province import Province
from jinbao.service.province_files import opening, working
from jinbao.storage.sqlite_file import Layout, open_file
from jinbao.web.accounts.users import User

_TABLES = """
CREATE TABLE views (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, user TEXT NOT NULL, role TEXT NOT NULL,
    case_number TEXT NOT NULL, ground TEXT NOT NULL, reason TEXT NOT NULL
);
CREATE TRIGGER views_never_change BEFORE UPDATE ON views BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER views_never_go BEFORE DELETE ON views BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER views_never_replaced BEFORE INSERT ON views WHEN EXISTS (SELECT 1 FROM views WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'append-only'); END;
"""
_LAYOUT = Layout((_TABLES,), application_id=0x4A425657)  # "JBVW"

Ground: TypeAlias = Literal["desk", "reason"]
"""Why it was allowed: the case lies on the clerk's desk, or a reason was given."""


class View(msgspec.Struct, frozen=True):
    """One view."""

    number: int
    """Counts up."""
    at: str
    user: str
    role: str
    case: str
    ground: Ground
    reason: str
    """As it was given; empty for a clerk at the desk."""


class ViewsLog:
    """The open file."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def record(self, user: User, case: str, ground: Ground, reason: str, at_us: int) -> None:
        """Keep a view; it is on disk when this returns. Raises sqlite3.Error."""
        self._db.execute(
            "INSERT INTO views (at, user, role, case_number, ground, reason) VALUES (?, ?, ?, ?, ?, ?)",
            (at_us, user.name, user.role, case, ground, reason),
        )

    def newest(self, limit: int, before: int | None = None) -> list[View]:
        """At most `limit` views, the newest first, of those before a number."""
        rows = self._db.execute(
            "SELECT number, at, user, role, case_number, ground, reason FROM views WHERE number < ?"
            " ORDER BY number DESC LIMIT ?",
            (2**63 - 1 if before is None else before, limit),
        )
        return [View(number, formatting.iso(at), *rest) for number, at, *rest in rows]


@contextmanager
def views_log(folder: Path, province: str) -> Iterator[ViewsLog]:
    """The log of a province in a data folder.

    Raises UserError, WrongFile, Unavailable where the file cannot be used.
    """
    file = Province(folder, province).views_file
    with opening(file):
        db = open_file(file, _LAYOUT, synchronous="FULL")
    with closing(db), working(folder, [file]):
        yield ViewsLog(db)
