"""Processes that outlive their starter are known by id and start, and ended gently, then by force."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from jinbao.dev.local_process import LocalProcess, last_lines, start, started_at

STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"


def started(tmp_path: Path, program: str) -> LocalProcess:
    process = start([sys.executable, "-c", program], tmp_path / "log")
    deadline = time.monotonic() + 10
    while last_lines(tmp_path / "log") != "up" and time.monotonic() < deadline:
        time.sleep(0.01)
    return process


def test_a_process_runs_until_it_is_stopped(tmp_path: Path) -> None:
    process = started(tmp_path, "import time; print('up', flush=True); time.sleep(60)")
    assert process.running()
    assert os.getsid(process.pid) == process.pid, "Ctrl-C in the terminal must not reach it"

    process.stop(signal.SIGTERM, 10)

    assert not process.running()
    process.stop(signal.SIGTERM, 10)


def test_a_process_that_ignores_the_request_is_ended_by_force(tmp_path: Path) -> None:
    process = started(tmp_path, STUBBORN)

    process.stop(signal.SIGTERM, 0.2)

    assert not process.running()


def test_another_process_with_the_same_id_is_left_alone() -> None:
    me = LocalProcess(os.getpid(), "some time ago")

    assert not me.running()
    me.stop(signal.SIGKILL, 1)
    assert LocalProcess(os.getpid(), started_at(os.getpid()) or "").running()


def test_nothing_runs_under_an_id_that_nobody_has() -> None:
    assert started_at(2**22 + 1) is None
