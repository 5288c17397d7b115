"""The stream that the program's answers go to: a full disk or a closed pipe ends the program in one line."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from jinbao.language.system_errors import system_reason
from jinbao.language.words import BilingualError


class OutputFailed(BilingualError):
    """What was to be printed could not be written."""


class _Output(io.TextIOWrapper):
    """Standard output whose failures are told as such, and which writes out what its encoding does not have."""

    def write(self, text: str) -> int:
        """Raises OutputFailed."""
        with output_failures():
            return super().write(text)

    def flush(self) -> None:
        """Raises OutputFailed."""
        with output_failures():
            super().flush()


class _Closed(io.BytesIO):
    """Takes nothing."""

    def write(self, data: object) -> int:
        """Raises OSError."""
        raise BrokenPipeError


@contextmanager
def output_failures() -> Iterator[None]:
    """Raise OutputFailed where standard output cannot be written; nothing of it is tried again."""
    try:
        yield
    except BrokenPipeError:
        _give_up()
        raise OutputFailed("输出已被关闭", "the output was closed") from None
    except OSError as error:
        _give_up()
        zh, en = system_reason(error)
        raise OutputFailed(f"无法写出结果：{zh}", f"the output cannot be written: {en}") from None


def tell_failures() -> None:
    """Put such a stream in the place of standard output."""
    if sys.stdout is None:  # closed by whoever started the program
        sys.stdout = _Output(_Closed(), encoding="utf-8")
        return
    old = sys.stdout
    lines = bool(old.line_buffering)
    sys.stdout = _Output(old.buffer, encoding=old.encoding, errors="backslashreplace", line_buffering=lines)


def _give_up() -> None:
    """What is still buffered goes nowhere, so that the interpreter ends without a trace."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
