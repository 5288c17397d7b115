"""A clean stop: SIGINT and SIGTERM ask a loop to end after the step at hand; a second one ends the program at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_asked() -> Iterator[threading.Event]:
    """An event that is set once the program is asked to stop; waiting on it is a pause that ends early."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def put_back() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def ask(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        put_back()

    for number in SIGNALS:
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        put_back()
