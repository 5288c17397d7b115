"""The embedded database: one SQLite file for the log and one for the read models, each with one writer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, Table, create_engine, event

from jinbao.language.words import Words
from jinbao.platform.store.bulk import Bulk, Changes, Patches, Recovery, Row, Upsert
from jinbao.storage import sqlite_file
from jinbao.storage.sqlite_file import FileInUse, UseLock, make_private

BUSY_TIMEOUT_S = 30
CACHE_KIB = 65_536
CHECKPOINT_PAGES = 10_000
SELECT_IN_CHUNK = 1_000
MAPPED_BYTES = 1 << 36
"""As much as SQLite was built to map, 2 GiB mostly."""


class SqliteBulk(Bulk):
    """Batched statements by the driver's own executemany."""

    def insert(self, table: Table, rows: Sequence[Row]) -> None:
        """Insert rows whose values are in the order of the table's columns."""
        if rows:
            self.connection.exec_driver_sql(_insert(table), list(rows))

    def patch(self, spec: Patches, changes: Changes) -> None:
        """One statement for each set of columns that change together: each NULL bound would cost like a value."""
        by_columns: dict[tuple[str, ...], list[Row]] = {}
        for key in sorted(changes):
            changed = changes[key]
            by_columns.setdefault(tuple(changed), []).append((key, *changed.values()))
        for columns, rows in by_columns.items():
            self.connection.exec_driver_sql(_patch(spec, columns), rows)

    def delete(self, table: Table, column: str, values: Sequence[Any]) -> None:
        """Delete the rows whose column has one of the values."""
        if values:
            self.connection.exec_driver_sql(f"DELETE FROM {table.name} WHERE {column} = ?", [(v,) for v in values])

    def select_in(self, sql: str, values: Sequence[Any], tail: str = "") -> Iterator[Row]:
        """Rows of `sql` + ` IN (…)` + `tail`, in chunks of values; each chunk is ordered by the tail."""
        for start in range(0, len(values), SELECT_IN_CHUNK):
            chunk = tuple(values[start : start + SELECT_IN_CHUNK])
            marks = ", ".join("?" * len(chunk))
            yield from self.connection.exec_driver_sql(f"{sql} IN ({marks}) {tail}", chunk).fetchall()

    def lock_log(self) -> None:
        """Nothing to do: a writing transaction holds the database from its beginning."""

    def lock_models(self) -> None:
        """Nothing to do, for the same reason."""

    def _upsert(self, spec: Upsert, rows: Sequence[Row]) -> None:
        self.connection.exec_driver_sql(_upsert(spec.table, spec.columns, spec.on_conflict), list(rows))


class FileTurn:
    """A task's turn by a lock file beside the database, which the kernel frees when the process dies."""

    def __init__(self, database: Path, task: str) -> None:
        self._task = database.with_name(f"{database.name}-{task}")
        self._turn: UseLock | None = None

    def take(self) -> bool:
        """Whether this process has the turn now. Raises OSError where the lock file cannot be made."""
        if self._turn is None:
            try:
                self._turn = UseLock(self._task, alone=True)
            except FileInUse:
                return False
        return True

    def give_back(self) -> None:
        """Let others have it."""
        if self._turn is not None:
            self._turn.close()
            self._turn = None

    close = give_back


@lru_cache(maxsize=64)
def _insert(table: Table) -> str:
    return _values(table.name, tuple(c.name for c in table.columns))


@lru_cache(maxsize=64)
def _upsert(table: Table, columns: tuple[str, ...], on_conflict: str) -> str:
    return f"{_values(table.name, columns)} {on_conflict}"


@lru_cache(maxsize=1_024)
def _patch(spec: Patches, columns: tuple[str, ...]) -> str:
    return f"{_values(spec.table.name, (spec.key, *columns))} {spec.on_conflict(columns)}"


def _values(name: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def models_file(database: Path) -> Path:
    """The file of the read models, beside that of the log: so neither waits for the other's writer."""
    return database.with_name(f"{database.stem}-projections{database.suffix}")


def open_sqlite(url: URL, *, durable: bool, mapped: bool = False) -> tuple[Engine, Engine, Engine]:
    """Engines for writing the log, for reading both files as one, and for writing the read models.

    Makes the files for this user alone; raises OSError where it cannot. The read models can be built again from the
    log, so a failing machine may take their last rows, with the positions that speak of them. `mapped`: reading maps
    the files into memory, which saves a call of the system for each page; a file that is cut short ends the process.
    """
    assert url.database
    log, models = Path(url.database), models_file(Path(url.database))
    make_private(log)
    make_private(models)
    writing = _engine(url, "FULL" if durable else "OFF")
    reading = _engine(url, "OFF", begin="BEGIN", attached=models, mapped=MAPPED_BYTES if mapped else 0)
    return writing, reading, _engine(url.set(database=str(models)), "NORMAL" if durable else "OFF")


def _engine(
    url: URL, synchronous: str, *, begin: str = "BEGIN IMMEDIATE", attached: Path | None = None, mapped: int = 0
) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False})

    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode = WAL",
            f"synchronous = {synchronous}",
            f"cache_size = -{CACHE_KIB}",
            f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
            f"mmap_size = {mapped}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        if attached is not None:
            connection.execute("ATTACH DATABASE ? AS projections", (str(attached),))

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def recovery(error: BaseException | None) -> Recovery:
    """What may help against an error of the driver."""
    return "retry" if sqlite_file.code(error) in sqlite_file.PASSING else "none"


def advice(error: BaseException | None) -> Words:
    """What to do about an error of the driver."""
    if "no such table" in str(error):
        return "请指明平台的数据库文件", "name the file of a platform"
    lost = (
        "请指明平台的文件，或停止所有进程并恢复备份",
        "name a platform's file, or stop every process and restore its backup",
    )
    return sqlite_file.advice(error, when_damaged=lost)
