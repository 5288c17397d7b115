"""`jinbao dev` on the engines that the tests share, and on some of its own that it takes down again."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psycopg2
import pytest
from typer.testing import CliRunner

from jinbao.bus.open_bus import open_bus
from jinbao.cli.main import app
from jinbao.dev import engines as local
from jinbao.dev.engine_error import EngineError


def run(*words: str) -> tuple[int, dict[str, object]]:
    result = CliRunner().invoke(app, ["dev", *words, "--json"])
    return result.exit_code, json.loads(result.stdout)


def test_engines_come_up_are_repaired_and_leave_nothing_behind(private_folder: Path) -> None:
    data = ["--data", str(private_folder)]
    code, answer = run("up", *data)
    assert code == 0
    open_bus(str(answer["bus_url"])).close()
    psycopg2.connect(str(answer["database_url"]).replace("+psycopg2", "")).close()
    assert (private_folder / "dev" / "engines.json").stat().st_mode & 0o777 == 0o600

    engines, _ = local.status(private_folder)
    assert engines is not None
    assert "classes.jsa" in Path(f"/proc/{engines.processes['kafka-1'].pid}/maps").read_text(), "quickly started"
    engines.processes["postgres"].stop(signal.SIGKILL, 10)
    code, answer = run("status", *data)
    assert code == 1
    assert [engine["answers"] for engine in answer["engines"]] == [True, False]  # type: ignore[attr-defined]

    _, repaired = run("up", *data)
    assert repaired["database_url"] == engines.database_url
    assert repaired["pids"]["kafka-1"] == engines.processes["kafka-1"].pid  # type: ignore[index]
    assert run("status", *data)[0] == 0
    with pytest.raises(EngineError, match="holds a Kafka of 1 nodes, not 3"):
        local.up(private_folder, 3)

    assert run("down", *data) == (0, {"ended": ["kafka-1", "postgres"]})
    left = [f for f in Path("/proc").glob("[0-9]*/cmdline") if str(private_folder).encode() in readable(f)]
    assert left == []
    assert run("down", *data) == (0, {"ended": []})


def readable(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to start PostgreSQL as another user")
def test_a_folder_that_postgresql_may_not_enter_is_named(private_folder: Path) -> None:
    closed = private_folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EngineError, match=rf"may not enter {closed}"):
        local.up(closed / "data")
    assert not closed.stat().st_mode & 0o077, "only the program's own folders are opened to others"
