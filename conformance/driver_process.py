"""The candidate's driver as a process: instructions are lines on its standard input, answers on its standard output."""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from jinbao.conformance.instructions import Answer, Instruction
from jinbao.language.system_errors import system_reason
from jinbao.service.errors import UserError

_PAUSE_S = 0.02
_STARTS_WITHIN_S = 60.0
"""The first answer may take so long: the program is still loading."""
_LEAVES_WITHIN_S = 5.0
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Answer).decode


class DriverProcess:
    """A driver that was started by its command; `tell` waits for its answer."""

    def __init__(self, command: str, timeout_s: float, folder: Path | None = None) -> None:
        """`folder`: where it runs. Raises UserError where the command cannot be started."""
        self._command, self._folder, self._timeout_s = command, folder, timeout_s
        self._says_when_done = True
        self._hello: Instruction | None = None
        self._process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        self._rest = b""
        try:
            words = shlex.split(self._command)
            pipe = subprocess.PIPE
            return subprocess.Popen(words, cwd=self._folder, env=_environment(), stdin=pipe, stdout=pipe)
        except (OSError, ValueError, IndexError) as error:
            zh, en = system_reason(error) if isinstance(error, OSError) else ("不是命令", "is no command")
            command = self._command
            raise UserError(f"驱动命令 {command}：无法启动：{zh}", f"the driver {command} cannot start: {en}") from None

    def tell(self, instruction: Instruction) -> Answer:
        """Send it and wait for the answer; one that has ended is started again when it shall run its adapter."""
        if instruction.do == "hello":
            self._hello = instruction
        elif instruction.do == "start" and self._hello is not None and self._process.poll() is not None:
            self.close()
            self._process = self._started()
            self._asked(self._hello)
        return self._asked(instruction)

    def _asked(self, instruction: Instruction) -> Answer:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(_encode(instruction) + b"\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            return self._ended()
        within_s = max(self._timeout_s, _STARTS_WITHIN_S) if instruction.do == "hello" else self._timeout_s
        line = self._line(within_s)
        if line is None:
            return Answer(ok=False, error=f"no answer within {within_s:g} s")
        if not line:
            return self._ended()
        try:
            return _decode(line)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            return Answer(ok=False, error=f"no valid answer: {error}")

    def work(self) -> bool:
        """Let it work: until it says that nothing is left, or where it cannot say so, for a moment."""
        if self._says_when_done:
            answer = self.tell(Instruction(do="work"))
            if answer.ok or answer.gone:
                return answer.moved
            self._says_when_done = False
        time.sleep(_PAUSE_S)
        return True

    def close(self) -> None:
        """End it: its standard input is closed, and where it stays nevertheless it is killed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(_LEAVES_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _line(self, within_s: float) -> bytes | None:
        """The next line; empty where the driver has ended, None where the time is up."""
        assert self._process.stdout is not None
        deadline = time.monotonic() + within_s
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                return None
            part = self._process.stdout.read1(65_536)  # type: ignore[attr-defined]
            if not part:
                return b""
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _ended(self) -> Answer:
        self._process.wait(_LEAVES_WITHIN_S)
        return Answer(ok=False, gone=True, error=f"the driver has ended, exit code {self._process.returncode}")


def _environment() -> dict[str, str]:
    """Ours; `jinbao` is this very program where no other is on the path."""
    own = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": os.pathsep.join(filter(None, (os.environ.get("PATH"), own)))}
