"""Loops of long-running programs: steps until stopped, retried with growing pauses where a failure may pass."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    retry_if_not_exception_type,
    sleep_using_event,
    stop_when_event_set,
    wait_random_exponential,
)

from jinbao.bus.interface import BusError, BusRefused, BusUnavailable
from jinbao.keys.key_ring import KeyRingError, KeyRingRefused, KeyRingUnavailable
from jinbao.platform.store.store import StoreError, StoreRefused, StoreUnavailable
from jinbao.service.errors import Unavailable
from jinbao.service.health import Watch

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 10.0
"""The longest first pause of a loop that fails again and again, and the longest of all; drawn below that, so that many
programs that failed together do not come back together."""
ONCE_PATIENCE_S = 60.0
"""So long may a group take to give a new member its partitions: one that died holds its own for the session timeout."""
FAILURES = (BusError, StoreError, KeyRingError, Unavailable)
"""What a running loop tries again."""
REFUSED = (BusRefused, StoreRefused, KeyRingRefused)
"""Of these, what only a start with other settings helps against: a refused password, another master key."""
ABSENT = (BusUnavailable, StoreUnavailable, KeyRingUnavailable, Unavailable)
"""What a program that starts waits for."""
Tell = Callable[[Exception], None]
"""Who hears of what failed and is tried again."""
_Opened = TypeVar("_Opened")


def retrying(stop: threading.Event, tell: Tell, passing: tuple[type[Exception], ...] = FAILURES) -> Retrying:
    """Calls a function until it succeeds: what is `passing` is told and tried again, until `stop` is set.

    Raises what is not passing, and once asked to stop the last failure.
    """

    def told(state: RetryCallState) -> None:
        assert state.outcome is not None, "told after an attempt"
        error = state.outcome.exception()
        assert isinstance(error, Exception)
        tell(error)

    return Retrying(
        retry=retry_if_exception_type(passing) & retry_if_not_exception_type(REFUSED),
        wait=wait_random_exponential(multiplier=FIRST_PAUSE_S, min=FIRST_PAUSE_S / 4, max=LONGEST_PAUSE_S),
        stop=stop_when_event_set(stop),
        sleep=sleep_using_event(stop),
        before_sleep=told,
        reraise=True,
    )


def opened(open_it: Callable[[], _Opened], stop: threading.Event, trouble: Tell) -> _Opened | None:
    """What `open_it` opens, tried again while bus or database are not there; None when asked to stop meanwhile.

    Raises what will not pass: wrong settings, a refused password, another version's tables.
    """
    if stop.is_set():
        return None
    try:
        return retrying(stop, trouble, ABSENT)(open_it)
    except ABSENT:
        return None


def run_until_stopped(step: Callable[[], int], stop: threading.Event, trouble: Tell, idle_s: float) -> int:
    """Step until asked to stop, at once while there is something to do; returns how much was done.

    Whatever bus, database, key ring or disk refuse is told and tried again, but for what only a start with other
    settings helps against (a refused password, another master key): raises BusRefused, StoreRefused, KeyRingRefused.
    """
    total, step_again = 0, retrying(stop, trouble)
    while not stop.is_set():
        try:
            done = step_again(step)
        except REFUSED:
            raise
        except FAILURES:
            break  # asked to stop before it came back
        total += done
        if not done:
            stop.wait(idle_s)
    return total


@contextmanager
def side_loop(name: str, step: Callable[[], int], stop: threading.Event, watch: Watch, idle_s: float) -> Iterator[None]:
    """Keep a loop turning in a thread of its own while the block runs.

    What ends it (a refused password, a defect) stops the program too: raised when the block ends.
    """
    with beside(name, lambda: run_until_stopped(step, stop, watch.trouble, idle_s), stop):
        yield


@contextmanager
def beside(name: str, work: Callable[[], object], stop: threading.Event) -> Iterator[None]:
    """Let something work in a thread of its own while the block runs; it ends once `stop` is set, as the block does.

    What ends it before stops the program too: raised when the block ends.
    """
    failed: list[BaseException] = []

    def turn() -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)
            stop.set()

    thread = threading.Thread(target=turn, name=name)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    if failed:
        raise failed[0]


def run_until_idle(step: Callable[[], int], at_end: Callable[[], bool], stop: threading.Event, idle_s: float) -> int:
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
                f"总线在 {ONCE_PATIENCE_S:.0f} 秒内没有分给本进程分区或其中的报文："
                "请看 jinbao bus lag，并停止做同样事情的其他进程",
                f"the bus gave this process no partition within {ONCE_PATIENCE_S:.0f} s, or not what is in it: "
                "look at `jinbao bus lag`, and stop other processes that do the same work",
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
