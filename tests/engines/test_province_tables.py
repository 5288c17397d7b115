"""A province's tables on SQLite and PostgreSQL: what is committed late is found, what changed meanwhile stays open."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import make_url

from jinbao.cli.adapter.tables import DIALECTS
from jinbao.dev.engines import Engines
from jinbao.regional_adapter.files.ways_in.sql_tables import (
    COME_BACK,
    HANDED_IN,
    ProvinceTables,
    Returned,
    Settled,
    TablesTrouble,
    ddl,
)

AT = "2026-01-01 00:00:00"


def _database(engines: Engines) -> str:
    """A database of its own on the shared server."""
    url = make_url(engines.database_url)
    name = f"province_{uuid.uuid4().hex[:12]}"
    server = psycopg2.connect(host=url.host, port=url.port, user=url.username, password=url.password, dbname="postgres")
    server.autocommit = True
    with closing(server), server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    return url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.engines)])
def tables(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ProvinceTables]:
    """Both tables, made by the documented statements."""
    name = request.param
    assert name in DIALECTS
    url = f"sqlite:///{tmp_path / 'p.sqlite'}" if name == "sqlite" else _database(request.getfixturevalue("engines"))
    made = ProvinceTables(url)
    with made.connect() as db:
        for statement in ddl(name).split(";"):
            if statement.strip():
                db.exec_driver_sql(statement)
        db.commit()
    yield made
    made.close()


def _open(tables: ProvinceTables, form: str = "f") -> list[tuple[int, str]]:
    return [(row.id, row.key) for row in tables.open_rows(form, 100)]


def _settle_all(tables: ProvinceTables) -> list[int]:
    rows = tables.open_rows("f", 100)
    tables.settle([Settled(row, "accepted") for row in rows], AT)
    return [row.id for row in rows]


def _row(id_: int, key: str = "k") -> dict[str, object]:
    return {"id": id_, "form": "f", "record_key": key, "fields": "{}"}


def test_a_row_committed_late_under_a_lower_id_is_not_skipped(tables: ProvinceTables) -> None:
    """On PostgreSQL by two transactions at once; SQLite, which has one writer, gets the lower id later."""
    with tables.connect() as late, tables.connect() as early:
        if late.dialect.name == "postgresql":
            late.execute(HANDED_IN.insert(), [_row(1)])
        early.execute(HANDED_IN.insert(), [_row(2)])
        early.commit()
        assert _settle_all(tables) == [2]
        if late.dialect.name == "sqlite":
            late.execute(HANDED_IN.insert(), [_row(1)])
        assert _settle_all(tables) == []
        late.commit()
    assert _settle_all(tables) == [1]
    assert (_settle_all(tables), tables.open_forms()) == ([], [])


def test_a_row_that_was_changed_meanwhile_stays_open(tables: ProvinceTables) -> None:
    tables.hand_in([("f", "a", "{}"), ("f", "b", "{}")])
    rows = tables.open_rows("f", 100)
    with tables.connect() as db:
        db.execute(HANDED_IN.update().where(HANDED_IN.c.id == rows[0].id).values(fields='{"x": 1}'))
        db.commit()
    tables.settle([Settled(row, "rejected", "CODE", "列", "原因", "办法") for row in rows], AT)
    assert _open(tables) == [(rows[0].id, "a")]
    with tables.connect() as db:
        done = db.execute(HANDED_IN.select().where(HANDED_IN.c.id == rows[1].id)).one()
    assert tuple(done)[4:] == ("rejected", "CODE", "列", "原因", "办法", AT)


def test_rows_of_one_key_come_together(tables: ProvinceTables) -> None:
    tables.hand_in([("f", key, "{}") for key in "abababac"])
    assert [row.key for row in tables.open_rows("f", 6)] == ["a"] * 4
    assert [row.key for row in tables.open_rows("f", 3)] == ["a"] * 4


def test_a_field_of_megabytes_is_not_read(tables: ProvinceTables) -> None:
    tables.hand_in([("f", "a", "x" * 2_000_000), ("f", "b", "𠮷" * 60_000)])
    rows = tables.open_rows("f", 100)
    assert (rows[0].fields, rows[1].fields) == (None, "𠮷" * 60_000)
    tables.settle([Settled(row, "accepted") for row in rows], AT)
    assert _open(tables) == []


def test_a_document_that_came_back_is_there_once(tables: ProvinceTables) -> None:
    letter = Returned("id-1", "联系函", "2025-41-0001", "[{}]")
    tables.put_back([letter, letter], AT)
    tables.put_back([letter, Returned("id-2", "信息表", "2025-41-0001", "[]")], AT)
    with tables.connect() as db:
        assert [row.document for row in db.execute(COME_BACK.select().order_by(COME_BACK.c.id))] == ["id-1", "id-2"]


def test_what_is_in_the_way_is_told_without_the_password(tmp_path: Path) -> None:
    (tmp_path / "no.sqlite").write_bytes(b"no database" * 1_000)
    for url, said in (
        (f"sqlite:///{tmp_path / 'empty.sqlite'}", "no such table"),
        (f"sqlite:///{tmp_path / 'no.sqlite'}", "not a database"),
        ("postgresql://user:hidden@127.0.0.1:9/x", "127.0.0.1"),
    ):
        with closing(ProvinceTables(url)) as tables, pytest.raises(TablesTrouble, match=said) as told:
            tables.open_forms()
        assert "hidden" not in str(told.value)
    with pytest.raises(TablesTrouble, match="sqlite:///FILE"):
        ProvinceTables("mysql://x")
