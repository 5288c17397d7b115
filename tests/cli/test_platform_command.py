"""`jinbao platform run`: takes in what lies on the bus, delivers, and stops cleanly."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import OutgoingRecord
from jinbao.platform.national_platform import topics
from jinbao.schemas.messages import SUBMISSIONS_TOPIC

PATIENCE_S = 30.0


def put_on_the_bus(folder: Path, *values: bytes) -> None:
    folder.mkdir(exist_ok=True)
    bus = EmbeddedBus(folder / "bus.sqlite")
    bus.create_topics(topics())
    producer = bus.producer()
    producer.send([OutgoingRecord(SUBMISSIONS_TOPIC, value, value) for value in values])
    producer.close()
    bus.close()


def start(folder: Path) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "jinbao.cli.main", "platform", "run", "--data", str(folder), "--json"]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder)


def received(folder: Path) -> int:
    """How much the running platform has taken in, read beside it."""
    try:
        with sqlite3.connect(f"file:{folder / 'platform.sqlite'}?mode=ro", uri=True) as database:
            return int(
                database.execute("SELECT (SELECT COUNT(*) FROM events) + (SELECT COUNT(*) FROM intake)").fetchone()[0]
            )
    except sqlite3.OperationalError:
        return 0


def test_once_takes_in_what_is_there_and_ends(tmp_path: Path, answer: Callable[..., Any]) -> None:
    put_on_the_bus(tmp_path / "data", b"not Avro", b"nor this")
    counts = answer("platform", "run", "--once", "--data", tmp_path / "data")
    assert counts["ingest"] == {
        "received": 2,
        "accepted": 0,
        "duplicate": 0,
        "parked": 0,
        "rejected": 0,
        "dead_letter": 2,
    }
    assert answer("platform", "run", "--once", "--data", tmp_path / "data")["done"] == 0


def test_an_empty_folder_is_a_platform_with_nothing_to_do(tmp_path: Path, jinbao: Callable[..., Result]) -> None:
    result = jinbao("platform", "run", "--once", "--data", tmp_path / "new")
    assert result.exit_code == 0
    assert "收到 0" in result.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_until_it_is_asked_to_stop(tmp_path: Path, number: signal.Signals) -> None:
    put_on_the_bus(tmp_path, b"first")
    process = start(tmp_path)
    try:
        until = time.monotonic() + PATIENCE_S
        while received(tmp_path) < 1 and time.monotonic() < until:
            time.sleep(0.05)
        put_on_the_bus(tmp_path, b"second")
        while received(tmp_path) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(number)
        out, errors = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert json.loads(out)["ingest"]["received"] == 2
    assert "Traceback" not in errors
    assert "全国平台：收到" in errors


def test_a_second_platform_on_one_bus_is_refused(tmp_path: Path, jinbao: Callable[..., Result]) -> None:
    put_on_the_bus(tmp_path, b"first")
    process = start(tmp_path)
    try:
        until = time.monotonic() + PATIENCE_S
        while received(tmp_path) < 1 and time.monotonic() < until:
            time.sleep(0.05)
        result = jinbao("platform", "run", "--once", "--data", tmp_path)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)
    assert result.exit_code == 2
    assert result.stderr.startswith("jinbao: ")


def test_a_simulated_nation_is_not_run_on_todays_time(
    nation_folder: Path, tmp_path: Path, jinbao: Callable[..., Result]
) -> None:
    folder = shutil.copytree(nation_folder, tmp_path / "copy")
    before = (folder / "platform.sqlite").read_bytes()
    elsewhere = ("--data", tmp_path / "other", "--database", f"sqlite:///{folder / 'platform.sqlite'}")
    for named in (("--data", folder), elsewhere):
        result = jinbao("platform", "run", "--once", *named)
        assert result.exit_code == 2
        assert "模拟数据" in result.stderr
        assert (folder / "platform.sqlite").read_bytes() == before
    listed = json.loads(jinbao("case", "list", "--json", *elsewhere).stdout)
    assert listed["today"] < "2026", "days are counted as of the nation's last message"


def test_a_procedure_that_does_not_exist_is_wrong_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jinbao: Callable[..., Result]
) -> None:
    monkeypatch.setenv("JINBAO_PROCEDURE", "national-1999")
    result = jinbao("platform", "run", "--once", "--data", tmp_path / "data")
    assert result.exit_code == 2
    assert "national-1999" in result.stderr


def test_warnings_may_come_on_the_due_day_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jinbao: Callable[..., Result]
) -> None:
    monkeypatch.setenv("JINBAO_WARN_WORKING_DAYS", "0")
    assert jinbao("platform", "run", "--once", "--data", tmp_path / "data").exit_code == 0
