"""Loop of the deadline sweep, in a thread beside that of ingest: however much is due, no batch waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jinbao.platform.deadlines.sweep import DeadlineSweep
from jinbao.service.health import Watch
from jinbao.service.logs import tell
from jinbao.service.loop import side_loop

SWEEP_EVERY_S = 60.0
TURN_ASKED_EVERY_S = 5.0
"""How often a process asks whether it is the one that sweeps: a session that asks nothing for 30 s is ended."""


@contextmanager
def sweeping(sweep: DeadlineSweep, now: Callable[[], int], stop: threading.Event, watch: Watch) -> Iterator[None]:
    """Sweep about every minute while the block runs, page after page. Raises what ends that loop."""
    with side_loop("sweep", _steps(sweep, now, watch), stop, watch, TURN_ASKED_EVERY_S):
        yield


def _steps(sweep: DeadlineSweep, now: Callable[[], int], watch: Watch) -> Callable[[], int]:
    """One step: a page of a pass that is due, else the question whose turn it is; 1 while the pass goes on."""
    next_pass, said = 0.0, 0

    def step() -> int:
        nonlocal next_pass, said
        goes_on = 0
        if time.monotonic() < next_pass:
            sweep.has_turn()
        else:
            said += sweep.step(now())
            if sweep.at_end:
                next_pass = time.monotonic() + SWEEP_EVERY_S
                if watch.log == "json":
                    tell("swept", position=sweep.position, said=said)
                said = 0
            else:
                goes_on = 1
        watch.succeeded()
        return goes_on

    return step
