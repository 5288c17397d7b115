"""A nation's banks write statements with planted faults each evening; just those are found, and are worked off."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.in_process import jinbao_in

from jinbao.simulator.bank_statements.bank_days import FAULTS
from jinbao.simulator.bank_statements.finance_desks import FinanceDesks, Outcome, outcome_of
from jinbao.simulator.nation import Nation

KINDS = {
    *("unmatched_bank", "unmatched_ledger", "under", "over", "duplicate", "unknown_reference", "wrong_account"),
    *("batch_mismatch", "returned", "missing_statement", "late_in_transit"),
}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder: Path = tmp_path_factory.mktemp("banks")
    with Nation.begin(folder / "data", seed=7, transfers=200, days=110) as nation:
        return run(nation)


def run(nation: Nation) -> Outcome:
    """Days and evenings until all are over."""
    desks = FinanceDesks.begin(nation)
    while not nation.finished:
        desks.evening(nation.run_day().day)
    return outcome_of(desks)


@pytest.mark.slow
def test_each_planted_fault_is_one_break_of_its_kind_and_nothing_else_is_one(outcome: Outcome) -> None:
    assert {planted.kind for planted in outcome.planted} == KINDS
    assert outcome.found == outcome.planted


@pytest.mark.slow
def test_what_banks_put_right_is_worked_off_day_by_day_and_nothing_is_unexplained_on_any_evening(
    outcome: Outcome,
) -> None:
    assert outcome.left == []
    assert outcome.unexplained_fen == 0


@pytest.mark.slow
def test_a_run_that_is_stopped_after_a_day_before_its_evening_comes_to_the_same(tmp_path: Path) -> None:
    with Nation.begin(tmp_path / "at once", seed=7, transfers=30, days=50) as nation:
        undisturbed = run(nation)
    with Nation.begin(tmp_path / "stopped", seed=7, transfers=30, days=50) as nation:
        desks = FinanceDesks.begin(nation)
        for _ in range(40):
            desks.evening(nation.run_day().day)
        nation.run_day()
    with Nation.resume(tmp_path / "stopped") as nation:
        assert run(nation) == undisturbed
    assert sum(undisturbed.planted.values()) > len(FAULTS) // 2
    assert undisturbed.found == undisturbed.planted


def test_the_command_tells_what_was_planted_and_found(tmp_path: Path) -> None:
    words = ("simulate", "--seed", "7", "--transfers", "20", "--days", "30", "--banks", "--data", "data", "--json")
    result = jinbao_in(tmp_path)(*words)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)["banks"]
    assert told["as_planted"]
    assert sum(told["planted"].values()) > 0
    assert told["unexplained_fen"] == 0
