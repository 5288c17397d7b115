"""A nation's banks write statements with planted faults; the platform finds just those, and they are worked off."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.in_process import jinbao_in

from jinbao.simulator.bank_statements.finance_desks import Outcome, delay_credits, run_desks
from jinbao.simulator.nation import Nation

KINDS = {
    *("unmatched_bank", "unmatched_ledger", "under", "over", "duplicate", "unknown_reference", "wrong_account"),
    *("batch_mismatch", "returned", "missing_statement", "late_in_transit"),
}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder: Path = tmp_path_factory.mktemp("banks")
    with Nation.begin(folder / "data", seed=7, transfers=200, days=110) as nation:
        delay_credits(nation)
        while not nation.finished:
            nation.run_day()
        return run_desks(nation)


@pytest.mark.slow
def test_each_planted_fault_is_one_break_of_its_kind_and_nothing_else_is_one(outcome: Outcome) -> None:
    assert {planted.kind for planted in outcome.planted} == KINDS
    assert outcome.found == outcome.planted


@pytest.mark.slow
def test_what_banks_put_right_is_worked_off_and_nothing_is_unexplained_on_any_day(outcome: Outcome) -> None:
    assert outcome.left == []
    assert outcome.unexplained_fen == 0


def test_the_command_tells_what_was_planted_and_found(tmp_path: Path) -> None:
    words = ("simulate", "--seed", "7", "--transfers", "20", "--days", "40", "--banks", "--data", "data", "--json")
    result = jinbao_in(tmp_path)(*words)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)["banks"]
    assert told["as_planted"]
    assert sum(told["planted"].values()) > 0
    assert told["unexplained_fen"] == 0
