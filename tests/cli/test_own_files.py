"""Files of a data folder: their owner's alone, named when they are damaged, and not replaced under anybody's hands."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from support.in_process import InProcess, jinbao_in
from typer.testing import Result

from jinbao.keys.open_key_ring import open_key_ring
from jinbao.platform.store.store import Store

ROOT = Path(__file__).parents[2]
CONFIG = str(ROOT / "examples" / "adapter-41.toml")


def program(folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The program as a user starts it in that folder, who lets others read what he writes."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "jinbao.cli.main", "--lang", "en", *words]
        return subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "JINBAO_DATA": "data", "JINBAO_LANG": "en"},
            capture_output=True,
            text=True,
            preexec_fn=lambda: os.umask(0o022),
        )

    return run


RUN_ADAPTER = ("adapter", "run", "--province", "41", "--config", CONFIG, "--once")


def adapter(jinbao: InProcess) -> Result:
    return jinbao(*RUN_ADAPTER)


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which one province has sent its applications, and the platform has taken them in."""
    folder = tmp_path_factory.mktemp("first")
    jinbao = program(folder)
    imported = ("adapter", "import", str(ROOT / "examples" / "applications-41.csv"))
    for words in (imported, ("platform", "init"), RUN_ADAPTER, ("platform", "run", "--once")):
        done = jinbao(*words)
        assert done.returncode == 0, done.stderr
    return folder / "data"


@pytest.fixture
def jinbao(first_day: Path, tmp_path: Path) -> InProcess:
    """The program in a folder of its own after that first day."""
    shutil.copytree(first_day, tmp_path / "data")
    return jinbao_in(tmp_path, "--lang", "en", JINBAO_DATA="data")


def refused(done: Result, code: int, *words: str) -> None:
    """One line, that exit code, and these words."""
    assert (done.exit_code, done.stderr.count("\n")) == (code, 1), done.stderr
    for word in words:
        assert word in done.stderr


@pytest.mark.slow
def test_everything_that_is_written_is_its_owners_alone(jinbao: InProcess, tmp_path: Path) -> None:
    assert program(tmp_path)("keys", "backup", "copy").returncode == 0
    written = [tmp_path / "data", tmp_path / "copy", *(tmp_path / "data").rglob("*")]
    assert len(written) > 10
    open_to_others = [path for path in written if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert open_to_others == []


@pytest.mark.slow
def test_files_that_an_earlier_version_left_open_are_closed(jinbao: InProcess, tmp_path: Path) -> None:
    files = list((tmp_path / "data").rglob("*.sqlite"))
    assert len(files) == 7
    for file in files:
        file.chmod(0o644)
    adapter(jinbao)
    assert jinbao("platform", "run", "--once").exit_code == 0
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_lost_ring_ends_the_adapter_and_names_the_way_out(jinbao: InProcess, tmp_path: Path) -> None:
    for lost in (["keys.sqlite"], ["master.key"], ["adapters/41.sqlite"]):
        for name in lost:
            (tmp_path / "data" / name).unlink(missing_ok=True)
        refused(adapter(jinbao), 2, "keys.sqlite is missing", "jinbao keys restore")
    assert not (tmp_path / "data" / "keys.sqlite").exists()


def test_a_new_bus_under_an_old_database_or_adapter_is_refused(jinbao: InProcess, tmp_path: Path) -> None:
    for name in ("bus.sqlite", "bus.sqlite-wal", "bus.sqlite-shm"):
        (tmp_path / "data" / name).unlink(missing_ok=True)
    refused(jinbao("platform", "run", "--once"), 2, "platform.sqlite has read partition", "begin with a new database")
    refused(adapter(jinbao), 2, "adapters/41.sqlite belongs to bus", "move the file aside")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("adapters/41.sqlite", ["move the file aside"]),
        ("local/41.sqlite", ["the province's own system", "restore its backup"]),
        ("keys.sqlite", ["key ring", "jinbao keys restore"]),
        ("bus.sqlite", ["embedded bus", "restore a copy"]),
    ],
)
def test_a_damaged_file_is_named_with_what_to_do(
    jinbao: InProcess, tmp_path: Path, file: str, words: list[str]
) -> None:
    damaged = tmp_path / "data" / file
    damaged.write_bytes(b"no database any more " * 500)
    refused(adapter(jinbao), 2, file, *words)
    assert damaged.read_bytes().startswith(b"no database"), "and it is left as it is"


def test_a_damaged_database_is_named_with_what_to_do(jinbao: InProcess, tmp_path: Path) -> None:
    (tmp_path / "data" / "platform.sqlite").write_bytes(b"no database any more " * 500)
    for words in (["platform", "run", "--once"], ["case", "list"], ["ledger"]):
        refused(jinbao(*words), 2, "platform.sqlite", "restore its backup")


def test_nothing_is_put_back_while_somebody_works_and_a_rebuild_needs_no_stop(
    jinbao: InProcess, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    assert jinbao("keys", "backup", "copy").exit_code == 0
    with (
        closing(open_key_ring(data)),
        closing(Store(f"sqlite:///{data / 'platform.sqlite'}", working=True)),
    ):
        refused(jinbao("keys", "restore", "copy"), 1, "is in use: stop the adapters")
        assert jinbao("projections", "rebuild").exit_code == 0
        assert jinbao("case", "list").exit_code == 0, "who only reads is not in the way"
    assert jinbao("keys", "restore", "copy").exit_code == 0
