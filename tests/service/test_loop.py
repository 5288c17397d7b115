"""Loops of running programs: growing pauses, what is tried again and what is not, and when `--once` is done."""

from __future__ import annotations

import threading

import pytest

from jinbao.bus.interface import BusError, BusRefused, BusUnavailable
from jinbao.cli.exit_codes import exit_code
from jinbao.language.words import Translator
from jinbao.platform.store.store import StoreError, StoreRefused, StoreUnavailable
from jinbao.service import loop
from jinbao.service.errors import Unavailable
from jinbao.service.health import Health, Watch
from jinbao.service.loop import FIRST_PAUSE_S, LONGEST_PAUSE_S, opened, run_until_idle, run_until_stopped, side_loop


@pytest.fixture
def stop(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Not set yet; and no test waits long."""
    monkeypatch.setattr(loop, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(loop, "LONGEST_PAUSE_S", 0.002)
    return threading.Event()


def test_pauses_grow_up_to_a_limit_and_begin_anew_once_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    stop = threading.Event()
    monkeypatch.setattr(stop, "wait", lambda timeout: pauses.append(timeout))
    turns: list[bool] = [*[False] * 9, True, False]

    def step() -> int:
        if not turns:
            stop.set()
            return 1
        if not turns.pop(0):
            raise BusUnavailable("down")
        return 1

    run_until_stopped(step, stop, lambda error: None, 0.001)
    longest = [*(min(FIRST_PAUSE_S * 2**number, LONGEST_PAUSE_S) for number in range(9)), FIRST_PAUSE_S]
    assert len(pauses) == len(longest)
    assert all(FIRST_PAUSE_S / 4 <= pause <= limit for pause, limit in zip(pauses, longest, strict=True))
    assert len(set(pauses)) == len(pauses), "drawn, so that programs that failed together do not come back together"


def test_a_loop_beside_another_stops_the_program_with_what_ended_it(stop: threading.Event) -> None:
    def step() -> int:
        raise StoreRefused("no such user")

    def serve() -> None:
        with side_loop("relay", step, stop, Watch(Health(Translator("en")), "text", "relay"), 0.001):
            assert stop.wait(20.0)

    with pytest.raises(StoreRefused, match="no such user"):
        serve()


@pytest.mark.parametrize(
    "error", [BusUnavailable("b"), BusError("b"), StoreUnavailable("s"), StoreError("s"), Unavailable("u")]
)
def test_a_running_loop_tells_what_failed_and_goes_on(stop: threading.Event, error: Exception) -> None:
    turns: list[Exception | int] = [3, error, error, 4]
    told: list[Exception] = []

    def step() -> int:
        if not turns:
            stop.set()
            return 0
        turn = turns.pop(0)
        if isinstance(turn, Exception):
            raise turn
        return turn

    assert run_until_stopped(step, stop, told.append, 0.001) == 7
    assert told == [error, error]


@pytest.mark.parametrize("error", [BusRefused("no such user"), StoreRefused("no such user")])
def test_a_refused_password_ends_a_running_loop(stop: threading.Event, error: Exception) -> None:
    def step() -> int:
        raise error

    with pytest.raises(type(error), match="no such user"):
        run_until_stopped(step, stop, print, 0.001)


def test_a_program_waits_for_what_is_not_there_yet_and_not_for_what_will_never_be(stop: threading.Event) -> None:
    answers: list[Exception | str] = [BusUnavailable("down"), StoreUnavailable("starting"), "open"]
    told: list[Exception] = []

    def open_it() -> str:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert opened(open_it, stop, told.append) == "open"
    assert [str(error) for error in told] == ["down", "starting"]
    answers[:] = [StoreError("another version's tables")]
    with pytest.raises(StoreError, match="another version"):
        opened(open_it, stop, told.append)
    stop.set()
    assert opened(open_it, stop, told.append) is None


def test_once_does_not_end_before_the_bus_has_given_all_that_it_had(stop: threading.Event) -> None:
    """The first steps find nothing, since a group gives its partitions only after a while."""
    steps, ends = [0, 0, 5, 0, 2, 0], [False, False, False, True]
    assert run_until_idle(lambda: steps.pop(0), lambda: ends.pop(0), stop, 0.001) == 7
    assert steps == []
    assert ends == []


def test_once_bears_with_brokers_that_choose_other_leaders(stop: threading.Event) -> None:
    ends: list[Exception | bool] = [BusUnavailable("no broker answered"), BusUnavailable("no broker answered"), True]

    def at_end() -> bool:
        end = ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end

    assert run_until_idle(lambda: 0, at_end, stop, 0.001) == 0
    assert ends == []


def test_once_does_not_wait_for_ever(stop: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "ONCE_PATIENCE_S", 0.01)
    with pytest.raises(BusUnavailable, match="gave this process no partition"):
        run_until_idle(lambda: 0, lambda: False, stop, 0.001)
    error = BusUnavailable("no broker answered")
    with pytest.raises(BusUnavailable, match="no broker answered"):
        run_until_idle(lambda: 0, lambda: (_ for _ in ()).throw(error), stop, 0.001)


def test_what_may_pass_is_exit_code_1_and_wrong_settings_are_2() -> None:
    assert {exit_code(e("")) for e in (BusUnavailable, StoreUnavailable, Unavailable)} == {1}
    assert {exit_code(e("")) for e in (BusError, BusRefused, StoreError, StoreRefused)} == {2}
