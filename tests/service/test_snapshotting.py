"""Whoever lets the read models follow takes snapshots of them when a day is closed, in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from support.paths_of_a_case import every_path
from support.platform_under_test import Platform

from jinbao.language.words import Translator
from jinbao.platform.audit.history.closes import last_close
from jinbao.platform.audit.history.replay import replay
from jinbao.platform.audit.history.snapshots import snapshots
from jinbao.service import snapshotting as module
from jinbao.service.following import FollowTask, following
from jinbao.service.health import Health, Watch
from jinbao.service.snapshotting import Snapshotting

PATIENCE_S = 60.0


def wait_until(read):
    deadline = time.monotonic() + PATIENCE_S
    while not read():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("kept", [True, False])
def test_a_snapshot_is_taken_when_a_day_is_closed_and_none_without_a_folder(tmp_path, kept):
    def closed():
        with platform.store.read() as work:
            return last_close(work.bulk) is not None

    def taken():
        with platform.store.read() as work:
            return [one.body.position for one in snapshots(work.bulk)]

    folder = tmp_path / "snapshots"
    with closing(Platform(tmp_path / "platform", follows=False)) as platform:
        platform.take(*every_path())
        url, end = f"sqlite:///{platform.folder / 'platform.db'}", len(platform.table("events"))
        task = FollowTask(url, "en", "text", str(folder) if kept else "")
        with following(task, threading.Event(), Watch(Health(Translator("en")), "text", "projections")):
            wait_until(lambda: closed() and (taken() or not kept))
        assert taken() == ([end] if kept else [])
        assert {one.equal for one in replay(platform.store)} == {True}
    assert [file.name for file in tmp_path.glob("snapshots/*")] == ([f"{end}.sqlite"] if kept else [])


def test_one_that_hears_no_signal_is_ended_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_ENDS_WITHIN_S", 0.1)
    heard = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        deaf = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(PATIENCE_S,))
        deaf.start()
    finally:
        signal.signal(signal.SIGTERM, heard)
    with closing(Platform(tmp_path, follows=False)) as platform:
        working = Snapshotting(platform.store, str(tmp_path), "text")
        working._process = deaf
        working.close()
    assert deaf.exitcode == -signal.SIGKILL


BEGINS = """
import multiprocessing, time
from jinbao.service.snapshotting import end_with_parent
child = multiprocessing.get_context("spawn").Process(target=end_with_parent, daemon=True)
child.start()
print(child.pid, flush=True)
time.sleep(60)
"""


def test_it_ends_with_whoever_began_it_and_was_killed():
    with subprocess.Popen([sys.executable, "-c", BEGINS], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.kill()
    wait_until(lambda: not (Path("/proc") / str(child)).exists())
