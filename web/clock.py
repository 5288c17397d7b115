"""The clock of the pages: our time, or another instant from which it goes on at the wall's pace."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from jinbao.rules.working_days import day_of


@dataclass(frozen=True, slots=True)
class Clock:
    """`start_us`: the instant that it shows now, microseconds since 1970 UTC; None for our time."""

    start_us: int | None = None
    latest_us: Callable[[], int] | None = None
    """The last instant of a simulated nation that somebody moves meanwhile: the clock is never behind it."""
    _began_ns: int = field(default_factory=time.monotonic_ns)

    def now_us(self) -> int:
        """Microseconds since 1970 UTC."""
        if self.start_us is None:
            return time.time_ns() // 1_000
        now = self.start_us + (time.monotonic_ns() - self._began_ns) // 1_000
        return now if self.latest_us is None else max(now, self.latest_us())

    def today(self) -> date:
        """The day in Shanghai."""
        return day_of(self.now_us())
