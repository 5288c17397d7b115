"""The table of what waits at a province's office: a row a case, made anew when the case has changed, read by an index.

A page costs by what it shows, however many cases the province has. Which pile a case lies on depends on the day: the
table knows when it is due, and a pile is a range of due days.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

WAITING = """
CREATE TABLE waiting (
    case_number TEXT PRIMARY KEY, rank INTEGER NOT NULL, due TEXT NOT NULL, clerk TEXT, row BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX waiting_of_clerk ON waiting (clerk, rank, due, case_number);
CREATE INDEX waiting_in_order ON waiting (rank, due, case_number);
CREATE INDEX waiting_held ON waiting (rank, due, case_number, clerk) WHERE clerk IS NOT NULL;
CREATE TABLE waiting_made (id INTEGER PRIMARY KEY CHECK (id = 1), by TEXT NOT NULL);
CREATE TRIGGER assignments_taken AFTER INSERT ON assignments BEGIN
    UPDATE waiting SET clerk = NEW.clerk WHERE case_number = NEW.case_number; END;
CREATE TRIGGER assignments_given_back AFTER DELETE ON assignments BEGIN
    UPDATE waiting SET clerk = NULL WHERE case_number = OLD.case_number; END;
"""
NO_DUE = "9999-12-31"
"""Stands where nothing is due: after all days."""


class Row(NamedTuple):
    """A case that waits."""

    case: str
    rank: int
    due: str
    """ISO day."""
    told: Mapping[str, Any]
    """What a list says of it that depends on no day."""


class Part(NamedTuple):
    """A part of the list: a rank, and the first and last due day."""

    rank: int
    first: str
    last: str


class WaitingCases:
    """The table in the desk's file."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def made_by(self) -> str | None:
        """By which rules the rows were made; None where none were."""
        row = self._db.execute("SELECT by FROM waiting_made").fetchone()
        return str(row[0]) if row else None

    def clear(self, made_by: str) -> None:
        """Drop all rows, to make them by other rules."""
        self._db.execute("DELETE FROM waiting")
        self._db.execute("INSERT OR REPLACE INTO waiting_made VALUES (1, ?)", (made_by,))

    def put(self, row: Row) -> None:
        """Keep the row of a case in the place of its earlier one; whoever has the case keeps it."""
        self._db.execute(
            "INSERT OR REPLACE INTO waiting VALUES"
            " (?1, ?2, ?3, (SELECT clerk FROM assignments WHERE case_number = ?1), ?4)",
            (row.case, row.rank, row.due, msgspec.json.encode(row.told)),
        )

    def drop(self, case: str) -> None:
        """The case waits no more."""
        self._db.execute("DELETE FROM waiting WHERE case_number = ?", (case,))

    def of_clerk(self, clerk: str | None, part: Part, limit: int) -> Iterator[tuple[Row, str | None]]:
        """Rows of a part that a clerk has, nobody for None; each with its clerk."""
        return self._rows("clerk IS ? AND rank = ? AND due BETWEEN ? AND ?", (clerk, *part), limit)

    def in_order(self, part: Part, limit: int) -> Iterator[tuple[Row, str | None]]:
        """Rows of a part, whoever has them."""
        return self._rows("rank = ? AND due BETWEEN ? AND ?", part, limit)

    def of_others(self, clerk: str, part: Part, limit: int) -> Iterator[tuple[Row, str | None]]:
        """Rows of a part that other clerks have."""
        where = "clerk IS NOT NULL AND rank = ? AND due BETWEEN ? AND ? AND clerk <> ?"
        return self._rows(where, (*part, clerk), limit)

    def count(self, part: Part) -> int:
        """How many rows a part has."""
        where = "rank = ? AND due BETWEEN ? AND ?"
        (number,) = self._db.execute(f"SELECT count(*) FROM waiting WHERE {where}", part).fetchone()
        return int(number)

    def count_of_clerk(self, clerk: str | None, part: Part) -> int:
        """How many of them a clerk has, nobody for None."""
        where = "clerk IS ? AND rank = ? AND due BETWEEN ? AND ?"
        (number,) = self._db.execute(f"SELECT count(*) FROM waiting WHERE {where}", (clerk, *part)).fetchone()
        return int(number)

    def clerks(self) -> list[str]:
        """Everybody who has something that waits."""
        rows = self._db.execute("SELECT DISTINCT clerk FROM waiting WHERE clerk IS NOT NULL ORDER BY clerk")
        return [clerk for (clerk,) in rows]

    def _rows(self, where: str, values: Sequence[object], limit: int) -> Iterator[tuple[Row, str | None]]:
        rows = self._db.execute(
            f"SELECT case_number, rank, due, row, clerk FROM waiting WHERE {where}"
            " ORDER BY rank, due, case_number LIMIT ?",
            (*values, limit),
        )
        for case, rank, due, told, clerk in rows.fetchall():
            yield Row(case, rank, due, msgspec.json.decode(told)), clerk
