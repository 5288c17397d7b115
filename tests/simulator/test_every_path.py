"""A nation of 5,000 transfers reaches every path that the law knows, and every evening its books agree."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from jinbao.platform import queries
from jinbao.simulator.daily_books import EXPECTED_CAUSES, LONGEST_OPEN_WORKING_DAYS, DailyBooks
from jinbao.simulator.nation import Nation
from jinbao.simulator.paths import PATHS
from jinbao.simulator.plan import Incident, Late
from jinbao.simulator.rare_plan import Rare

TRANSFERS = 5_000
CLOCKS = {
    Late.APPLICATION_REVIEW: "application_review",
    Late.ORIGIN: "origin_transfer",
    Late.CONFIRMATION: "confirmation",
}
HOW_TURNS_END = {
    **dict.fromkeys(Rare, "completed"),
    Rare.REVERSED: "reversed",
    Rare.DIES_AFTER_REMITTANCE: "closed",
    Rare.LOSES_NATIONALITY: "closed",
}


@pytest.mark.slow
def test_five_thousand_transfers_reach_every_path_and_every_evening_the_books_agree(tmp_path: Path) -> None:
    """One test, so that the nation runs once: see the functions below for what is demanded."""
    with Nation.begin(tmp_path / "nation", seed=7, transfers=TRANSFERS, days=250) as nation:
        books = DailyBooks(nation.store, nation.banks)
        while not nation.finished:
            the_books_of_the_day_agree(nation, books)
        assert books.sheets_held > TRANSFERS * 0.8
        assert nation.open_items() == []
        result = nation.summary()
        every_path_was_taken(result)
        the_shares_are_those_of_the_law_and_the_plan(nation, result)
        every_turn_ends_as_planned(nation)
        clocks_are_missed_where_planned_and_nowhere_else(nation)


def the_books_of_the_day_agree(nation: Nation, books: DailyBooks) -> None:
    """Bank minus ledger is the sum of the named items, sheets agree with both, and no item grows old."""
    report = nation.run_day()
    for item in books.close_day(report.day):
        assert item.cause in EXPECTED_CAUSES, item
        age = nation.clock.working_days.between(item.since, report.day)
        assert age <= LONGEST_OPEN_WORKING_DAYS, item


def every_path_was_taken(result: dict[str, Any]) -> None:
    assert tuple(result["paths"]) == PATHS
    assert [path for path, count in result["paths"].items() if count < 1] == []
    ingest, money = dict(result["ingest"]), result["money_fen"]
    assert ingest.pop("received") == sum(ingest.values())
    assert (ingest["parked"], ingest["dead_letter"]) == (0, 0)
    assert money["sum"] == money["in_transit"] == money["suspense"] == 0
    assert money["out"] == money["in"] + money["returned"] > 0


def the_shares_are_those_of_the_law_and_the_plan(nation: Nation, result: dict[str, Any]) -> None:
    """domain.md §7: returned 8 %, late 12 %, mismatch 1 %; the outcomes are those of the transfers asked for."""
    paths, outcomes = result["paths"], result["outcomes"]
    assert sum(outcomes.values()) == TRANSFERS
    assert outcomes["open"] == 0
    share = {name: count / TRANSFERS for name, count in {**paths, **outcomes}.items()}
    with nation.store.read() as work:
        sql = "SELECT topic, COUNT(*) FROM events GROUP BY topic"
        topics = dict(work.bulk.connection.exec_driver_sql(sql).all())
        late_reports = work.bulk.connection.exec_driver_sql("SELECT SUM(late_reports) FROM case_board").scalar_one()
    assert topics["transfer-returned"] / TRANSFERS == pytest.approx(0.08, abs=0.01)
    assert share["deadline_missed"] == pytest.approx(0.12, abs=0.01)
    mismatches = sum(count for path, count in paths.items() if path.startswith("mismatch_"))
    assert mismatches / TRANSFERS == pytest.approx(0.01, abs=0.003)
    assert share["refused"] == pytest.approx(0.03, abs=0.005)
    assert share["withdrawn"] == pytest.approx(0.02, abs=0.005)
    assert share["returned"] == pytest.approx(0.0175, abs=0.005)
    assert 0 < share["reversed"] < 0.005
    assert late_reports > 0


def every_turn_ends_as_planned(nation: Nation) -> None:
    by_incident: dict[Incident, Counter[str]] = {}
    with nation.store.read() as work:
        for plan in nation.plans:
            case = queries.case_of(work, nation.courses.application(plan).transfer)
            assert case is not None
            if plan.rare is not None:
                assert case.state == HOW_TURNS_END[plan.rare], (plan.index, plan.rare)
            if plan.mismatches:
                assert case.state == "completed", (plan.index, plan.mismatches)
            if plan.incident is not None:
                by_incident.setdefault(plan.incident, Counter())[case.state] += 1
    assert set(by_incident) == set(Incident)
    assert all(states.keys() <= {"completed", "closed", "withdrawn"} for states in by_incident.values())
    orders = Counter(entry.reference for entry in nation.banks.entries() if entry.amount < 0)
    assert max(orders.values()) > 1, "an order that pays several persons"


def clocks_are_missed_where_planned_and_nowhere_else(nation: Nation) -> None:
    """Neither a rarer turn nor the amended calendar makes anybody late who keeps to the limit."""
    sql = (
        "SELECT b.transfer_id, c.clock FROM clocks c JOIN case_board b ON b.case_id = c.case_id "
        "WHERE c.outcome = 'missed'"
    )
    with nation.store.read() as work:
        missed = {(UUID(bytes=row[0]), row[1]) for row in work.bulk.connection.exec_driver_sql(sql)}
    planned = {
        (nation.courses.application(plan).transfer, CLOCKS[plan.late]) for plan in nation.plans if plan.late is not None
    }
    assert missed == planned
