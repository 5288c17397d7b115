"""The platform as a simulated nation runs it: relay and sweep in the nation's process, ingest there or beside it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from typing import Protocol

from jinbao.bus.interface import Bus
from jinbao.platform.aggregates.law import Law
from jinbao.platform.audit.history.closes import close_day
from jinbao.platform.ingest.ingest import Observer, nobody
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.store.store import Store, StoreUnavailable
from jinbao.simulator.virtual_time import MessageTimes
from jinbao.transparency.signing import SigningKey

_TURN_WITHIN_S = 60.0
_PAUSE_S = 0.02


class TakesIn(Protocol):
    """Ingest, wherever it runs."""

    def take_in(self, now: int) -> int:
        """Return when everything that the bus has is taken in; the number of messages."""

    def pids(self) -> list[int]:
        """Its processes beside this one."""

    def close(self) -> None:
        """End it."""


class IngestHere:
    """Ingest in this process."""

    def __init__(self, platform: NationalPlatform) -> None:
        self._platform = platform

    def take_in(self, now: int) -> int:
        """Step until nothing is left."""
        return until_idle(self._platform.ingest.step, now)

    def pids(self) -> list[int]:
        """None but this one."""
        return []

    def close(self) -> None:
        """The platform closes it."""


class PlatformSide:
    """What the nation asks of its platform, step by step."""

    def __init__(
        self, bus: Bus, store: Store, law: Law, ingest: TakesIn | None = None, log_key: SigningKey | None = None
    ) -> None:
        """`ingest`: where it runs beside this process. `log_key`: of the nation's transparency log."""
        self._store = store
        self._platform = simulated_platform(bus, store, law, log_key=log_key)
        self._projections = self._platform.projections
        self._ingest = ingest or IngestHere(self._platform)
        self.take_in = self._ingest.take_in
        self.ingest_pids = self._ingest.pids

    def sweep(self, now: int) -> int:
        """Say what the passing of time has brought; a killed process's turn is waited for, as in `relay`."""
        self._wait_until(self._platform.sweep.has_turn)
        self.follow()
        return self._platform.sweep.run(now)

    def reconcile(self, now: int) -> int:
        """Say what is found in banks' statements, taken in at once; nothing where there is no bank account."""
        said = 0
        self.follow()
        while more := self._platform.reconciler.step(now):
            said += more
            self.take_in(now)
            self.follow()
        return said

    def follow(self) -> None:
        """Let the read models follow the log to its end."""
        self._projections.catch_up()

    def close_day(self, day: date) -> None:
        """Log the close of a day that is over."""
        close_day(self._store, day, 0)

    def relay(self, now: int) -> int:
        """Deliver all that waits; the number of records.

        A killed process may hold the relay's place until the database has noticed: that is waited for. Raises
        BusError and StoreError.
        """
        delivered = 0

        def nothing_waits() -> bool:
            nonlocal delivered
            delivered += until_idle(self._platform.relay.step, now)
            return not self._platform.relay.waits()

        self._wait_until(nothing_waits)
        return delivered

    def _wait_until(self, done: Callable[[], bool]) -> None:
        """Ask again and again. Raises StoreUnavailable where another process goes on holding the turn."""
        deadline = time.monotonic() + _TURN_WITHIN_S
        while not done():
            if time.monotonic() > deadline:
                raise StoreUnavailable(
                    f"数据库 {self._store.name}：另有进程在转发或催办，请结束它",
                    f"database {self._store.name}: another process relays or sweeps; end it",
                )
            time.sleep(_PAUSE_S)

    def close(self) -> None:
        """Leave bus and store, which stay open."""
        self._ingest.close()
        self._platform.close()


def simulated_platform(
    bus: Bus, store: Store, law: Law, observe: Observer = nobody, log_key: SigningKey | None = None
) -> NationalPlatform:
    """The platform in virtual time: what messages say is the time. `bus`: one that reads their stamps."""
    return NationalPlatform(bus, store, law=law, times=MessageTimes(), observe=observe, log_key=log_key)


def until_idle(step: Callable[[int], int], now: int) -> int:
    """Step until it finds nothing; how much it did."""
    done = 0
    while count := step(now):
        done += count
    return done
