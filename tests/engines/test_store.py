"""The store keeps one contract on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import make_url
from sqlalchemy.exc import IntegrityError
from support.rows import an_event, rows

from jinbao.bus.interface import Bus
from jinbao.platform.ingest.ingest import WRITER_SWITCH_INTERVAL_S
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.projections.case_board import case_board
from jinbao.platform.projections.flows import flows_table
from jinbao.platform.projections.runner import prepare
from jinbao.platform.store import postgres, schema
from jinbao.platform.store.bulk import Upsert
from jinbao.platform.store.store import Store, StoreError
from jinbao.platform.store.tables import events, intake, metadata, streams

# --- schema ---


def test_a_new_database_gets_exactly_the_tables_that_the_code_knows(store: Store) -> None:
    with store.read() as work:
        context = MigrationContext.configure(work.bulk.connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert schema.version(work.bulk.connection) == schema.HEAD


def test_a_process_makes_its_second_database_as_its_first(tmp_path: Path) -> None:
    def made(name: str) -> list[str]:
        with closing(Store(f"sqlite:///{tmp_path / name}")) as store:
            store.create()
        with closing(sqlite3.connect(tmp_path / name)) as file:
            return list(file.iterdump())

    schema._made.clear()
    first = made("first.sqlite")
    assert "sqlite" in schema._made
    assert made("second.sqlite") == first


def test_the_last_migration_is_the_version_that_this_program_needs() -> None:
    scripts = ScriptDirectory.from_config(schema._config())
    assert scripts.get_current_head() == schema.HEAD


def test_an_upgraded_database_is_like_a_fresh_one(url: str) -> None:
    store = Store(url)
    assert store.upgrade() == (None, schema.HEAD)
    assert store.upgrade() == (schema.HEAD, schema.HEAD)
    store.check()
    with store.read() as work:
        context = MigrationContext.configure(work.bulk.connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    store.close()


def test_an_older_database_is_refused_until_it_is_upgraded(url: str) -> None:
    store = Store(url)
    with store.write() as work:
        schema.upgrade(work.bulk.connection, "0001")
    with pytest.raises(StoreError, match=r"has schema 0001, this program needs .* jinbao platform upgrade"):
        store.create()
    assert store.upgrade() == ("0001", schema.HEAD)
    store.check()
    with store.read() as work:
        context = MigrationContext.configure(work.bulk.connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    store.close()


def test_another_version_is_refused_with_what_to_do(store: Store) -> None:
    with store.write() as work:
        work.bulk.execute("UPDATE alembic_version SET version_num = ?", "9999")
    for attempt in (store.check, store.create, store.upgrade):
        with pytest.raises(StoreError, match=r"has schema 9999, which this program .* does not know"):
            attempt()


def test_tables_without_a_version_are_refused(store: Store) -> None:
    with store.write() as work:
        work.bulk.execute("DROP TABLE alembic_version")
    for attempt in (store.check, store.create, store.upgrade):
        with pytest.raises(StoreError, match="before its schema had versions"):
            attempt()


def test_an_empty_database_is_no_platform_to_read_from(url: str) -> None:
    store = Store(url)
    with pytest.raises(StoreError, match="has no tables"):
        store.check()
    store.close()


def test_several_processes_may_start_on_a_new_database_at_once(url: str) -> None:
    stores = [Store(url) for _ in range(4)]
    failures: list[Exception] = []

    def make(store: Store) -> None:
        try:
            store.create()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=make, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert failures == []


# --- rows ---

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
BIG = st.integers(-(2**63), 2**63 - 1)


@given(text=TEXT, number=BIG, data=st.binary(max_size=40), absent=st.booleans())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_value_comes_back_as_it_was_written(
    store: Store, text: str, number: int, data: bytes, absent: bool
) -> None:
    row = (1, number, None if absent else b"e" * 16, None if absent else "44", text, b"d" * 16, 3, None, text, number)
    row += (None, 7, number, number, -1, None if absent else data, None if absent else data)
    with store.write() as work:
        work.bulk.execute("DELETE FROM intake")
        work.bulk.insert(intake, [row])
    assert rows(store, "SELECT * FROM intake") == [row]


FLOW = st.tuples(
    st.just("2025-03"), st.sampled_from(["11", "44"]), st.sampled_from(["41", "42", "43"]), *[st.integers(0, 9)] * 6
)
FLOWS = Upsert(
    flows_table,
    ("month", "origin", "destination"),
    {"applied": "add", "completed": "add", "refused": "set", "returned": "keep", "withdrawn": "first", "amount": "add"},
)


@pytest.mark.parametrize("few", [0, postgres.FEW_ROWS], ids=["staged", "at once"])
@given(batches=st.lists(st.lists(FLOW, max_size=6), max_size=4))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_upserting_in_batches_folds_as_one_after_the_other(
    store: Store, monkeypatch: pytest.MonkeyPatch, few: int, batches: list[list[tuple[Any, ...]]]
) -> None:
    monkeypatch.setattr(postgres, "FEW_ROWS", few)
    expected: dict[tuple[Any, ...], list[int]] = {}
    prepare(store)
    with store.write_models() as work:
        work.bulk.execute("DELETE FROM flows")
        for batch in batches:
            work.bulk.upsert(FLOWS, batch)
    for row in (row for batch in batches for row in batch):
        old = expected.get(row[:3])
        if old is None:
            expected[row[:3]] = list(row[3:])
            continue
        added = row[3:]
        changes = [old[0] + added[0], old[1] + added[1], added[2], added[3], old[4], old[5] + added[5]]
        expected[row[:3]] = changes
    found = rows(store, "SELECT * FROM flows ORDER BY origin, destination")
    assert found == [(*key, *values) for key, values in sorted(expected.items())]


def test_sums_are_whole_numbers_and_bytes_are_bytes(store: Store) -> None:
    with store.write() as work:
        work.bulk.insert(streams, [(1, 1, b"\x00" * 16, 3), (2, 1, b"\xff" * 16, 4)])
    prepare(store)
    with store.write_models() as work:
        work.bulk.insert(flows_table, [("2025-03", "44", to, 1, 0, 0, 0, 0, 2**40) for to in ("41", "42")])
    ((total,),) = rows(store, "SELECT SUM(amount) FROM flows")
    assert (type(total), total) == (int, 2**41)
    found = rows(store, "SELECT key FROM streams WHERE key BETWEEN ? AND ?", b"\x00", b"\x10")
    assert found == [(b"\x00" * 16,)]


def test_select_in_and_delete_take_many_values(store: Store) -> None:
    with store.write() as work:
        work.bulk.insert(streams, [(n, 1, n.to_bytes(16, "big"), n % 32) for n in range(1, 2_501)])
        found = work.bulk.select_in("SELECT stream FROM streams WHERE stream", range(1, 4_000), "ORDER BY stream")
        assert [n for (n,) in found] == list(range(1, 2_501))
        assert list(work.bulk.select_in("SELECT stream FROM streams WHERE stream", [])) == []
        work.bulk.delete(streams, "key", [n.to_bytes(16, "big") for n in range(1, 2_500)])
    assert rows(store, "SELECT stream FROM streams") == [(2_500,)]


def test_text_is_ordered_by_its_bytes(store: Store) -> None:
    names = ["a", "B", "_", "中", "é"]
    prepare(store)
    with store.write_models() as work:
        work.bulk.insert(
            case_board,
            [(n, None, None, None, name, *[None] * (len(case_board.columns) - 5)) for n, name in enumerate(names)],
        )
    found = [name for (name,) in rows(store, "SELECT application FROM case_board ORDER BY application")]
    assert found == sorted(names, key=str.encode)


@pytest.mark.engines
def test_the_outbox_is_not_compressed_there(postgres_url: str) -> None:
    store = Store(postgres_url)
    store.create()
    sql = "SELECT attstorage FROM pg_attribute WHERE attrelid = 'outbox'::regclass AND attname = 'records'"
    assert rows(store, sql) == [("e",)]
    store.close()


def test_ingest_lets_its_writer_in_soon_and_leaves_the_interpreter_as_it_was(postgres_url: str, embedded: Bus) -> None:
    before = sys.getswitchinterval()
    store = Store(postgres_url)
    platform = NationalPlatform(embedded, store)
    platform.open()
    assert sys.getswitchinterval() == pytest.approx(WRITER_SWITCH_INTERVAL_S)
    platform.close()
    assert sys.getswitchinterval() == pytest.approx(before)
    store.close()


# --- trouble ---


@pytest.mark.engines
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"password": "not-this-one"}, "password authentication failed"),
        ({"database": "nowhere"}, "does not exist"),
        ({"port": 1}, "onnection refused"),
    ],
)
def test_a_server_that_cannot_be_used_is_told_without_the_password(
    postgres_url: str, change: dict[str, Any], told: str
) -> None:
    url = make_url(postgres_url).set(**change)
    store = Store(url.render_as_string(hide_password=False))
    with pytest.raises(StoreError) as caught:
        store.create()
    text = str(caught.value)
    assert told in text
    assert "check that the server runs" in text
    assert url.password not in text
    assert "\n" not in text


@pytest.mark.engines
def test_a_lost_connection_is_told_and_the_next_attempt_works(postgres_url: str) -> None:
    store = Store(postgres_url)
    store.create()

    def write_without_a_session() -> None:
        with store.write() as work, store.write(lock=False) as other:
            pid = work.bulk.execute("SELECT pg_backend_pid()").scalar_one()
            other.bulk.execute("SELECT pg_terminate_backend(?, 5000)", pid)
            work.events.append([an_event(1, 1, 1)])

    with pytest.raises(StoreError):
        write_without_a_session()
    assert rows(store, "SELECT COUNT(*) FROM events") == [(0,)]
    store.close()


@pytest.mark.parametrize("url", ["nonsense", "mysql://u:secret@h/d", "postgresql://u:secret@h/d", "sqlite://"])
def test_other_urls_are_refused_without_their_password(url: str) -> None:
    with pytest.raises(StoreError, match="sqlite:///FILE") as caught:
        Store(url)
    assert "secret" not in str(caught.value)


def test_an_integrity_error_of_ours_is_a_defect_and_crashes(store: Store) -> None:
    with pytest.raises(IntegrityError), store.write() as work:
        work.bulk.insert(events, [(1, 1, 1, None, *an_event(1, 1, 1)[4:])])
