"""What is done to a running nation and its engines; each returns once it is done, and raises nothing for a late one."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

from jinbao.dev import engines as local
from jinbao.dev.local_process import LocalProcess
from jinbao.torture.subject import Subject

SESSION_TIMEOUT_S = 6.0
"""The bus takes partitions from a member that is silent for so long: the shortest that Kafka allows."""
_DOWN_S = 2.0
"""An engine that was killed stays down for at most so long before it is started again."""
_STORM_S, _STORM_PAUSE_S = 5.0, 0.7


class Disturbances:
    """All that can be done, by name; `done` counts it."""

    def __init__(self, subject: Subject, engines_folder: Path, random: Random) -> None:
        self._subject = subject
        self._folder = engines_folder
        self._random = random
        self.done: dict[str, int] = {}
        self._actions: dict[str, Callable[[], bool]] = {
            "ingest": self._kill_ingest,
            "adapters": self._kill_nation,
            "broker": self._kill_broker,
            "database": self._kill_database,
            "zombie": self._freeze_ingest,
            "storm": self._storm,
        }

    def do(self, name: str) -> bool:
        """Do it; False when there was nothing to do it to (the nation ended, or is just starting)."""
        done = self._actions[name]()
        self.done[name] = self.done.get(name, 0) + done
        return done

    def _kill_ingest(self) -> bool:
        """SIGKILL to one ingest process."""
        return self._signal_ingest(signal.SIGKILL) is not None

    def _kill_nation(self) -> bool:
        """SIGKILL to the process of all adapters, relay and sweep; ingest notices that its nation is gone and dies."""
        with suppress(ProcessLookupError):
            os.kill(self._subject.pid, signal.SIGKILL)
            return True
        return False

    def _kill_broker(self) -> bool:
        """SIGKILL to one Kafka node; it is started again after a moment."""
        names = [name for name in self._engines().processes if name.startswith("kafka-")]
        return self._kill_engine(self._random.choice(names))

    def _kill_database(self) -> bool:
        """SIGKILL to PostgreSQL's first process; it is started again after a moment."""
        return self._kill_engine("postgres")

    def _freeze_ingest(self) -> bool:
        """SIGSTOP to one ingest process until the others have its partitions, then SIGCONT."""
        pid = self._signal_ingest(signal.SIGSTOP)
        if pid is None:
            return False
        time.sleep(SESSION_TIMEOUT_S + 2.0)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
            return True
        return False

    def _storm(self) -> bool:
        """For some seconds members of the group leave, and others join in their place."""
        until, left = time.monotonic() + _STORM_S, 0
        while time.monotonic() < until:
            left += self._signal_ingest(signal.SIGTERM) is not None
            time.sleep(self._random.uniform(0.0, _STORM_PAUSE_S))
        return left > 1

    def _signal_ingest(self, number: signal.Signals) -> int | None:
        found = self._subject.ingest_pids()
        if not found:
            return None
        pid = self._random.choice(found)
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            return pid
        return None

    def _kill_engine(self, name: str) -> bool:
        process: LocalProcess = self._engines().processes[name]
        process.send(signal.SIGKILL)
        time.sleep(self._random.uniform(0.2, _DOWN_S))
        local.up(self._folder)
        return True

    def _engines(self) -> local.Engines:
        found, _ = local.status(self._folder)
        assert found is not None
        return found
