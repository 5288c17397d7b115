"""Loop of the deadline sweep, in a thread beside that of ingest: however much is due, no batch waits for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jinbao.platform.deadlines.sweep import DeadlineSweep
from jinbao.service.errors import Unavailable
from jinbao.service.health import Watch
from jinbao.service.logs import tell
from jinbao.service.loop import side_loop

SWEEP_EVERY_S = 60.0
WAITS_AT_MOST_S = 60.0
"""How long the read models may be behind before the operator is told; meanwhile and afterwards no pass begins."""
TURN_ASKED_EVERY_S = 5.0
"""How often a process asks whether it is the one that sweeps: a session that asks nothing for 30 s is ended."""


@contextmanager
def sweeping(sweep: DeadlineSweep, now: Callable[[], int], stop: threading.Event, watch: Watch) -> Iterator[None]:
    """Sweep about every minute while the block runs, page after page. Raises what ends that loop."""
    with side_loop("sweep", _steps(sweep, now, watch), stop, watch, TURN_ASKED_EVERY_S):
        yield


def _steps(sweep: DeadlineSweep, now: Callable[[], int], watch: Watch) -> Callable[[], int]:
    """One step: a page of a pass that is due, else the question whose turn it is; 1 while the pass goes on."""
    next_pass, waits_since, said = 0.0, 0.0, 0

    def step() -> int:
        nonlocal next_pass, waits_since, said
        goes_on = 0
        if time.monotonic() < next_pass:
            sweep.has_turn()
        else:
            said += sweep.step(now())
            waits_since = (waits_since or time.monotonic()) if sweep.waits_for is not None else 0.0
            if waits_since:
                if time.monotonic() - waits_since >= WAITS_AT_MOST_S:
                    raise _behind(sweep.waits_for)
            elif sweep.at_end:
                next_pass = time.monotonic() + SWEEP_EVERY_S
                if watch.log == "json":
                    tell("swept", position=sweep.position, said=said)
                said = 0
            else:
                goes_on = 1
        watch.succeeded()
        return goes_on

    return step


def _behind(position: int | None) -> Unavailable:
    return Unavailable(
        f"催办在等读模型跟到位置 {position}；见 jinbao projections status",
        f"the sweep waits until the read models have followed to position {position}; see `jinbao projections status`",
    )
