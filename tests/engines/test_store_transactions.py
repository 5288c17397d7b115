"""Transactions of the store on SQLite and PostgreSQL: appending, fencing, turns, and who waits for whom."""

from __future__ import annotations

import threading
import time

import psycopg2
import pytest
from sqlalchemy import make_url
from support.rows import an_event, rows

from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.store import postgres
from jinbao.platform.store.event_log import StreamConflict
from jinbao.platform.store.store import RELAYING, SWEEPING, OffsetFenced, Store


def test_a_version_that_is_there_already_is_a_conflict_and_nothing_is_written(store: Store) -> None:
    with store.write() as work:
        work.events.append([an_event(1, 1, 1, 10)])
    with pytest.raises(StreamConflict), store.write() as work:
        work.events.append([an_event(2, 2, 1, 11), an_event(3, 1, 1, 11)])
    assert rows(store, "SELECT position, stream, version, recorded_at FROM events") == [(1, 1, 1, 10)]


def test_a_relationship_gets_one_stream_only(store: Store) -> None:
    with store.write() as work:
        assert [row[0] for row in work.streams(RELATIONSHIPS).open([(b"a" * 16, 1), (b"b" * 16, 2)])] == [1, 2]
    with pytest.raises(StreamConflict), store.write() as work:
        work.streams(RELATIONSHIPS).open([(b"b" * 16, 2)])


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
