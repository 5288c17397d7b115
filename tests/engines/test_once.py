"""On a cluster that has just been made: `--once` takes in all that lies there, and what is not ready is asked again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jinbao.bus.interface import OutgoingRecord
from jinbao.bus.open_bus import open_bus
from jinbao.cli import main as cli
from jinbao.dev import engines as local
from jinbao.dev.engines import Engines
from jinbao.platform.ingest.ingest import GROUP
from jinbao.platform.queries import ingest_counts
from jinbao.platform.store.store import Store
from jinbao.schemas.messages import SUBMISSIONS_TOPIC, inbox_topic

pytestmark = pytest.mark.slow

PATIENCE_S = 60.0
CONFIG = str(Path(__file__).parents[2] / "examples" / "adapter-41.toml")
Jinbao = Callable[..., Any]


@pytest.fixture(scope="module")
def fresh(private_folder: Path) -> Engines:
    """A Kafka and a PostgreSQL that nobody else uses."""
    return local.up(private_folder)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of every platform on that database: they sign one log."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture
def environment(fresh: Engines, data: Path) -> dict[str, str]:
    settings = {"JINBAO_DATABASE_URL": fresh.database_url, "JINBAO_BUS_URL": fresh.bus_url, "JINBAO_LANG": "en"}
    return {**os.environ, **settings, "JINBAO_DATA": str(data)}


@pytest.fixture
def jinbao(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Jinbao:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> Any:
        result = CliRunner().invoke(cli.app, [*words, "--json"])
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    return run


def put(engines: Engines, topic: str, count: int) -> None:
    with closing(open_bus(engines.bus_url)) as bus:
        bus.producer().send([OutgoingRecord(topic, b"%d" % n, b"not Avro") for n in range(count)])


def test_on_a_cluster_that_nobody_has_used_lag_is_told_and_once_takes_in_everything(
    fresh: Engines, jinbao: Jinbao
) -> None:
    """No group exists yet, and a group gives its partitions only after a while."""
    jinbao("platform", "init")
    put(fresh, SUBMISSIONS_TOPIC, 70)
    put(fresh, inbox_topic("41"), 5)
    lags = {row["group"]: row["lag"] for row in jinbao("bus", "lag")["groups"]}
    assert (lags[GROUP], lags["adapter.41"]) == (70, 5)
    assert jinbao("platform", "run", "--once")["ingest"]["received"] == 70
    put(fresh, SUBMISSIONS_TOPIC, 30)
    assert jinbao("platform", "run", "--once")["ingest"]["received"] == 100
    assert jinbao("platform", "run", "--once")["done"] == 0
    words = ("adapter", "run", "--once", "--province", "41", "--config", CONFIG)
    assert jinbao(*words)["set_aside"] == 5
    put(fresh, inbox_topic("41"), 3)
    assert jinbao(*words)["set_aside"] == 8


@pytest.fixture
def running(environment: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A platform that runs beside."""
    command = [sys.executable, "-m", "jinbao.cli.main", "platform", "run", "--log", "json"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, text=True, env=environment)
        until = time.monotonic() + PATIENCE_S
        while '"status"' not in (tmp_path / "log").read_text():
            assert time.monotonic() < until, (tmp_path / "log").read_text()
            time.sleep(0.05)
        yield process
        process.terminate()
        assert process.wait(PATIENCE_S) == 0


def test_once_ends_beside_a_platform_that_goes_on(
    fresh: Engines, jinbao: Jinbao, running: subprocess.Popen[str]
) -> None:
    """Both share the partitions: the one that leaves gives back what it had."""
    with closing(Store(fresh.database_url)) as store:
        before = received(store)
        put(fresh, SUBMISSIONS_TOPIC, 40)
        jinbao("platform", "run", "--once")
        put(fresh, SUBMISSIONS_TOPIC, 60)
        until = time.monotonic() + PATIENCE_S
        while received(store) < before + 100:
            assert time.monotonic() < until
            time.sleep(0.1)


def received(store: Store) -> int:
    with store.read() as work:
        return ingest_counts(work)["received"]
