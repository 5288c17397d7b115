"""The synthetic nation on Kafka and PostgreSQL is the one on the embedded engines, whatever dies meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import make_url
from support.clear_engines import clear
from typer.testing import Result

from jinbao.bus.open_bus import open_bus
from jinbao.dev import engines as local
from jinbao.dev.engines import Engines as LocalEngines
from jinbao.dev.postgres_binaries import find_binaries, server_user
from jinbao.platform.store.store import Store
from jinbao.schemas.messages import SUBMISSIONS_TOPIC
from jinbao.simulator.digest import nation_digest
from jinbao.simulator.engines import Engines
from jinbao.simulator.law import changing_law
from jinbao.simulator.nation import Nation
from jinbao.simulator.platform_side import simulated_platform
from jinbao.simulator.run_state import RunState
from jinbao.simulator.virtual_time import VirtualTimeBus
from jinbao.torture.disturbances import SESSION_TIMEOUT_S
from jinbao.torture.phase import differences, undisturbed
from jinbao.torture.subject import NationSize, Subject

pytestmark = pytest.mark.slow

SMALL = NationSize(transfers=10, days=6)
NINE_DAYS = NationSize(transfers=12, days=9, seed=5)
UNAMENDED = NationSize(transfers=25, days=19, seed=5)
QUICK_SESSIONS = f"?session_timeout_ms={SESSION_TIMEOUT_S * 1_000:.0f}&heartbeat_interval_ms=1000"
expected_of = cache(undisturbed)


@pytest.fixture
def own_engines(private_folder: Path) -> LocalEngines:
    """A Kafka and a PostgreSQL for this file alone, started anew where a test has ended them.

    A nation's topics have fixed names.
    """
    return local.up(private_folder)


@pytest.fixture
def fresh(own_engines: LocalEngines) -> Callable[[], tuple[str, str]]:
    """Addresses of an empty database and of a bus without the platform's topics; what was there before is gone."""

    def begin() -> tuple[str, str]:
        clear(own_engines)
        return own_engines.database_url, own_engines.bus_url + QUICK_SESSIONS

    return begin


def test_the_same_seed_is_the_same_nation_with_three_ingest_processes(
    fresh: Callable[[], tuple[str, str]], jinbao: Callable[..., Result], tmp_path: Path
) -> None:
    database, bus = fresh()
    on_engines = {"JINBAO_DATABASE_URL": database, "JINBAO_BUS_URL": bus}
    words = ["simulate", *SMALL.options(), "--ingest-processes", "3", "--json"]
    ran = jinbao(*words, "--data", tmp_path / "nation", **on_engines)
    assert ran.exit_code == 0, ran.stderr
    assert {**json.loads(ran.stdout), "events_per_second": None} == {**expected_of(SMALL), "events_per_second": None}

    again = jinbao(*words, "--data", tmp_path / "again", **on_engines)
    assert again.exit_code == 2
    assert "has messages already: a new nation needs a bus of its own" in again.stderr
    assert not (tmp_path / "again").exists()

    listed = jinbao("case", "list", "--json", "--data", tmp_path / "again", **on_engines)
    assert json.loads(listed.stdout), "the other commands read the same database"
    elsewhere = jinbao("simulate", "--resume", "--data", tmp_path / "nation")
    assert elsewhere.exit_code == 2


def test_an_ingest_process_that_was_stopped_and_goes_on_writes_nothing(
    fresh: Callable[[], tuple[str, str]], tmp_path: Path
) -> None:
    database, bus = fresh()
    folder = tmp_path / "nation"
    engines = Engines(database, bus, ingest_processes=2)
    with Nation.begin(
        folder, seed=NINE_DAYS.seed, transfers=NINE_DAYS.transfers, days=NINE_DAYS.days, engines=engines
    ) as nation:
        for _ in range(3):
            nation.run_day()
        zombie = nation.platform.ingest_pids()[0]
        os.kill(zombie, signal.SIGSTOP)
        for _ in range(3):
            nation.run_day()  # the other one takes its partitions over
        with nation.store.read() as work:
            offsets = work.next_offsets(SUBMISSIONS_TOPIC)
        os.kill(zombie, signal.SIGCONT)
        time.sleep(1.0)
        with nation.store.read() as work:
            assert work.next_offsets(SUBMISSIONS_TOPIC) == offsets
        while not nation.finished:
            nation.run_day()
        assert differences(expected_of(NINE_DAYS), nation.summary()) == ()


def test_a_backup_taken_under_load_catches_up_from_the_bus(
    fresh: Callable[[], tuple[str, str]], own_engines: LocalEngines, private_folder: Path, tmp_path: Path
) -> None:
    database, bus = fresh()
    binaries = find_binaries(private_folder / "dev", server_user())
    subject = Subject(tmp_path, UNAMENDED, database_url=database, bus_url=bus, ingest_processes=1)
    with closing(subject):
        while subject.day() < 5:
            assert subject.is_running()
            time.sleep(0.05)
        plain, dump = database.replace("+psycopg2", ""), tmp_path / "jinbao.dump"
        subprocess.run([binaries / "pg_dump", "-Fc", "-f", dump, plain], check=True)
        assert subject.day() < UNAMENDED.days, "it was still at work"
        while subject.is_running():
            time.sleep(0.1)
        expected = subject.result()["digest"]
    server = psycopg2.connect(plain)
    server.autocommit = True
    with closing(server), server.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS restored WITH (FORCE)")
        cursor.execute("CREATE DATABASE restored")
    restored = make_url(database).set(database="restored").render_as_string(hide_password=False)
    target = restored.replace("+psycopg2", "")
    subprocess.run([binaries / "pg_restore", "--no-owner", "-d", target, dump], check=True)

    with closing(RunState(tmp_path / "nation")) as state:
        law = changing_law(state.load()).released
    with closing(Store(restored)) as store, closing(open_bus(bus)) as opened:
        assert nation_digest(store) != expected
        platform = simulated_platform(VirtualTimeBus(opened), store, law)
        ends = {partition: end for (_, partition), end in opened.end_offsets(SUBMISSIONS_TOPIC).items() if end}
        deadline = time.monotonic() + 60.0
        while _offsets(store) != ends:
            if platform.ingest.wait(0.2):
                platform.ingest.step(0)
            assert time.monotonic() < deadline
        platform.close()
        assert nation_digest(store) == expected == expected_of(UNAMENDED)["digest"]


def _offsets(store: Store) -> dict[int, int]:
    with store.read() as work:
        return {partition: at for partition, at in work.next_offsets(SUBMISSIONS_TOPIC).items() if at}


def test_the_demo_runs_on_engines_that_it_starts_and_ends(private_folder: Path, jinbao: Callable[..., Result]) -> None:
    folder = private_folder / "demo"
    words = ["demo", "--engines", "real", "--headless", "--transfers", "10", "--data", folder]
    for last_day in (2, 4):  # the second call goes on where the first one stopped
        ran = jinbao(*words, "--days", 2)
        assert ran.exit_code == 0, ran.stderr
        assert f" {last_day}/120 " in ran.stdout
        engines, found = local.status(folder)
        assert engines is not None
        assert not any(engine.running for engine in found)
    assert "demo --engines real" in ran.stdout
