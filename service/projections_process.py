"""The process that lets the read models follow the log: `python -m jinbao.service.projections_process`.

Reads a `FollowTask` from its standard input and works until that ends, as it does when the platform that began it has
ended, however that went. What is in its way it writes to its standard output, a line each, and an empty one when all is
well again: the platform tells it as its own.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import closing, suppress
from io import FileIO

import msgspec

from jinbao.language.words import BilingualError, Translator
from jinbao.platform.audit.history.closes import close_ended_day
from jinbao.platform.projections.runner import Runner
from jinbao.platform.store.store import Store
from jinbao.rules.working_days import load_working_days
from jinbao.service.following import FollowTask
from jinbao.service.logs import logging_as
from jinbao.service.loop import opened, run_until_stopped
from jinbao.service.snapshotting import Snapshotting

GIVEN_UP = 2
"""Exit code after an error that trying again does not mend, as other settings may."""

FIRST_PAUSE_S, PAUSE_GROWTH, LONGEST_PAUSE_S = 0.001, 1.25, 0.05
"""Pauses between two questions whether the log has grown: each a little longer than the last, so that the next event of
a busy log is seen within milliseconds, and a quiet one costs little."""
CLOSED_WITHIN_S = 60.0
"""How often it is asked whether a working day has ended whose close is to be logged."""
_LINE_BYTES = 4_000
"""A line of so many is written to a pipe as a whole."""


def main() -> None:
    """Follow until told to stop. A database that fails is tried again; one that refuses ends the process."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # Ctrl-C asks the platform, and the platform asks us
    words = FileIO(sys.stdin.fileno(), closefd=False)  # unbuffered: a buffer's lock would outlast us
    task = msgspec.json.decode(words.readline(), type=FollowTask)
    stop = threading.Event()
    threading.Thread(target=_obey, args=(words, stop), daemon=True).start()
    said = Said(Translator(task.language))
    with logging_as(task.log):
        try:
            _follow(task, stop, said)
        except BilingualError as error:
            said.trouble(error)
            sys.exit(GIVEN_UP)


def _obey(words: FileIO, stop: threading.Event) -> None:
    words.read()
    stop.set()


class Said:
    """What the platform was told last."""

    def __init__(self, tr: Translator) -> None:
        self._tr = tr
        self._last: str | None = None

    def trouble(self, error: Exception) -> None:
        """Tell what is in the way, once, until it is something else."""
        self._say(" ".join(self._tr.error(error).split()) or type(error).__name__)

    def succeeded(self) -> None:
        """All is well, again where it was not."""
        self._say("")

    def _say(self, text: str) -> None:
        if text != self._last:
            self._last = text
            with suppress(OSError):  # the platform has ended: so shall we
                os.write(sys.stdout.fileno(), text.encode()[:_LINE_BYTES] + b"\n")


def _follow(task: FollowTask, stop: threading.Event, said: Said) -> None:
    store = Store(task.database_url, working=True)
    with closing(store):
        runner = opened(lambda: Runner(store), stop, said.trouble)
        if runner is None:
            return
        pause_s, next_close = FIRST_PAUSE_S, 0.0
        snapshotting = Snapshotting(store, task.snapshots, task.log)

        def step() -> int:
            nonlocal pause_s, next_close
            done = runner.step()
            if not done and time.monotonic() >= next_close:
                next_close = time.monotonic() + CLOSED_WITHIN_S
                closed = close_ended_day(store, time.time_ns() // 1_000, load_working_days())
                snapshotting.look(day_closed=closed is not None)
            if runner.trouble is None:
                said.succeeded()
            else:
                said.trouble(runner.trouble)
            pause_s = FIRST_PAUSE_S if done else min(PAUSE_GROWTH * pause_s, LONGEST_PAUSE_S)
            if not done:
                stop.wait(pause_s)
            return done

        with closing(runner), closing(snapshotting):
            run_until_stopped(step, stop, said.trouble, 0.0)


if __name__ == "__main__":
    main()
