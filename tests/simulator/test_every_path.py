"""Every path that the law knows, reached by a sample of one nation's transfers; every evening its books agree.

The sample is chosen by the plans alone: of each turn that a plan can take the first transfer, and ordinary ones
between them. Which shares the turns have among many thousand plans, `test_plan.py` and `test_special_cases.py` show.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from jinbao.platform.projections import case_board
from jinbao.simulator.daily_books import EXPECTED_CAUSES, LONGEST_OPEN_WORKING_DAYS, DailyBooks
from jinbao.simulator.nation import Nation
from jinbao.simulator.paths import PATHS, REQUESTS
from jinbao.simulator.population.persons import has_temporary_account
from jinbao.simulator.scenario.plan import (
    INFORMATION_ONLY_ORIGIN,
    SETTLED_PAIR,
    Incident,
    Late,
    Path as CasePath,
    Plan,
    make_plan,
)
from jinbao.simulator.scenario.special_cases import SpecialCase

pytestmark = pytest.mark.slow

SEED, TRANSFERS, DAYS = 7, 5_000, 180
EACH = 1
"""So many transfers take each turn at least."""
ORDINARY_EVERY = 1_000
"""Of so many persons in a row one belongs to the sample whatever is planned for them."""
CLOCKS = {
    Late.APPLICATION_REVIEW: "application_review",
    Late.ORIGIN: "origin_transfer",
    Late.CONFIRMATION: "confirmation",
}
HOW_PATHS_END = {
    CasePath.REFUSED: "refused",
    CasePath.RETURNED_AND_CLOSED: "returned",
    CasePath.WITHDRAWN: "withdrawn",
    CasePath.WITHDRAWN_BY_AGREEMENT: "withdrawn",
}
HOW_TURNS_END = {
    **dict.fromkeys(SpecialCase, "completed"),
    SpecialCase.REVERSED: "reversed",
    SpecialCase.DIES_AFTER_REMITTANCE: "closed",
    SpecialCase.LOSES_NATIONALITY: "closed",
}


def turns(plan: Plan) -> Iterator[Hashable]:
    """What a plan lets happen, each of which somebody in the sample must have."""
    yield plan.path, plan.reason
    yield plan.order
    yield plan.mismatches
    yield "certificates", plan.certificates
    if plan.late is not None:
        yield plan.late, plan.path
    if plan.incident is not None:
        yield plan.incident, plan.path is CasePath.STRAIGHT
    if plan.special is not None:
        yield plan.special
    if has_temporary_account(SEED, plan):
        yield "temporary account"
    if {plan.origin, plan.destination} == SETTLED_PAIR:
        yield "settled by period"
    if INFORMATION_ONLY_ORIGIN in (plan.origin, plan.destination):
        yield plan.origin == INFORMATION_ONLY_ORIGIN, "around the day of the change", plan.applied_on_day // 10


def sample() -> list[int]:
    """The first transfers with each turn, and ordinary ones, with all transfers of their persons."""
    plans = [make_plan(SEED, index, DAYS) for index in range(TRANSFERS)]
    taken: Counter[Hashable] = Counter()
    persons = set()
    for plan in plans:
        if plan.person % ORDINARY_EVERY == 0 or any(taken[turn] < EACH for turn in turns(plan)):
            persons.add(plan.person)
            taken.update(turns(plan))
    assert min(taken.values()) >= 1
    return [plan.index for plan in plans if plan.person in persons]


def test_the_transfers_of_a_nation_reach_every_path_and_every_evening_the_books_agree(tmp_path: Path) -> None:
    """One test, so that the nation runs once: see the functions below for what is demanded."""
    chosen = sample()
    with Nation.begin(tmp_path / "n", seed=SEED, transfers=TRANSFERS, days=DAYS, sample=chosen) as nation:
        assert [plan.index for plan in nation.plans] == chosen
        books = DailyBooks(nation.store, nation.banks)
        while not nation.finished:
            the_books_of_the_day_agree(nation, books)
        assert nation.open_items() == []
        result = nation.summary()
        assert books.sheets_held >= result["outcomes"]["completed"] > len(chosen) * 0.7
        every_path_was_taken(result)
        every_turn_ends_as_planned(nation, result)
        what_is_counted_is_what_was_planned(nation, result)
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
    assert result["set_aside"] == 0
    assert money["sum"] == money["in_transit"] == money["suspense"] == 0
    assert money["out"] == money["in"] + money["returned"] > 0


def every_turn_ends_as_planned(nation: Nation, result: dict[str, Any]) -> None:
    by_incident: dict[Incident, Counter[str]] = {}
    planned: Counter[str] = Counter()
    with nation.store.read() as work:
        for plan in nation.plans:
            case = case_board.case_of(work, nation.courses.application(plan).transfer)
            assert case is not None
            if plan.special is not None:
                assert case.state == HOW_TURNS_END[plan.special], (plan.index, plan.special)
            if plan.mismatches:
                assert case.state == "completed", (plan.index, plan.mismatches)
            if plan.incident is not None:
                by_incident.setdefault(plan.incident, Counter())[case.state] += 1
            end = HOW_TURNS_END.get(plan.special) if plan.special else HOW_PATHS_END.get(plan.path, "completed")
            planned["returned" if end == "closed" else end] += 1
    assert result["outcomes"] == {**dict.fromkeys(result["outcomes"], 0), **planned}
    assert set(by_incident) == set(Incident)
    assert all(states.keys() <= {"completed", "closed", "withdrawn"} for states in by_incident.values())
    orders = Counter(entry.reference for entry in nation.banks.entries() if entry.amount < 0)
    assert max(orders.values()) > 1, "an order that pays several persons"


def what_is_counted_is_what_was_planned(nation: Nation, result: dict[str, Any]) -> None:
    """Returned letters, missed limits and mismatches are as many as the plans ask for: so their shares are theirs."""
    plans, paths = nation.plans, result["paths"]
    with nation.store.read() as work:
        sql = "SELECT topic, COUNT(*) FROM events GROUP BY topic"
        topics = dict(work.bulk.connection.exec_driver_sql(sql).all())
        late_reports = work.bulk.connection.exec_driver_sql("SELECT SUM(late_reports) FROM case_board").scalar_one()
    returned = (CasePath.RETURNED_AND_SENT_AGAIN, CasePath.RETURNED_AND_CLOSED, CasePath.WITHDRAWN_BY_AGREEMENT)
    assert topics["transfer-returned"] == sum(
        p.path in returned or p.special is SpecialCase.RETURN_TAKEN_BACK for p in plans
    )
    assert paths["deadline_missed"] == sum(p.late is not None for p in plans)
    asked = Counter("mismatch_" + "_then_".join(p.mismatches) for p in plans if p.mismatches)
    assert len(asked) == len(REQUESTS) * (1 + len(REQUESTS))
    assert {path: count for path, count in paths.items() if path.startswith("mismatch_")} == asked
    assert late_reports > 0


def clocks_are_missed_where_planned_and_nowhere_else(nation: Nation) -> None:
    """Neither a special case nor the amended calendar makes anybody late who keeps to the limit."""
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
