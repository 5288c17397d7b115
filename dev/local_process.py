"""Starts, recognises and ends the processes of local engines, and finds ports for them; a process is its id and the
moment it started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from jinbao.dev.engine_error import EngineError

_POLL_S = 0.05
_LAST_LINES = 15


class LocalProcess(msgspec.Struct, frozen=True):
    """A process that this program started; `started` tells it from a later one that was given the same id."""

    pid: int
    started: str

    def running(self) -> bool:
        """Whether exactly this process still runs (a zombie that nobody has waited for does not)."""
        return started_at(self.pid) == self.started

    def stop(self, number: signal.Signals, patience_s: float) -> None:
        """Ask it to end by the signal, and end it by force when it has not done so in time."""
        for each, wait_s in ((number, patience_s), (signal.SIGKILL, 10.0)):
            if not self.running():
                return
            self.send(each)
            deadline = time.monotonic() + wait_s
            while self.running() and time.monotonic() < deadline:
                time.sleep(_POLL_S)
        if self.running():
            raise EngineError(
                f"进程 {self.pid} 用 SIGKILL 也结束不了", f"process {self.pid} does not end even by SIGKILL"
            )

    def send(self, number: signal.Signals) -> None:
        """Send a signal if it still runs."""
        if self.running():
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return
            except PermissionError as error:
                raise EngineError(
                    f"进程 {self.pid} 属于别的用户，请以该用户结束它",
                    f"process {self.pid} belongs to another user; end it as that user",
                ) from error


def start(
    command: Sequence[str | Path], log: Path, environment: Mapping[str, str] | None = None, user: str | None = None
) -> LocalProcess:
    """Start a process of its own session, which outlives this one; it appends its output to `log`."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=None if environment is None else {**os.environ, **environment},
            user=user,
            group=None if user is None else _group_of(user),
            extra_groups=None if user is None else (),
            cwd="/",
        )
    return LocalProcess(child.pid, started_at(child.pid) or "")


def free_ports(count: int) -> Sequence[int]:
    """Ports of the loopback address that nobody uses now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def started_at(pid: int) -> str | None:
    """When the process with this id started, in the system's own notation; None when there is none or a zombie."""
    _reap(pid)
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else fields[19]
    shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip() or None


def last_lines(log: Path) -> str:
    """The end of a log, for an error message."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-_LAST_LINES:])


def _reap(pid: int) -> None:
    with suppress(ChildProcessError):  # not a child of this process, or waited for already
        os.waitpid(pid, os.WNOHANG)


def _group_of(user: str) -> int:
    import pwd

    return pwd.getpwnam(user).pw_gid
