"""The store keeps one contract on SQLite and on PostgreSQL."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import make_url
from sqlalchemy.exc import IntegrityError

from jinbao.bus.interface import Bus
from jinbao.platform.ingest.ingest import WRITER_SWITCH_INTERVAL_S
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.projections.case_board import case_board
from jinbao.platform.projections.flows import flows_table
from jinbao.platform.projections.runner import prepare
from jinbao.platform.store import postgres, schema
from jinbao.platform.store.bulk import Upsert
from jinbao.platform.store.recorder import StreamConflict
from jinbao.platform.store.store import RELAYING, SWEEPING, OffsetFenced, Store, StoreError
from jinbao.platform.store.tables import events, intake, metadata, streams


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store(url, durable=False)
    opened.create()
    yield opened
    opened.close()


def an_event(position: int, stream: int, version: int, recorded_at: int = 1) -> tuple[Any, ...]:
    message = (b"s" * 16, "44", b"d" * 16, 0, position, None, 5, recorded_at, b"bytes")
    return (position, stream, version, "transfer-withdrawn", b"\x93\x00", *message)


def rows(store: Store, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with store.read() as work:
        return [tuple(row) for row in work.bulk.execute(sql, *values)]


# --- schema ---


def test_a_new_database_gets_exactly_the_tables_that_the_code_knows(store: Store) -> None:
    with store.read() as work:
        context = MigrationContext.configure(work.bulk.connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert schema.version(work.bulk.connection) == schema.HEAD


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
    row += (None, 7, number, number, -1, None if absent else data)
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
        work.bulk.insert(streams, [(1, b"\x00" * 16, 3), (2, b"\xff" * 16, 4)])
    prepare(store)
    with store.write_models() as work:
        work.bulk.insert(flows_table, [("2025-03", "44", to, 1, 0, 0, 0, 0, 2**40) for to in ("41", "42")])
    ((total,),) = rows(store, "SELECT SUM(amount) FROM flows")
    assert (type(total), total) == (int, 2**41)
    found = rows(store, "SELECT relationship_id FROM streams WHERE relationship_id BETWEEN ? AND ?", b"\x00", b"\x10")
    assert found == [(b"\x00" * 16,)]


def test_select_in_and_delete_take_many_values(store: Store) -> None:
    with store.write() as work:
        work.bulk.insert(streams, [(n, n.to_bytes(16, "big"), n % 32) for n in range(1, 2_501)])
        found = work.bulk.select_in("SELECT stream FROM streams WHERE stream", range(1, 4_000), "ORDER BY stream")
        assert [n for (n,) in found] == list(range(1, 2_501))
        assert list(work.bulk.select_in("SELECT stream FROM streams WHERE stream", [])) == []
        work.bulk.delete(streams, "relationship_id", [n.to_bytes(16, "big") for n in range(1, 2_500)])
    assert rows(store, "SELECT stream FROM streams") == [(2_500,)]


def test_text_is_ordered_by_its_bytes(store: Store) -> None:
    names = ["a", "B", "_", "中", "é"]
    prepare(store)
    with store.write_models() as work:
        work.bulk.insert(case_board, [(n, None, None, None, name, *[None] * 15) for n, name in enumerate(names)])
    found = [name for (name,) in rows(store, "SELECT application FROM case_board ORDER BY application")]
    assert found == sorted(names, key=str.encode)


# --- the log ---


def test_a_version_that_is_there_already_is_a_conflict_and_nothing_is_written(store: Store) -> None:
    with store.write() as work:
        work.events.append([an_event(1, 1, 1, 10)])
    with pytest.raises(StreamConflict), store.write() as work:
        work.events.append([an_event(2, 2, 1, 11), an_event(3, 1, 1, 11)])
    assert rows(store, "SELECT position, stream, version, recorded_at FROM events") == [(1, 1, 1, 10)]


def test_a_relationship_gets_one_stream_only(store: Store) -> None:
    with store.write() as work:
        assert work.events.open_streams([(b"a" * 16, 1), (b"b" * 16, 2)]) == [1, 2]
    with pytest.raises(StreamConflict), store.write() as work:
        work.events.open_streams([(b"b" * 16, 2)])


def test_readers_never_see_a_gap_while_several_write(store: Store) -> None:
    writers, each = 3, 25
    done = threading.Event()
    failures: list[Exception] = []

    def write(stream: int) -> None:
        try:
            for version in range(1, each + 1):
                with store.write(lock=False) as work:
                    work.bulk.execute("SELECT COUNT(*) FROM events").scalar_one()
                    work.lock()
                    work.events.append([an_event(work.events.next_position(), stream, version, version)])
        except Exception as error:
            failures.append(error)

    def tail() -> None:
        while not done.is_set():
            positions = [p for (p,) in rows(store, "SELECT position FROM events ORDER BY position")]
            if positions != list(range(1, len(positions) + 1)):
                failures.append(AssertionError(f"a gap: {positions}"))

    reader = threading.Thread(target=tail)
    threads = [threading.Thread(target=write, args=(n,)) for n in range(1, writers + 1)]
    for thread in (reader, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    reader.join()
    assert failures == []
    assert rows(store, "SELECT MAX(position), COUNT(*) FROM events") == [(writers * each, writers * each)]


def test_a_reading_transaction_sees_one_state(store: Store) -> None:
    with store.read() as work:
        assert work.events.max_notification_id() is None
        with store.write() as other:
            other.events.append([an_event(1, 1, 1)])
        assert work.events.max_notification_id() is None


def test_whoever_left_the_offset_elsewhere_is_fenced(store: Store) -> None:
    with store.write() as work:
        work.advance("t", {3: (0, 10), 4: (0, 1)})
    for stale in (0, 9):
        with pytest.raises(OffsetFenced), store.write() as work:
            work.advance("t", {4: (1, 2), 3: (stale, 20)})
    with store.write() as work:
        work.advance("t", {3: (10, 20)})
        assert work.next_offsets("t") == {3: 20, 4: 1}


@pytest.mark.engines
def test_a_zombie_that_waited_for_the_lock_writes_nothing(postgres_url: str) -> None:
    store = Store(postgres_url)
    store.create()
    fenced = threading.Event()

    def zombie() -> None:
        try:
            with store.write(lock=False) as work:
                work.lock()
                work.advance("t", {1: (0, 5)})
                work.events.append([an_event(1, 1, 1)])
        except OffsetFenced:
            fenced.set()

    with store.write() as work:
        thread = threading.Thread(target=zombie)
        thread.start()
        work.advance("t", {1: (0, 7)})
    thread.join()
    assert fenced.is_set()
    assert rows(store, "SELECT COUNT(*) FROM events") == [(0,)]
    store.close()


@pytest.mark.engines
def test_a_process_stopped_in_mid_copy_does_not_hold_the_others(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server waits for the rest of its rows and for nothing else: no timeout of its own ends that."""
    monkeypatch.setitem(postgres.SESSION, "lock_timeout", "300ms")
    monkeypatch.setattr(postgres, "STUCK_S", 1)
    store = Store(postgres_url)
    store.create()
    url, started, wake = make_url(postgres_url), threading.Event(), threading.Event()
    stopped = psycopg2.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database
    )

    class NeverEnding:
        def read(self, _size: int) -> str:
            if started.is_set():
                wake.wait()
                return ""
            started.set()
            return "1\t1\t1\tx\t\t\t0\t0\n"

    def copy() -> None:
        cursor = stopped.cursor()
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", (postgres._LOCKS, postgres._LOG))
        with pytest.raises(psycopg2.Error):
            cursor.copy_expert("COPY events FROM STDIN", NeverEnding())

    thread = threading.Thread(target=copy)
    thread.start()
    started.wait()
    with store.write() as work:
        work.events.append([an_event(1, 2, 1)])
    wake.set()
    thread.join()
    stopped.close()
    assert rows(store, "SELECT stream FROM events") == [(2,)]
    store.close()


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
    assert sys.getswitchinterval() == pytest.approx(WRITER_SWITCH_INTERVAL_S)
    platform.close()
    assert sys.getswitchinterval() == pytest.approx(before)
    store.close()


