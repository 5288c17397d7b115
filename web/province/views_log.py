"""The views log of a province: who has been shown the personal fields of a case in clear, when, and why.

A view is kept, on disk, before the fields are shown, or they are not shown. The file can only be appended to: triggers
refuse every change of what is in it. It lies under `local/`, since a reason may say something of the person.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from jinbao.presentation import formatting
from jinbao.schemas.accesses import LONGEST, SHORT, Access, Way
from jinbao.service.province import Province
from jinbao.service.province_files import opening, working
from jinbao.storage.sqlite_file import Layout, open_file

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
_WHAT_AND_WHOM = """
ALTER TABLE views ADD COLUMN action TEXT NOT NULL DEFAULT 'view';
ALTER TABLE views ADD COLUMN transfer TEXT NOT NULL DEFAULT '';
ALTER TABLE views ADD COLUMN way TEXT NOT NULL DEFAULT 'page';
CREATE TABLE log_name (name TEXT NOT NULL);
INSERT INTO log_name VALUES (lower(hex(randomblob(4))));
"""
_LAYOUT = Layout((_TABLES, _WHAT_AND_WHOM), application_id=0x4A425657)  # "JBVW"

Ground: TypeAlias = Literal["desk", "reason", "bank"]
"""Why it was allowed: the case lies on the clerk's desk, a reason was given, or it is a break of the own bank's."""


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


MOST_TOLD = 200
"""Views that are told at once."""


class Seen(NamedTuple):
    """Who is about to see what, and why."""

    user: str
    role: str
    case: str
    ground: Ground
    reason: str
    """Empty for a clerk at the desk."""
    action: str
    """`view` of a record, `form` as a paper, `fill_in`: what is known of a person whose number was typed, `bank_words`:
    what a bank says of the entries of a break, which then stands in place of the case."""
    transfer: str
    """Its id; empty where there is none yet."""
    way: Way = "page"


class ViewsLog:
    """The open file."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def record(self, seen: Seen, at_us: int) -> None:
        """Keep a view; it is on disk when this returns. Raises sqlite3.Error."""
        self._db.execute(
            "INSERT INTO views (at, user, role, case_number, ground, reason, action, transfer, way) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (at_us, *seen),
        )

    @property
    def name(self) -> str:
        """Made with the file: one that was begun anew in its place has another, and so shows."""
        return str(self._db.execute("SELECT name FROM log_name").fetchone()[0])

    def go_on_behind(self, number: int) -> None:
        """Number what comes next behind that number: an old copy that was put back does not tell its numbers twice."""
        if (
            self._db.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'views'", (number,)).rowcount
            == 0
        ):
            self._db.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('views', ?)", (number,))

    def accesses(self, province: str, after: int, limit: int = MOST_TOLD) -> list[Access]:
        """Views behind a number, in order, as the national log has them."""
        rows = self._db.execute(
            "SELECT number, at, user, role, way, action, ground, reason, case_number, transfer FROM views "
            "WHERE number > ? ORDER BY number LIMIT ?",
            (after, limit),
        )
        return [
            Access(
                number,
                at,
                user[:SHORT],
                role,
                way,
                action,
                ground=ground,
                reason=reason[:LONGEST],
                province=province,
                case=case[:LONGEST],
                transfer=transfer,
            )
            for number, at, user, role, way, action, ground, reason, case, transfer in rows
        ]

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
