"""The synthetic nation across a year's end: Sichuan and Chongqing settle, and banks and ledger agree every evening."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from jinbao.platform.projections.fund_ledger import ledger
from jinbao.platform.projections.netting import period_settlements
from jinbao.platform.projections.settlement_cases import cases_of, settlements_of
from jinbao.simulator.daily_books import EXPECTED_CAUSES, DailyBooks
from jinbao.simulator.nation import Nation
from jinbao.views.netting import netting_as_json

pytestmark = pytest.mark.slow

SEED = 2880
"""Of its first forty transfers, one goes each way between the two, straight and in time."""


@pytest.mark.parametrize("forms", [None, "csv-utf8"])
def test_the_two_settle_the_year_in_the_next_one_and_the_books_agree_every_evening(
    tmp_path: Path, forms: str | None
) -> None:
    start = date(2025, 10, 13)
    with Nation.begin(tmp_path / "nation", seed=SEED, transfers=40, days=72, start=start, forms=forms) as nation:
        books = DailyBooks(nation.store, nation.banks)
        owed = []
        while not nation.finished:
            report = nation.run_day()
            items = books.close_day(report.day)
            assert {item.cause for item in items} <= EXPECTED_CAUSES
            with nation.store.read() as work:
                owed.append(sum(row.total for row in ledger(work) if row.account == "settlement_owed"))
        assert nation.open_items() == []
        assert nation.summary()["digest"].startswith("001ce49618d5"), "whether by file or not"
        with nation.store.read() as work:
            cases = cases_of(work, "50", "51", 2025)
            settlement = settlements_of(work, "50", "51")[2025]
            (period,) = period_settlements(work, "51")
            late = "SELECT COUNT(*) FROM clocks WHERE clock = 'case' AND outcome <> 'met'"
            assert work.bulk.connection.exec_driver_sql(late).scalar_one() == 0
    assert {case.origin for case in cases} == {"50", "51"}
    assert max(owed) == sum(case.total for case in cases) > 0
    assert owed[-1] == 0
    net = sum(case.total if case.origin == "50" else -case.total for case in cases)
    assert (settlement.net, settlement.is_cleared) == (net, True)
    [payment] = settlement.lines
    assert payment.amount == abs(net)
    assert (period.cases, period.net_fen, period.agrees) == (cases, net, True)
    assert period._replace(cases=cases[1:]).agrees is False
    assert period._replace(statement=None).agrees is None
    assert netting_as_json([], [period])["periods"][0]["statement"]["payments"][0]["fen"] == abs(net)
