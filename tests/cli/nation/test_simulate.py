"""`jinbao simulate`: the same seed the same answer, and clear refusals before anything is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from jinbao.bus.interface import BusUnavailable

SMALL = ("--transfers", 12, "--days", 6, "--seed", 3)
NOWHERE = ("--database", "postgresql+psycopg2://jinbao@127.0.0.1:9/jinbao", "--bus", "kafka://127.0.0.1:9")


def test_the_same_seed_gives_the_same_answer(answer: Callable[..., Any], tmp_path: Path) -> None:
    one, other = (answer("simulate", *SMALL, "--data", tmp_path / name) for name in ("one", "other"))
    assert {**one, "events_per_second": None} == {**other, "events_per_second": None}
    assert one["ingest"]["received"] > 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--start", "soon"), "--start: must be a date like 2025-09-22"),
        (("--ingest-processes", "3"), "several need Kafka and PostgreSQL; name them by --bus and --database"),
        (("--ingest-processes", "3", "--bus", "kafka://127.0.0.1:9"), "several need Kafka and PostgreSQL"),
        (("--resume",), "holds no simulated nation"),
    ],
)
def test_what_cannot_be_run_is_refused_and_leaves_nothing(
    jinbao: Callable[..., Result], words: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    refused = jinbao("--lang", "en", "simulate", *SMALL, "--data", tmp_path / "nation", *words)
    assert refused.exit_code == 2
    assert message in refused.stderr
    assert not (tmp_path / "nation").exists()


def test_a_folder_that_cannot_be_one_is_named(jinbao: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        for command in (("simulate", *SMALL), ("demo", "--headless", "--days", "1")):
            refused = jinbao("--lang", "en", *command, "--data", folder)
            assert (refused.exit_code, f"{folder} cannot be used as a data folder" in refused.stderr) == (2, True)


def test_a_folder_that_holds_something_is_refused_but_for_engines_and_the_demo(
    jinbao: Callable[..., Result], tmp_path: Path
) -> None:
    for name in ("dev", "demo"):
        (tmp_path / "data" / name).mkdir(parents=True)
    assert jinbao("simulate", *SMALL, "--data", tmp_path / "data").exit_code == 0
    again = jinbao("--lang", "en", "simulate", *SMALL, "--data", tmp_path / "data")
    assert again.exit_code == 2
    assert "name another folder or empty it first" in again.stderr


def test_a_run_goes_on_only_as_it_was_planned_and_on_the_engines_that_it_began_on(
    jinbao: Callable[..., Result], tmp_path: Path
) -> None:
    assert jinbao("simulate", *SMALL, "--data", tmp_path / "own").exit_code == 0
    other = jinbao("--lang", "en", "simulate", "--resume", "--data", tmp_path / "own", "--seed", 4)
    assert other.exit_code == 2
    assert "--seed 4: the run in the folder has 3; leave the option out to go on" in other.stderr
    assert jinbao("simulate", "--resume", "--data", tmp_path / "own", "--seed", 3).exit_code == 0
    elsewhere = jinbao("--lang", "en", "simulate", "--resume", "--data", tmp_path / "own", *NOWHERE)
    assert elsewhere.exit_code == 2
    assert "leave --bus and --database out" in elsewhere.stderr


def test_a_run_that_a_failure_ended_says_how_it_goes_on(
    jinbao: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise BusUnavailable("the bus is away")

    monkeypatch.setattr("jinbao.cli.nation.simulate.work_a_day", fails)
    ended = jinbao("simulate", *SMALL, "--data", tmp_path / "nation")
    assert ended.exit_code == 1
    assert f"jinbao simulate --resume --data {tmp_path / 'nation'}\njinbao: the bus is away" in ended.stderr


def test_engines_that_do_not_answer_are_told_and_nothing_is_begun(
    jinbao: Callable[..., Result], tmp_path: Path
) -> None:
    away = jinbao("simulate", *SMALL, "--data", tmp_path / "nation", *NOWHERE)
    assert away.exit_code == 1
    assert "127.0.0.1:9" in away.stderr
    assert not (tmp_path / "nation").exists()
