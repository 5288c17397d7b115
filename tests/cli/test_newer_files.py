"""A file that a newer program wrote is named in one line, with what to do, and is left as it is."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jinbao.cli.main import app
from jinbao.simulator.nation import Nation
from jinbao.simulator.run_state import FILE


@pytest.mark.parametrize("command", ["simulate --resume", "demo --headless --days 1"])
def test_a_run_of_a_newer_program_is_named_and_left_alone(tmp_path: Path, command: str) -> None:
    file = tmp_path / FILE
    with closing(sqlite3.connect(file)) as db:
        db.executescript("CREATE TABLE run (one, state); PRAGMA user_version = 99")
    before = file.read_bytes()
    result = CliRunner().invoke(app, ["--lang", "en", *command.split(), "--data", str(tmp_path)])
    assert (result.exit_code, result.stderr) == (
        2,
        f"jinbao: {file}: layout 99, this program reads 2; use the program that wrote it, or a later one\n",
    )
    assert file.read_bytes() == before


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a nation that can be gone on with."""
    folder = tmp_path_factory.mktemp("begun") / "nation"
    Nation.begin(folder, seed=3, transfers=20, days=5).close()
    return folder


def test_a_local_system_of_a_newer_program_is_named_before_its_documents_are_read(tmp_path: Path) -> None:
    file = tmp_path / "local" / "41.sqlite"
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as db:
        db.executescript("CREATE TABLE documents_out (one); PRAGMA user_version = 99")
    words = ["adapter", "documents", "--province", "41", "--data", str(tmp_path)]
    for language, told in (("zh", "结构为 99，本程序读 "), ("en", "layout 99, this program reads ")):
        result = CliRunner().invoke(app, ["--lang", language, *words])
        assert (result.exit_code, told in result.stderr) == (2, True), result.stderr


@pytest.mark.parametrize("name", ["banks.sqlite", "local/41.sqlite"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_file_of_a_nation_is_named_in_the_readers_language(
    begun: Path, tmp_path: Path, name: str, language: str
) -> None:
    shutil.copytree(begun, tmp_path / "nation")
    file = tmp_path / "nation" / name
    with closing(sqlite3.connect(file)) as db:
        db.execute("PRAGMA user_version = 99")
    result = CliRunner().invoke(app, ["--lang", language, "simulate", "--resume", "--data", str(tmp_path / "nation")])
    advice = "请用写它的程序或更新的程序" if language == "zh" else "use the program that wrote it, or a later one"
    assert (result.exit_code, result.stderr.count(str(file)), advice in result.stderr) == (2, 1, True), result.stderr
