"""The relay's own loop, in a thread beside that of ingest: it delivers at once what a batch left in the outbox."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

from jinbao.platform.outbox.relay import Relay
from jinbao.service.health import Watch
from jinbao.service.loop import side_loop

OTHERS_ASKED_EVERY_S = 0.05
"""How often it looks for what other processes left in the outbox, or could not deliver."""


def relaying(
    relay: Relay, committed: threading.Event, now: Callable[[], int], stop: threading.Event, watch: Watch
) -> AbstractContextManager[None]:
    """Deliver while the block runs, as soon as `committed` is set; it is cleared here."""
    delivered = 0

    def step() -> int:
        nonlocal delivered
        if not delivered:
            committed.wait(OTHERS_ASKED_EVERY_S)
        committed.clear()
        delivered = relay.step(now())
        watch.succeeded()
        return delivered

    return side_loop("relay", step, stop, watch, 0.0)
