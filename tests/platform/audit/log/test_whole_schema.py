"""Every table of the database is walked: a row altered in any column, deleted or added is seen, or said not to be.

What a verification does not cover it names, table or column, in `not_covered`.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from jinbao.platform.audit.history.folds import NOT_COVERED, different_folds
from jinbao.platform.audit.history.fresh_fold import table_digest
from jinbao.platform.audit.log.verify import verify_log
from jinbao.platform.projections.catalogue import TABLES
from jinbao.platform.projections.past import Past
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.sqlite import SqliteBulk
from jinbao.platform.store.store import Store

OPEN = {name for name, _ in NOT_COVERED if name}
READ_MODELS = {table.name for table in TABLES}


def tables_of(file: Path) -> dict[str, list[str]]:
    """Table → columns, as the file has them."""
    with closing(sqlite3.connect(file)) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: [row[1] for row in database.execute(f"PRAGMA table_info({name})")] for name in names}


class Walk:
    """Changes one thing at a time, asks whether it is seen, and takes it back."""

    def __init__(self, store: Store, seen: Callable[[Bulk, str], bool]) -> None:
        self._store, self._seen = store, seen

    def unseen(self, table: str, *statements: str) -> list[str]:
        """Those of the statements that changed something that nobody saw."""
        found = []
        for statement in statements:
            backend = self._store._backend
            engine = backend.models if table in READ_MODELS else backend.writing
            with engine.connect() as connection, connection.begin() as transaction:
                bulk = SqliteBulk(connection)
                changed = bulk.execute(statement).rowcount
                if changed > 0 and not self._seen(bulk, table):
                    found.append(statement)
                transaction.rollback()
        return found


def changes(table: str, columns: list[str]) -> Iterator[tuple[str, str]]:
    """(What it touches, statement): the last row with another value in each column, deleted, and there once more."""
    row = f"rowid = (SELECT MAX(rowid) FROM {table})"
    for column in columns:
        value = f"CASE typeof({column}) WHEN 'integer' THEN {column} + 1 WHEN 'text' THEN {column} || 'x' "
        value += f"WHEN 'blob' THEN CAST({column} || X'01' AS BLOB) ELSE 1 END"
        yield f"{table}.{column}", f"UPDATE OR IGNORE {table} SET {column} = {value} WHERE {row}"
    yield table, f"DELETE FROM {table} WHERE {row}"
    key = columns[0]
    rest = ", ".join(columns[1:])
    copied = f"SELECT {key} + 1000000{', ' if rest else ''}{rest} FROM {table} WHERE {row}"
    yield table, f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) {copied}"


@pytest.fixture(scope="module")
def walked(recorded: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("walked") / "copy"
    shutil.copytree(recorded.folder, folder, ignore=shutil.ignore_patterns("bus*"))
    copied = type(recorded)(folder)
    with closing(copied.store()) as store:
        yield copied, store


def test_the_log_and_what_stands_beside_it(walked: Any) -> None:
    copied, store = walked

    def seen(bulk: Bulk, table: str) -> bool:
        found = verify_log(bulk, copied.policy)
        return bool(found.bad) or bool(list(different_folds(bulk, found.population)))

    walk, open_ones = Walk(store, seen), set()
    for table, columns in tables_of(copied.folder / "platform.db").items():
        for touched, statement in changes(table, columns):
            if walk.unseen(table, statement):
                open_ones.add(touched)
    assert {name for name in open_ones if name not in OPEN and name.partition(".")[0] not in OPEN} == set()
    assert {"marks", "outbox.delivered_at"} <= OPEN


def test_the_read_models(walked: Any) -> None:
    copied, store = walked
    with closing(Past(store)) as past:
        while past.advance(2**62):
            pass
        with past.reading() as work:
            fresh = {table.name: table_digest(work.bulk, table.name) for table in TABLES}

    walk = Walk(store, lambda bulk, table: table_digest(bulk, table) != fresh[table])
    tables = tables_of(copied.folder / "platform-projections.db")
    assert tables.keys() - READ_MODELS <= OPEN
    for table in sorted(READ_MODELS):
        with store.read() as work:
            assert table_digest(work.bulk, table) == fresh[table]
        assert walk.unseen(table, *(statement for _, statement in changes(table, tables[table]))) == []