def test_of_several_processes_one_has_the_turn_and_others_write_meanwhile(url: str) -> None:
    first, second = Store(url), Store(url)
    first.create()
    one, other, another_task = first.turn(RELAYING), second.turn(RELAYING), second.turn(SWEEPING)
    assert one.mine()
    assert one.mine()
    assert not other.mine()
    assert another_task.mine()
    with second.write() as work:
        work.mark_simulated()
    one.give_back()
    assert other.mine()
    assert not one.mine()
    for turn in (other, one, another_task):
        turn.close()
    assert one.mine()
    one.close()
    first.close()
    second.close()


OPEN_TRANSACTIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL "
    "AND pid <> pg_backend_pid()"
)


@pytest.mark.engines
def test_no_transaction_is_open_during_a_turn_and_a_silent_session_loses_it(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "STUCK_S", 1)
    first, second = Store(postgres_url), Store(postgres_url)
    first.create()
    one, other = first.turn(RELAYING), second.turn(RELAYING)
    assert one.mine()
    assert rows(second, OPEN_TRANSACTIONS) == [(0,)]
    until = time.monotonic() + 30
    while not other.mine():
        assert time.monotonic() < until, "the server never ended the silent session"
        time.sleep(0.1)
    assert not one.mine(), "it asks in a new session"
    one.give_back()
    other.give_back()
    assert one.mine()
    one.close()
    other.close()
    first.close()
    second.close()


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
