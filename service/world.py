"""The world in which platform and adapters work: its time and its law. Ours, or that of a simulated nation."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from jinbao.bus.interface import Bus
from jinbao.platform.aggregates.law import Law
from jinbao.platform.ingest.bus_time import TimeSource


def our_time() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1_000


def _as_it_is(bus: Bus) -> Bus:
    return bus


@dataclass(frozen=True, slots=True)
class World:
    """How late it is, who says when the bus took a message, and which law is in force."""

    now: Callable[[], int] = our_time
    """Microseconds since 1970 UTC."""
    bus: Callable[[Bus], Bus] = _as_it_is
    """The bus as it is read and written in this world."""
    times: TimeSource | None = None
    """How the bus's times are checked; None: against our clock."""
    law: Law | None = None
    """None: the shipped law, with the procedure of the settings."""
    simulated: bool = False
    """Whether a simulated nation lives in it: its database is refused in ours, and ours in its."""


OURS = World()
