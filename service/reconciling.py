"""Loop of the reconciler of banks' statements, in a thread beside that of ingest."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from jinbao.platform.reconciling.reconciler import StatementReconciler
from jinbao.service.health import Watch
from jinbao.service.loop import side_loop

RECONCILED_EVERY_S = 1.0
"""How often it is asked whether there is something new."""


@contextmanager
def reconciling(
    reconciler: StatementReconciler, now: Callable[[], int], stop: threading.Event, watch: Watch
) -> Iterator[None]:
    """Say what is found in banks' statements while the block runs. Raises what ends that loop."""

    def step() -> int:
        reconciler.step(now())
        watch.succeeded()
        return 0

    with side_loop("reconciling", step, stop, watch, RECONCILED_EVERY_S):
        yield
