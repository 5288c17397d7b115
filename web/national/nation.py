"""The nation as the ministry's pages read it: the platform's database, the watch over its alerts, and a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from jinbao.bus.interface import Bus
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.service.alerts.watch import AlertWatch
from jinbao.web.clock import Clock
from jinbao.web.page import Refused

WHOLE_LOGS_AT_ONCE = 2
"""Questions that read the whole log, at once: each takes a processor for seconds, and memory."""
_WAIT_S = 3.0


@dataclass(frozen=True, slots=True)
class Nation:
    """What every page of the nation is made of."""

    store: Store
    clock: Clock
    watch: AlertWatch
    bus: Callable[[], Bus]
    """Opens the bus, for what the database does not have. Raises BusError."""
    set_aside: Callable[[], list[dict[str, Any]]]
    """What the adapters have set aside whose files lie on this machine, as `jinbao adapter set-aside list` tells it."""
    kept_checkpoints: Callable[[], list[str]]
    """The log's checkpoints that its witnesses keep."""
    data: Path
    """Its folder, where the log's policy lies."""
    _turns: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(WHOLE_LOGS_AT_ONCE), repr=False)

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """One state of the database, for one page. Raises StoreError."""
        with self.store.read() as work:
            yield work

    @contextmanager
    def whole_log(self) -> Iterator[None]:
        """A turn for a question that reads the whole log. Raises Refused where others have them all."""
        if not self._turns.acquire(timeout=_WAIT_S):
            zh, en = "其他人正在查阅整个日志，请稍后再试", "others are reading the whole log now: try again in a moment"
            raise Refused(zh, en, 503)
        try:
            yield
        finally:
            self._turns.release()
