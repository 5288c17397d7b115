"""The synthetic nation on Kafka and PostgreSQL comes to the same when processes, brokers and database are killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from jinbao.torture import disturbances
from jinbao.torture.phase import Phase, run_phase, undisturbed
from jinbao.torture.subject import NationSize

pytestmark = pytest.mark.slow

AMENDED = NationSize(transfers=20, days=20, seed=11)
"""The shortest run in which the calendar is amended: ingest processes are begun anew with the next one."""
KILLS = {"ingest": 1, "adapters": 1, "broker": 1, "database": 1, "storm": 1}


def test_a_nation_comes_to_the_same_while_everything_is_killed(
    private_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disturbances, "_STORM_S", 2.0)  # some members leave; in `make torture` many do
    phase = Phase("one broker", AMENDED, KILLS)
    outcome = run_phase(phase, undisturbed(AMENDED), private_folder, lambda _day, _done: None)
    assert outcome.differences == ()
    assert dict(outcome.done) == KILLS


def test_a_nation_on_three_brokers_does_not_notice_that_one_is_killed(private_folder: Path) -> None:
    size, kills = NationSize(transfers=10, days=6), {"broker": 1}
    phase = Phase("three brokers", size, kills, brokers=3)
    outcome = run_phase(phase, undisturbed(size), private_folder / "three", lambda _day, _done: None)
    assert outcome.differences == ()
    assert dict(outcome.done) == kills
