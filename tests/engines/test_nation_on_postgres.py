"""The synthetic nation on PostgreSQL is the same as on SQLite, even when the server ends sessions on the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
from sqlalchemy import make_url

from jinbao.platform.store.store import StoreError
from jinbao.simulator.engines import Engines
from jinbao.simulator.nation import Nation

pytestmark = pytest.mark.slow

SMALL = {"seed": 11, "transfers": 25, "days": 30}


@pytest.fixture
def server(engines: Any) -> Iterator[Any]:
    url = make_url(engines.database_url)
    connection = psycopg2.connect(
        host=url.host, port=url.port, user=url.username, password=url.password, dbname=url.database
    )
    connection.autocommit = True
    yield connection
    connection.close()


@pytest.fixture
def new_database(engines: Any, server: Any) -> Iterator[Any]:
    """Makes databases of their own, and drops them."""
    made: list[str] = []

    def make() -> str:
        made.append(f"nation_{uuid4().hex[:12]}")
        server.cursor().execute(f"CREATE DATABASE {made[-1]}")
        return make_url(engines.database_url).set(database=made[-1]).render_as_string(hide_password=False)

    yield make
    for name in made:
        server.cursor().execute(f"DROP DATABASE {name} WITH (FORCE)")


def live(folder: Path, url: str | None, opening: AbstractContextManager[Any] | None = None) -> dict[str, Any]:
    """Run to the end; a day that the database broke is gone on with. `opening` is held while the nation is opened."""
    calm = opening or nullcontext()

    own = Engines.of(folder)
    engines = None if url is None else replace(own, database_url=url)
    with calm:
        nation = Nation.begin(folder, **SMALL, engines=engines)
    while not nation.finished:
        try:
            nation.run_day()
        except StoreError:
            with calm:
                nation.recover()
    summary = nation.summary()
    nation.close()
    return summary


@pytest.mark.engines
def test_the_same_seed_gives_the_same_nation(tmp_path: Path, new_database: Any, server: Any) -> None:
    expected = live(tmp_path / "sqlite", None)
    quiet = live(tmp_path / "quiet", new_database())
    assert {**quiet, "events_per_second": 0} == {**expected, "events_per_second": 0}

    url, over, calm, ended = new_database(), threading.Event(), threading.Lock(), []

    def disturb() -> None:
        while sum(ended) < 4 and not over.wait(1.0):
            sql = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s"
            cursor = server.cursor()
            with calm:
                cursor.execute(sql, (make_url(url).database,))
            ended.append(cursor.fetchone()[0])

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        disturbed = live(tmp_path / "disturbed", url, calm)
    finally:
        over.set()
        thread.join()
    assert sum(ended) >= 2
    assert disturbed["digest"] == expected["digest"]
    assert disturbed["money_fen"] == expected["money_fen"]
