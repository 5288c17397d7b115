"""Supervisor of the read models' process: starts it beside ingest, replaces it when it dies, ends it."""

from __future__ import annotations

import os
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
_READ_BYTES = 1 << 16


class FollowTask(msgspec.Struct, frozen=True):
    """What the process must know; it comes in the first line of its standard input, since it holds passwords."""

    database_url: str
    language: Language
    log: LogKind
    snapshots: str = ""
    """Folder in which snapshots of the read models are kept; empty: none are taken."""


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
        self._trouble = ""
        """What it has said last; what one said that has ended counts until the next one says otherwise."""
        self._process = self._begin()

    @property
    def pid(self) -> int:
        """Id of the process that is meant to run."""
        return self._process.pid

    def look_after(self) -> int:
        """Begin it again where it has ended by itself.

        Raises Unavailable with what it says is in its way, or where the new one has ended at once, too.
        """
        ended = self._process.poll() is not None
        self._listen()
        if ended:
            self.close()
            self._process = self._begin()
            with suppress(subprocess.TimeoutExpired):
                code = self._process.wait(LOOKED_AFTER_S)
                self._listen()
                why = f" ({self._trouble})" if self._trouble else ""
                raise Unavailable(
                    f"读模型进程已退出（{code}），即将重启{why}",
                    f"the process of the read models has ended with {code} and is started again{why}",
                )
        if self._trouble:
            raise Unavailable(self._trouble)
        self._watch.succeeded()
        return 0

    def _begin(self) -> subprocess.Popen[bytes]:
        # A session of its own: Ctrl-C reaches the platform alone, which lets the batch at hand end.
        process = subprocess.Popen(
            [sys.executable, "-m", _MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        with suppress(BrokenPipeError):  # it has died already: that is noticed where it is looked after
            process.stdin.write(self._task)
        return process

    def _listen(self) -> None:
        """Take the last line that it has written: what is in its way, or nothing once all is well again."""
        assert self._process.stdout is not None
        if said := self._process.stdout.read(_READ_BYTES):
            self._trouble = said.decode(errors="replace").splitlines()[-1]

    def close(self) -> None:
        """Its standard input ends, and so does it, after the batch at hand; one that does not is killed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
