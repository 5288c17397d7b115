"""A nation that is disturbed: `jinbao simulate` as a process, begun again with `--resume` when it was killed.

Its process holds 32 adapters, the banks, the relay and the sweep; ingest runs in its children.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinbao.simulator.run_state import NoRunError, RunState

_INGEST = b"jinbao.simulator.ingest_process"


@dataclass(frozen=True, slots=True)
class NationSize:
    """What is asked of `jinbao simulate`."""

    transfers: int
    days: int
    seed: int = 7

    def options(self) -> list[str]:
        """As the command line has them."""
        return ["--transfers", str(self.transfers), "--days", str(self.days), "--seed", str(self.seed)]


class TortureFailed(Exception):
    """The nation did not come through; the message says where it broke off."""


class Subject:
    """One disturbed run in a folder, with its output beside it."""

    def __init__(
        self, folder: Path, size: NationSize, *, database_url: str, bus_url: str, ingest_processes: int
    ) -> None:
        self.size = size
        self._folder = folder / "nation"
        self._output, self._log = folder / "result.json", folder / "nation.log"
        self._engines = ["--ingest-processes", str(ingest_processes)]
        self._environment = {**os.environ, "JINBAO_DATABASE_URL": database_url, "JINBAO_BUS_URL": bus_url}
        self._process = self._start(size.options())

    @property
    def pid(self) -> int:
        """Process id of the nation."""
        return self._process.pid

    def ingest_pids(self) -> list[int]:
        """Its ingest processes that run now."""
        return [pid for pid in _children(self.pid) if _INGEST in _command(pid)]

    def day(self) -> int:
        """Working days done."""
        try:
            with closing(RunState(self._folder)) as state:
                return state.load().day
        except NoRunError:
            return 0

    def is_running(self) -> bool:
        """False once it has come to its end; one that was killed is begun again here. Raises TortureFailed."""
        code = self._process.poll()
        if code is None:
            return True
        if code == 0:
            return False
        if code > 0:
            raise TortureFailed(f"the nation ended with exit code {code}: {self._log.read_text()[-2000:]}")
        self._process = self._start(["--resume"])
        return True

    def result(self) -> dict[str, Any]:
        """What it printed at its end."""
        found: dict[str, Any] = json.loads(self._output.read_text())
        return found

    def close(self) -> None:
        """End it if it still runs; its children end with it."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def _start(self, options: list[str]) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "jinbao.cli.main", "simulate", "--json", "--data", str(self._folder)]
        with self._output.open("wb") as output, self._log.open("ab") as log:
            return subprocess.Popen(
                [*words, *self._engines, *options], stdout=output, stderr=log, env=self._environment
            )


def _children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == parent and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
