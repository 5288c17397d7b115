"""Supervisor of the read models' process: starts it beside ingest, replaces it when it dies, ends it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import msgspec

from jinbao.language.words import Language
from jinbao.service.errors import Unavailable
from jinbao.service.health import Watch
from jinbao.service.loop import side_loop
from jinbao.service.settings import LogKind

LOOP = "projections"
"""Name of its loop in health and logs."""
_MODULE = "jinbao.service.projections_process"
LOOKED_AFTER_S = 0.5
_ENDS_WITHIN_S = 30.0


class FollowTask(msgspec.Struct, frozen=True):
    """What the process must know; it comes in the first line of its standard input, since it holds passwords."""

    database_url: str
    language: Language
    log: LogKind


@contextmanager
def following(task: FollowTask, stop: threading.Event, watch: Watch) -> Iterator[Follower]:
    """Let the read models follow the log while the block runs, in a process that ends with this one."""
    with closing(Follower(task, watch)) as follower, side_loop(LOOP, follower.look_after, stop, watch, LOOKED_AFTER_S):
        yield follower


class Follower:
    """The process, while it is looked after."""

    def __init__(self, task: FollowTask, watch: Watch) -> None:
        self._task = msgspec.json.encode(task) + b"\n"
        self._watch = watch
        self._process = self._begin()

    @property
    def pid(self) -> int:
        """Id of the process that is meant to run."""
        return self._process.pid

    def look_after(self) -> int:
        """Begin it again where it has ended by itself. Raises Unavailable where the new one has ended at once, too."""
        if self._process.poll() is not None:
            self.close()
            self._process = self._begin()
            with suppress(subprocess.TimeoutExpired):
                code = self._process.wait(LOOKED_AFTER_S)
                raise Unavailable(
                    f"读模型进程已退出（{code}），即将重启",
                    f"the process of the read models has ended with {code} and is started again",
                )
        self._watch.succeeded()
        return 0

    def _begin(self) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C reaches the platform alone, which lets the batch at hand end.
        process = subprocess.Popen(
            [sys.executable, "-m", _MODULE], stdin=subprocess.PIPE, bufsize=0, start_new_session=True
        )
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # it has died already: that is noticed where it is looked after
            process.stdin.write(self._task)
        return process

    def close(self) -> None:
        """Its standard input ends, and so does it, after the batch at hand; one that does not is killed."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
