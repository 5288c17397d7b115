"""The nation as the ministry's pages read it: the platform's database, the watch over its alerts, and a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinbao.bus.interface import Bus
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.service.alerts.watch import AlertWatch
from jinbao.web.clock import Clock


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

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """One state of the database, for one page. Raises StoreError."""
        with self.store.read() as work:
            yield work
