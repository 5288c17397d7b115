"""A simulated nation that goes on at the wall's pace: what is said now is stamped with its own time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jinbao.bus.interface import Bus, OutgoingRecord, Producer
from jinbao.rules.working_days import day_of
from jinbao.service.world import World
from jinbao.simulator.law import changing_law
from jinbao.simulator.run_state import Run
from jinbao.simulator.virtual_time import MessageTimes, VirtualTimeBus, stamped


class WallPaceBus(VirtualTimeBus):
    """The real bus, read in virtual time and written at an instant of it."""

    def __init__(self, real: Bus, now: Callable[[], int]) -> None:
        """`now`: microseconds since 1970 UTC."""
        super().__init__(real)
        self._bus, self._now = real, now

    def producer(self) -> Producer:
        """A producer whose records have the instant at which they are sent."""
        return _StampingProducer(self._bus.producer(), self._now)

    def close(self) -> None:
        """Close the real bus, which nobody else has."""
        self._bus.close()


class _StampingProducer:
    def __init__(self, real: Producer, now: Callable[[], int]) -> None:
        self._real = real
        self._now = now
        self.close = real.close

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        """Send them with the present instant, but for those that have one."""
        now = self._now()
        self._real.send([stamped(record, now) for record in records])


def simulated_world(run: Run | None, now: Callable[[], int]) -> World:
    """The world of a simulated nation, or where there is no run of a played story, whose time `now` tells."""
    law = None
    if run is not None:
        changing = changing_law(run)
        is_amended = changing.amendment is not None and day_of(now()) >= changing.amendment
        law = changing.amended if is_amended else changing.released
    return World(now, lambda real: WallPaceBus(real, now), MessageTimes(), law, simulated=True)
