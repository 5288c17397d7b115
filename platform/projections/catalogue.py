"""All projections of the event log. Whoever adds one lists it here: nothing else names them."""

from __future__ import annotations

from jinbao.platform.projections import (
    bank_accounts,
    bank_findings,
    case_board,
    clocks,
    daily_volume,
    flows,
    fund_ledger,
    handling_times,
    last_heard,
    payment_reports,
    sealed_months,
    settlement_cases,
)
from jinbao.platform.projections.projection import Projection

PROJECTIONS: tuple[Projection, ...] = (
    bank_accounts.PROJECTION,
    bank_findings.PROJECTION,
    case_board.PROJECTION,
    clocks.PROJECTION,
    daily_volume.PROJECTION,
    flows.PROJECTION,
    fund_ledger.PROJECTION,
    handling_times.PROJECTION,
    last_heard.PROJECTION,
    payment_reports.PROJECTION,
    sealed_months.PROJECTION,
    settlement_cases.PROJECTION,
)

TABLES = tuple(table for projection in PROJECTIONS for table in projection.tables)
"""The tables that are read."""

assert len({table.name for table in TABLES}) == len(TABLES), "each table belongs to one projection"
assert len({projection.name for projection in PROJECTIONS}) == len(PROJECTIONS), "each projection has its own name"
