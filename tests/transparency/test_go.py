"""Go's own tools (x/mod's note and tlog, torchwood) read checkpoint, tiles, entries and proofs of a nation's log."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from support.go_tools import build_log_reader

from jinbao.platform.audit.log.proofs import prove_events
from jinbao.platform.audit.log.served import all_paths, served
from jinbao.platform.store.store import Store
from jinbao.simulator.nation import Nation

pytestmark = pytest.mark.slow  # Go compiles its library first: half a minute of a processor


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A nation's log as files, with its policy and the proofs of its first events."""
    folder = tmp_path_factory.mktemp("log")
    with Nation.begin(folder / "nation", seed=7, transfers=12, days=30) as nation:
        while not nation.finished:
            nation.run_day()
    with closing(Store(f"sqlite:///{folder / 'nation' / 'platform.sqlite'}")) as store, store.read() as work:
        for path in all_paths(work.bulk):
            content = served(work.bulk, path)
            assert content is not None
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        for position, text in prove_events(work.bulk, range(1, 20)):
            (folder / f"{position}.tlog-proof").write_text(text)
    shutil.copy(folder / "nation" / "audit" / "policy", folder / "policy")
    return folder


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], subprocess.CompletedProcess[str]]:
    """Runs the Go program on a log."""
    program = build_log_reader(tmp_path_factory.mktemp("go"))

    def run(log: Path) -> subprocess.CompletedProcess[str]:
        proofs = sorted(log.glob("*.tlog-proof"))
        return subprocess.run([program, log, log / "policy", *proofs], capture_output=True, text=True, check=False)

    return run


def test_gos_tools_read_the_whole_log_and_its_proofs(log, held):
    told = held(log)
    assert told.returncode == 0, told.stderr
    origin, entries, root = told.stdout.split()
    assert [origin, entries, root] == (log / "checkpoint").read_text().splitlines()[:3]
    assert int(entries) > 256


@pytest.mark.parametrize("file", ["checkpoint", "policy", "tile/0/000", "tile/entries/000", "7.tlog-proof"])
def test_and_find_it_when_a_byte_is_changed(log, held, tmp_path, file):
    copied = tmp_path / "log"
    shutil.copytree(log, copied, ignore=shutil.ignore_patterns("nation"))
    data = bytearray((copied / file).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / file).write_bytes(data)
    assert held(copied).returncode != 0
