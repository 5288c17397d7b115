"""The loops of running programs: step after step until stopped, trying again with growing pauses what may pass."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from jinbao.bus.interface import BusError, BusRefused, BusUnavailable
from jinbao.keys.key_ring import KeyRingError, KeyRingRefused, KeyRingUnavailable
from jinbao.platform.store.store import StoreError, StoreRefused, StoreUnavailable
from jinbao.service.errors import Unavailable

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 10.0
"""The pauses of a loop that fails again and again; short enough to go on soon after the cause is gone."""
ONCE_PATIENCE_S = 60.0
"""So long may a group take to give a new member its partitions: one that died holds its own for the session timeout."""
Tell = Callable[[Exception], None]
"""Who hears of what failed and is tried again."""
_Opened = TypeVar("_Opened")


class Pauses:
    """Pauses before trying again: each up to twice the last, drawn so that many programs do not come back at once."""

    def __init__(self) -> None:
        self._next_s = FIRST_PAUSE_S

    def next_s(self) -> float:
        """The pause after one more failure, in seconds."""
        pause_s, self._next_s = self._next_s, min(2 * self._next_s, LONGEST_PAUSE_S)
        return random.uniform(pause_s / 2, pause_s)

    def well(self) -> None:
        """It went well: the next failure begins with a short pause."""
        self._next_s = FIRST_PAUSE_S


def opened(open_it: Callable[[], _Opened], stop: threading.Event, trouble: Tell) -> _Opened | None:
    """What `open_it` opens, tried again while bus or database are not there; None when asked to stop meanwhile.

    Raises what will not pass: wrong settings, a refused password, another version's tables.
    """
    pauses = Pauses()
    while not stop.is_set():
        try:
            return open_it()
        except (BusUnavailable, StoreUnavailable, KeyRingUnavailable, Unavailable) as error:
            trouble(error)
        stop.wait(pauses.next_s())
    return None


def keep_turning(step: Callable[[], int], stop: threading.Event, trouble: Tell, idle_s: float) -> int:
    """Step until asked to stop, at once while there is something to do; returns how much was done.

    Whatever bus, database, key ring or disk refuse is told and tried again, but for what only a start with other
    settings helps against (a refused password, another master key): raises BusRefused, StoreRefused, KeyRingRefused.
    """
    pauses, total = Pauses(), 0
    while not stop.is_set():
        try:
            done = step()
        except (BusRefused, StoreRefused, KeyRingRefused):
            raise
        except (BusError, StoreError, KeyRingError, Unavailable) as error:
            trouble(error)
            stop.wait(pauses.next_s())
            continue
        pauses.well()
        total += done
        if not done:
            stop.wait(idle_s)
    return total


def run_dry(step: Callable[[], int], at_end: Callable[[], bool], stop: threading.Event, idle_s: float) -> int:
    """Step until nothing is left: a step did nothing, and what the bus had for this process is read.

    Returns how much was done. Raises what a step raises, and BusUnavailable when the bus gives nothing to read and no
    end either: others of the group hold all partitions, or one that died has not been missed yet.
    """
    total, deadline = 0, time.monotonic() + ONCE_PATIENCE_S
    while not stop.is_set():
        done = step()
        if done:
            total, deadline = total + done, time.monotonic() + ONCE_PATIENCE_S
        elif _has_ended(at_end, deadline):
            break
        elif time.monotonic() > deadline:
            raise BusUnavailable(
                f"the bus gave this process no partition within {ONCE_PATIENCE_S:.0f} s, or not what is in it: "
                "look at `jinbao bus lag`, and stop other processes that do the same work"
            )
        else:
            stop.wait(idle_s)
    return total


def _has_ended(at_end: Callable[[], bool], deadline: float) -> bool:
    """Not yet, where the brokers do not answer just now; raises what they raise once the deadline has passed."""
    try:
        return at_end()
    except BusUnavailable:
        if time.monotonic() > deadline:
            raise
        return False
