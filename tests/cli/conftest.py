"""A small nation whose run is over, and the program called as a user calls it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.made_once import made_once
from typer.testing import CliRunner, Result

from jinbao.cli import main as program
from jinbao.simulator.nation import Nation

TRANSFERS, DAYS, SEED = 60, 60, 7


@pytest.fixture(scope="session")
def nation_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of 60 transfers over 60 working days; read only."""

    def play(folder: Path) -> None:
        with Nation.begin(folder, seed=SEED, transfers=TRANSFERS, days=DAYS) as nation:
            while not nation.finished:
                nation.run_day()

    return made_once(tmp_path_factory, "nation-of-60", play)


@pytest.fixture
def jinbao(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    """Runs the program with the given words, in an empty folder and without the caller's settings."""
    monkeypatch.chdir(tmp_path)
    for variable in ("JINBAO_LANG", "JINBAO_CONFIG"):
        monkeypatch.setenv(variable, "")  # so that what the program itself sets is undone
        monkeypatch.delenv(variable)

    def run(*words: object) -> Result:
        for variable in ("JINBAO_LANG", "JINBAO_CONFIG"):
            monkeypatch.delenv(variable, raising=False)
        return CliRunner().invoke(program.app, [str(word) for word in words])

    return run


@pytest.fixture
def answer(jinbao: Callable[..., Result]) -> Callable[..., Any]:
    """Runs the program with --json and returns what it answered."""

    def run(*words: object, code: int = 0) -> Any:
        result = jinbao(*words, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    return run
