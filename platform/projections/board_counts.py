"""Counts of the case board: how many transfers are in each state, and how many wait for each agency."""

from __future__ import annotations

from sqlalchemy import Column

from jinbao.platform.projections.projection import Counts, counts_table
from jinbao.platform.store.columns import text_column
from jinbao.platform.store.store import UnitOfWork

COUNTED = Counts(
    counts_table(
        "board_counts",
        Column("waiting_for", text_column(2)),
        Column("state", text_column(24)),
        Column("kind", text_column(24)),
    ),
    "COALESCE(waiting_for, ''), state, kind",
)


def state_counts(work: UnitOfWork) -> dict[str, int]:
    """Number of transfers by state."""
    sql = "SELECT state, SUM(number) FROM board_counts GROUP BY state ORDER BY state"
    return {state: int(number) for state, number in work.bulk.execute(sql)}


def transfers_without_application(work: UnitOfWork) -> int:
    """Number of transfers that no application began, and of cases that went on under another number."""
    sql = "SELECT COALESCE(SUM(number), 0) FROM board_counts WHERE kind <> 'application' OR state = 'moved'"
    return int(work.bulk.execute(sql).scalar_one())


def open_cases(work: UnitOfWork) -> dict[str, int]:
    """Number of cases that wait for each agency."""
    sql = "SELECT waiting_for, SUM(number) FROM board_counts WHERE waiting_for <> '' GROUP BY waiting_for"
    return {agency: int(number) for agency, number in work.bulk.execute(sql)}
