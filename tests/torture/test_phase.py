"""What a disturbed nation is held against: everything but the speed, and how often something came again."""

from __future__ import annotations

from typing import Any

import pytest

from jinbao.torture.__main__ import came_through, phases
from jinbao.torture.phase import Outcome, differences
from jinbao.torture.subject import NationSize

RESULT: dict[str, Any] = {
    "transfers": 10,
    "outcomes": {"completed": 9, "open": 1},
    "ingest": {"received": 100, "accepted": 96, "duplicate": 3, "rejected": 1},
    "paths": {"completed": 9, "duplicate": 3},
    "money_fen": {"sum": 0},
    "digest": "aa",
    "events_per_second": 300.0,
}


def changed(**what: Any) -> dict[str, Any]:
    found = dict(RESULT)
    for name, value in what.items():
        found[name] = {**RESULT[name], **value} if isinstance(value, dict) else value
    return found


@pytest.mark.parametrize(
    "what",
    [
        {"digest": "bb"},
        {"ingest": {"accepted": 97}},
        {"ingest": {"rejected": 0}},
        {"outcomes": {"open": 0}},
        {"money_fen": {"sum": 1}},
        {"paths": {"completed": 8}},
    ],
)
def test_whatever_counts_makes_another_nation(what: dict[str, Any]) -> None:
    (name,) = what
    (told,) = differences(RESULT, changed(**what))
    assert told.startswith(f"{name}: ")


def test_what_was_sent_again_and_the_speed_make_none() -> None:
    again = changed(ingest={"received": 120, "duplicate": 23}, paths={"duplicate": 23}, events_per_second=3.0)
    assert differences(RESULT, again) == ()


def test_a_run_that_was_disturbed_less_than_planned_has_not_come_through() -> None:
    three, one = phases(NationSize(2_300, 125))
    done = dict(three.kills)
    assert came_through(Outcome(three, done, 27_000, 400, (), 900.0))
    assert not came_through(Outcome(three, {**done, "ingest": 49}, 27_000, 400, (), 900.0))
    assert not came_through(Outcome(three, done, 27_000, 400, ("digest: bb instead of aa",), 900.0))
    assert min(three.kills["ingest"] - 50, three.kills["adapters"] - 20, three.kills["broker"] - 5) >= 0
    assert (three.brokers, one.brokers) == (3, 1)
