"""The journal of a province's files: which were taken in, by which way, and what became of each.

A file is known by its content and the version of the mapping that it is read by, whatever its name. The journal holds
names of files and lies with the province's own system, under `local/`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from jinbao.regional_adapter.files.mapping.mapping_file import Mapping
from jinbao.storage.sqlite_file import Layout, open_file

_TABLES = """
CREATE TABLE files (
    number INTEGER PRIMARY KEY, digest TEXT NOT NULL, mapping TEXT NOT NULL, file TEXT NOT NULL, way TEXT NOT NULL,
    who TEXT NOT NULL, state TEXT NOT NULL, begun INTEGER NOT NULL, at INTEGER NOT NULL, form TEXT NOT NULL DEFAULT '',
    accepted INTEGER NOT NULL DEFAULT 0, sent INTEGER NOT NULL DEFAULT 0, rejected INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0, code TEXT NOT NULL DEFAULT '', reason_zh TEXT NOT NULL DEFAULT '',
    reason_en TEXT NOT NULL DEFAULT '', rejects TEXT NOT NULL DEFAULT '',
    UNIQUE (digest, mapping, way)
);
"""
_LAYOUT = Layout((_TABLES,), application_id=0x4A424A46)  # "JBJF"
_CHUNK_BYTES = 1 << 20

Way = Literal["folder", "desk"]
"""By which a file came."""
State = Literal["begun", "waiting", "taken", "refused"]
"""`waiting`: it is not whole yet; `refused`: nothing of it was taken."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file."""

    state: State
    form: str = ""
    accepted: int = 0
    sent: int = 0
    """Of the accepted those that were new or changed something."""
    rejected: int = 0
    skipped: int = 0
    code: str = ""
    reason_zh: str = ""
    reason_en: str = ""
    rejects: str = ""
    """Path of the file of rejects."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that came. Instants are microseconds since 1970 UTC."""

    number: int
    digest: str
    mapping: str
    file: str
    way: Way
    who: str
    begun: int
    """How often it was begun without coming to an end."""
    at: int
    outcome: Outcome


_OUTCOME = "form, accepted, sent, rejected, skipped, code, reason_zh, reason_en, rejects"
_COLUMNS = f"number, digest, mapping, file, way, who, begun, at, state, {_OUTCOME}"


class Journal:
    """The open journal of one province."""

    def __init__(self, path: Path) -> None:
        """Raises OSError, sqlite3.Error, WrongFile where the file cannot be used."""
        self.path = path
        self._db = open_file(path, _LAYOUT, synchronous="FULL")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def begin(self, digest: str, mapping: str, file: str, way: Way, who: str, at: int) -> Entry:
        """Note that a file is about to be taken in, before it is; what was noted of the same content and way before."""
        self._db.execute(
            "INSERT OR IGNORE INTO files (digest, mapping, way, file, who, state, begun, at)"
            " VALUES (?, ?, ?, ?, ?, 'begun', 0, ?)",
            (digest, mapping, way, file, who, at),
        )
        found = self._one("digest = ? AND mapping = ? AND way = ?", (digest, mapping, way))
        assert found is not None, "it was noted"
        self._db.execute("UPDATE files SET begun = begun + 1 WHERE number = ?", (found.number,))
        return found

    def end(self, number: int, file: str, who: str, outcome: Outcome, at: int) -> None:
        """Note what became of it."""
        values = (file, who, at, *_values(outcome))
        self._db.execute(
            f"UPDATE files SET begun = 0, (file, who, at, state, {_OUTCOME}) = ({', '.join('?' * len(values))})"
            " WHERE number = ?",
            (*values, number),
        )

    def forget_waiting(self, besides: Collection[int] = ()) -> None:
        """Drop the files that waited for their rest and lie there no more as they were, `besides` those that do."""
        rows = self._db.execute("SELECT number FROM files WHERE state = 'waiting'").fetchall()
        gone = [row for row in rows if row[0] not in besides]
        self._db.executemany("DELETE FROM files WHERE number = ? AND state = 'waiting'", gone)

    def entry(self, number: int) -> Entry | None:
        """The file of that number."""
        return self._one("number = ?", (number,))

    def newest(self, limit: int) -> list[Entry]:
        """The newest files, newest first."""
        sql = f"SELECT {_COLUMNS} FROM files ORDER BY at DESC, number DESC LIMIT ?"
        return [_entry(row) for row in self._db.execute(sql, (limit,))]

    def _one(self, where: str, values: Sequence[object]) -> Entry | None:
        row = self._db.execute(f"SELECT {_COLUMNS} FROM files WHERE {where}", tuple(values)).fetchone()
        return None if row is None else _entry(row)


def digest_of(file: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal digits. Raises OSError."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def version_name(mapping: Mapping) -> str:
    """By what a version of a mapping is known in the journal."""
    return f"{mapping.name} {mapping.version}"


def _values(outcome: Outcome) -> tuple[object, ...]:
    o = outcome
    return (o.state, o.form, o.accepted, o.sent, o.rejected, o.skipped, o.code, o.reason_zh, o.reason_en, o.rejects)


def _entry(row: tuple[Any, ...]) -> Entry:
    number, digest, mapping, file, way, who, begun, at, *outcome = row
    return Entry(number, digest, mapping, file, way, who, begun, at, Outcome(*outcome))
