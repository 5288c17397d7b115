"""Health: a program is alive while its loops turn, and ready while the last turn of each went well."""

from __future__ import annotations

from jinbao.language.words import Translator
from jinbao.service.health import STALLED_AFTER_S, Health


def test_a_loop_that_no_longer_turns_is_not_alive() -> None:
    now = [0.0]
    health = Health(Translator("en"), clock=lambda: now[0])
    assert (health.live()[0], health.ready()[0]) == (True, False)
    health.succeeded()
    assert (health.live()[0], health.ready()[0]) == (True, True)
    health.trouble("the bus does not answer")
    assert (health.live()[0], health.ready()) == (True, (False, "the bus does not answer"))
    now[0] = STALLED_AFTER_S
    assert (health.live()[0], health.ready()) == (False, (False, "no step for 120 s"))


def test_every_loop_of_a_program_counts() -> None:
    now = [0.0]
    health = Health(Translator("en"), clock=lambda: now[0])
    health.succeeded()
    health.trouble("no sweep", "sweep")
    assert health.ready() == (False, "no sweep"), "a turn of another loop does not help"
    health.succeeded()
    assert health.ready() == (False, "no sweep")
    health.succeeded("sweep")
    assert health.ready()[0]
    now[0] = STALLED_AFTER_S
    health.succeeded()
    assert not health.live()[0], "the sweep stands still"


def test_a_turn_that_takes_long_and_goes_on_is_no_standstill() -> None:
    now = [0.0]
    health = Health(Translator("en"), lambda: now[0])
    health.succeeded()
    now[0] = STALLED_AFTER_S
    health.turning()
    assert health.ready() == (True, "ok")
    now[0] = 2 * STALLED_AFTER_S
    assert health.live()[0] is False
