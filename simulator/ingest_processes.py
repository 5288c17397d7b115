"""Ingest of a simulated nation in processes of its own: begins them, waits for a round, replaces those that died."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress

import msgspec

from jinbao.bus.interface import Bus, BusUnavailable
from jinbao.platform.store.store import Store
from jinbao.schemas.messages import SUBMISSIONS_TOPIC
from jinbao.simulator.run_state import Run

PATIENCE_S = 180.0
"""Without any progress for so long, a round has failed."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.001, 0.02
_ENDS_WITHIN_S = 30.0
_MODULE = "jinbao.simulator.ingest_process"


class IngestTask(msgspec.Struct, frozen=True):
    """What an ingest process must know; it comes in the first line of its standard input, since it holds passwords."""

    run: Run
    amended: bool
    """Whether the law has been amended."""
    database_url: str
    bus_url: str


class IngestProcesses:
    """So many members of one consumer group; a dead one is replaced while a round is waited for."""

    def __init__(self, task: IngestTask, count: int, bus: Bus, store: Store) -> None:
        self._task = msgspec.json.encode(task) + b"\n"
        self._bus = bus
        self._store = store
        self._taken = sum(self._offsets().values())
        self._processes = [self._begin() for _ in range(count)]

    def pids(self) -> list[int]:
        """Process ids of those that are meant to run."""
        return [process.pid for process in self._processes]

    def take_in(self, now: int) -> int:
        """Return when the database's offsets have reached the bus's ends; the number of messages taken in.

        `now` is not asked for: in a simulation the messages carry it. Raises BusError when nothing moves any more, and
        StoreError.
        """
        ends = {partition: end for (_, partition), end in self._bus.end_offsets(SUBMISSIONS_TOPIC).items() if end}
        before, pause = self._taken, _FIRST_PAUSE_S
        deadline = time.monotonic() + PATIENCE_S
        while True:
            offsets = self._offsets()
            if all(offsets.get(partition, 0) >= end for partition, end in ends.items()):
                self._taken = sum(offsets.values())
                return self._taken - before
            if (taken := sum(offsets.values())) > self._taken:
                self._taken, deadline = taken, time.monotonic() + PATIENCE_S
            if time.monotonic() > deadline:
                raise BusUnavailable(
                    f"{len(self._processes)} 个接收进程在 {PATIENCE_S:.0f} 秒内没有收进任何报文",
                    f"{len(self._processes)} ingest processes took nothing in for {PATIENCE_S:.0f} s",
                )
            self._replace_dead()
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_S)

    def close(self) -> None:
        """Let each finish its batch and leave the group; one that does not end is killed."""
        for process in self._processes:
            _tell(process, b"stop\n")
        for process in self._processes:
            try:
                process.wait(_ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdin is not None
            process.stdin.close()
        self._processes.clear()

    def _offsets(self) -> dict[int, int]:
        with self._store.read() as work:
            return work.next_offsets(SUBMISSIONS_TOPIC)

    def _replace_dead(self) -> None:
        for place, process in enumerate(self._processes):
            if process.poll() is not None:
                self._processes[place] = self._begin()

    def _begin(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen([sys.executable, "-m", _MODULE], stdin=subprocess.PIPE, bufsize=0)
        _tell(process, self._task)
        return process


def _tell(process: subprocess.Popen[bytes], words: bytes) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError):  # it was killed already: that is noticed where the dead are replaced
        process.stdin.write(words)
