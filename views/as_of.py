"""The nation, a province or a case as it stood, for machines: the JSON of `jinbao audit as-of`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from jinbao.platform.audit.history.as_of import Then
from jinbao.platform.projections.case_board import BoardRow, case_list
from jinbao.platform.projections.clocks import deadlines_by_province
from jinbao.platform.projections.fund_ledger import ledger, money
from jinbao.platform.store.store import UnitOfWork
from jinbao.platform.whole_case import WholeCase
from jinbao.rules.working_days import WorkingDays
from jinbao.views.case_json import case_as_json, clock_as_json, whole_case_as_json
from jinbao.views.case_page import balances_of
from jinbao.views.ledger import nation_as_json, row_as_json

ALL = 1 << 31


def standing(then: Then) -> dict[str, Any]:
    """What every answer begins with: the last event that it holds, and the root of the tree there."""
    return {"position": then.cut.event, "root": then.head.root.hex() or None}


def nation_then(work: UnitOfWork, overview: dict[str, Any], on: date, days: WorkingDays) -> dict[str, Any]:
    """The nation: its figures, and clocks and ledger of each province."""
    return {"overview": overview, "clocks": clocks_then(work, on, days), "ledger": ledger_then(work)}


def province_then(work: UnitOfWork, province: str, on: date, days: WorkingDays) -> dict[str, Any]:
    """A province: the cases that waited for it, due first; its clocks; its ledger."""
    cases = case_list(work, province=province, waiting=True, limit=ALL)
    return {
        "work_list": [case_as_json(row, on) for row in cases],
        "clocks": clocks_then(work, on, days, province),
        "ledger": ledger_then(work, province),
    }


def case_then(row: BoardRow, whole: WholeCase, on: date) -> dict[str, Any]:
    """A case with everything that had happened to it, its clocks and what stood on each account for it, in fen."""
    return {
        "case": whole_case_as_json(row, whole, on),
        "clocks": [clock_as_json(clock) for clock in whole.clocks],
        "ledger": balances_of(whole.steps),
    }


def clocks_then(work: UnitOfWork, on: date, days: WorkingDays, province: str | None = None) -> list[dict[str, Any]]:
    """Clocks by the province responsible, as they stood on a day."""
    found = deadlines_by_province(work, on, days, province)
    return [{"province": code, **clocks._asdict()} for code, clocks in found.items()]


def ledger_then(work: UnitOfWork, province: str | None = None) -> dict[str, Any]:
    """What stood on each account of each province, and the nation's sums, in fen."""
    return {"money_fen": nation_as_json(money(work)), "rows": list(_rows(work, province))}


def _rows(work: UnitOfWork, province: str | None) -> Iterator[dict[str, object]]:
    return map(row_as_json, ledger(work, province))
