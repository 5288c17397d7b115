"""The file `key-uses.sqlite`: who asked the key service for what, when and why; only appended to, without numbers."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, NamedTuple
from uuid import UUID

from jinbao.keys.key_ring import ENTRY_SECRET
from jinbao.rules.working_days import day_of
from jinbao.service.errors import Unavailable
from jinbao.storage.sqlite_file import Layout, advice, open_file, open_for_reading, transaction

NAME = "key-uses.sqlite"
"""Below the data folder."""

Action = Literal["look_up", "seal", "open", "escrow", "recover", "delete"]
"""What a province asked for, and what was done with the ring itself: then there is no province, and `why` begins with
who did it."""
Outcome = Literal["given", "limit", "withheld", "deleted", "unknown"]
"""limit: the day's look-ups are used up; withheld: the log has sent the province nothing that the key opens."""

_TABLES = """
CREATE TABLE uses (
    number INTEGER PRIMARY KEY, at INTEGER NOT NULL, day TEXT NOT NULL, province TEXT NOT NULL, action TEXT NOT NULL,
    relationship BLOB,         -- NULL where none is known
    why TEXT NOT NULL,         -- kind of document or message, as the adapter names it
    outcome TEXT NOT NULL,
    counts INTEGER NOT NULL,   -- 1: the first time that this province asks for this relationship
    times INTEGER NOT NULL     -- how often, where one row stands for several that were refused
);
CREATE INDEX uses_asked ON uses (province, relationship);
CREATE INDEX uses_of_day ON uses (day, province, outcome);
CREATE TRIGGER uses_kept BEFORE UPDATE ON uses BEGIN SELECT RAISE(ABORT, 'only appended to'); END;
CREATE TRIGGER uses_all_kept BEFORE DELETE ON uses BEGIN SELECT RAISE(ABORT, 'only appended to'); END;
"""
_NAME = """
CREATE TABLE log_name (name TEXT NOT NULL);
INSERT INTO log_name VALUES (lower(hex(randomblob(4))));
"""
_LAYOUT = Layout((_TABLES, _NAME), application_id=0x4A424B55)  # "JBKU"
_COLUMNS = "at, province, action, relationship, why, outcome, times"
_INSERT = (
    "INSERT INTO uses (at, day, province, action, relationship, why, outcome, counts, times) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def recorded_id(relationship: UUID, scheme: str) -> UUID:
    """The id that a look-up is recorded under: not what it gives where that is a secret from which ids are derived."""
    if scheme != ENTRY_SECRET:
        return relationship
    return UUID(bytes=sha256(relationship.bytes).digest()[:16])


class Use(NamedTuple):
    """What was asked for, and what came of it."""

    relationship: UUID | None
    why: str
    outcome: Outcome
    counts: bool = False
    times: int = 1


class Refused(NamedTuple):
    """What a province was refused today for its limit."""

    since_us: int
    times: int


class Uses:
    """The open file, which threads share. Instants are microseconds since 1970 UTC; days are those of Shanghai."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        """Opens or makes it in the data folder. Raises Unavailable."""
        self.path = folder / NAME
        with self._explained():
            self._db = open_file(
                self.path, _LAYOUT, synchronous="FULL" if durable else "NORMAL", shared_by_threads=True
            )
        self._one_at_a_time = threading.Lock()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError:
            raise
        except (OSError, sqlite3.Error) as error:
            zh, en = advice(error, when_damaged=("请恢复备份", "restore its backup"))
            raise Unavailable(f"{self.path}：{error}；{zh}", f"{self.path}: {error}; {en}") from None

    @contextmanager
    def asking(self) -> Iterator[Asking]:
        """One request: what it finds and what it records is one transaction. Raises Unavailable."""
        with self._one_at_a_time, self._explained(), transaction(self._db):
            yield Asking(self._db)

    def name(self) -> str:
        """The record's name, made with it: one that was begun anew in its place has another. Raises Unavailable."""
        with self._one_at_a_time, self._explained():
            return str(self._db.execute("SELECT name FROM log_name").fetchone()[0])

    def rename(self) -> None:
        """Another name: an old copy was put back, and tells under a new one what it has. Raises Unavailable."""
        with self._one_at_a_time, self._explained(), transaction(self._db):
            self._db.execute("UPDATE log_name SET name = lower(hex(randomblob(4)))")

    def behind(self, number: int, limit: int) -> list[tuple[int, Recorded]]:
        """At most so many rows behind a number, in order, each with its own. Raises Unavailable."""
        sql = f"SELECT number, {_COLUMNS} FROM uses WHERE number > ? ORDER BY number LIMIT ?"
        with self._one_at_a_time, self._explained():
            return [(row[0], _recorded(row[1:])) for row in self._db.execute(sql, (number, limit))]

    def last(self) -> int:
        """The highest number; 0 where there is none. Raises Unavailable."""
        with self._one_at_a_time, self._explained():
            return int(self._db.execute("SELECT COALESCE(MAX(number), 0) FROM uses").fetchone()[0])

    def close(self) -> None:
        """Close it."""
        with self._one_at_a_time:
            self._db.close()


class Asking:
    """What a request may look up and record."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def known(self, province: str, relationships: Collection[UUID]) -> set[UUID]:
        """Those that the province was given before: to be told again is nothing new."""
        sql = "SELECT 1 FROM uses WHERE province = ? AND relationship = ? AND outcome = 'given' LIMIT 1"
        return {one for one in relationships if self._db.execute(sql, (province, one.bytes)).fetchone()}

    def counted(self, province: str, now_us: int) -> int:
        """New relationships that it was given that day."""
        sql = "SELECT coalesce(sum(counts), 0) FROM uses WHERE day = ? AND province = ? AND outcome = 'given'"
        row = self._db.execute(sql, (day_of(now_us).isoformat(), province)).fetchone()
        return int(row[0])

    def record(self, province: str, action: Action, uses: Iterable[Use], now_us: int) -> None:
        """Append what was asked for."""
        day = day_of(now_us).isoformat()
        rows = [
            (
                now_us,
                day,
                province,
                action,
                None if use.relationship is None else use.relationship.bytes,
                use.why,
                use.outcome,
                int(use.counts),
                use.times,
            )
            for use in uses
        ]
        self._db.executemany(_INSERT, rows)


class Recorded(NamedTuple):
    """One row of the record."""

    at_us: int
    province: str
    action: Action
    relationship: UUID | None
    why: str
    outcome: Outcome
    times: int


def recorded(folder: Path, province: str | None, limit: int) -> list[Recorded]:
    """The newest rows first, of one province or of all; nothing where no key service runs. Raises sqlite3.Error."""
    file = folder / NAME
    if not file.is_file():
        return []
    where, values = ("", ()) if province is None else ("WHERE province = ?", (province,))
    with closing(open_for_reading(file)) as db:
        rows = db.execute(f"SELECT {_COLUMNS} FROM uses {where} ORDER BY number DESC LIMIT ?", (*values, limit))
        return [_recorded(row) for row in rows]


def _recorded(row: tuple[Any, ...]) -> Recorded:
    at, code, action, relationship, why, outcome, times = row
    return Recorded(at, code, action, None if relationship is None else UUID(bytes=relationship), why, outcome, times)


def refused_on(folder: Path, now_us: int) -> Mapping[str, Refused]:
    """Province → what it was refused that day for its limit; nothing where no key service runs here.

    Raises sqlite3.Error.
    """
    file = folder / NAME
    if not file.is_file():
        return {}
    sql = (
        "SELECT province, min(at), sum(times) FROM uses WHERE day = ? AND outcome = 'limit' "
        "GROUP BY province ORDER BY province"
    )
    with closing(open_for_reading(file)) as db:
        rows: Sequence[tuple[str, int, int]] = db.execute(sql, (day_of(now_us).isoformat(),)).fetchall()
    return {province: Refused(since, times) for province, since, times in rows}
