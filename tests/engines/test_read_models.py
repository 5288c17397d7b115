"""Read models on PostgreSQL: the same rows as on SQLite, built anew beside what is read, and read by index."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from support.listed_queries import SELECTED, statements_of

from jinbao.language.words import Translator
from jinbao.platform.projections.catalogue import TABLES
from jinbao.platform.projections.positions import Positions, wait_for
from jinbao.platform.projections.runner import Runner, request_rebuild
from jinbao.platform.store.store import Store
from jinbao.platform.store.tables import events, intake, metadata, streams
from jinbao.service.following import FollowTask, following
from jinbao.service.health import Health, Watch
from jinbao.simulator.nation import Nation

PATIENCE_S = 60.0
OF_THE_NATION = "case_board|clocks|handling_times|ledger_entries|events|intake|payments"
"""Tables with rows for all that there is."""


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nation]:
    """Forty transfers on SQLite."""
    with Nation.begin(tmp_path_factory.mktemp("nation") / "data", seed=11, transfers=40, days=40) as nation:
        while not nation.finished:
            nation.run_day()
        yield nation


@pytest.fixture
def store(nation: Nation, postgres_url: str) -> Iterator[Store]:
    """The same log on PostgreSQL."""
    opened = Store(postgres_url, durable=False)
    opened.create()
    with nation.store.read() as source, opened.write() as target:
        for table in (streams, events, intake, metadata.tables["parked"]):
            target.bulk.insert(table, [tuple(row) for row in source.bulk.connection.execute(table.select())])
    yield opened
    opened.close()


def read_models(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    with store.read() as work:
        return {t.name: sorted(map(tuple, work.bulk.connection.execute(t.select())), key=repr) for t in TABLES}


def length(store: Store) -> int:
    with store.read() as work:
        return work.events.max_notification_id() or 0


def test_the_same_log_makes_the_same_rows_on_either_database_followed_and_built_anew(
    nation: Nation, store: Store
) -> None:
    runner = Runner(store, batch_size=97)
    runner.catch_up()
    assert read_models(store) == read_models(nation.store)
    runner.rebuild()
    assert read_models(store) == read_models(nation.store)
    with store.read() as work:
        assert {(stand.building, stand.generation) for stand in Positions(work).all()} == {(False, 2)}
    runner.close()


def test_a_process_of_its_own_follows_and_builds_anew_what_was_asked_for(nation: Nation, store: Store) -> None:
    runner = Runner(store)
    with store.write_models() as work:
        work.bulk.execute("INSERT INTO last_accepted (sender, received_at) VALUES ('99', 1)")
    for projection in runner._projections.values():
        request_rebuild(store, projection)
    stop = threading.Event()
    url = store._backend.writing.url.render_as_string(hide_password=False)
    with following(FollowTask(url, "en", "text"), stop, Watch(Health(Translator("en")), "text", "projections")):
        wait_for(store, length(store), timeout_s=PATIENCE_S)
        runner.rebuild(["last_heard"])
    assert read_models(store) == read_models(nation.store)
    runner.close()


def test_no_list_and_no_page_scans_or_sorts_the_nation(store: Store, subtests: pytest.Subtests) -> None:
    Runner(store).catch_up()
    with store.read() as work:
        for forbidden in ("seqscan", "sort", "bitmapscan"):
            work.bulk.execute(f"SET LOCAL enable_{forbidden} = off")
        for name, question in SELECTED.items():
            with subtests.test(name):
                with statements_of(work) as asked:
                    question(work)
                for sql, values in asked:
                    rows = work.bulk.connection.exec_driver_sql(f"EXPLAIN {sql}", values)
                    plan = "\n".join(row[0] for row in rows)
                    scan = rf"Seq Scan on ({OF_THE_NATION})\b"
                    assert not re.search(scan, plan), plan
                    of_one_stream = "s.key = ?" in sql
                    assert of_one_stream or not (sql.endswith("LIMIT ?") and "Sort" in plan), f"{sql}\n{plan}"
