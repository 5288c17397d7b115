"""All read models of the event log: written with each batch, and rebuilt from the log to the same rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sqlalchemy import Table

from jinbao.platform.projections import case_board, clocks, flows, fund_ledger, settlement_cases
from jinbao.platform.projections.logged import Logged, logged
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.mapper import decode_fact
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.platform.store.tables import (
    case_board as board_table,
    clocks as clocks_table,
    flows as flows_table,
    ledger_balances as balances_table,
    ledger_entries,
    settlement_cases as settlement_table,
)

TABLES: tuple[Table, ...] = (
    board_table,
    clocks_table,
    flows_table,
    ledger_entries,
    balances_table,
    settlement_table,
)
REBUILD_BATCH = 5_000


def project(bulk: Bulk, log: Sequence[Logged]) -> None:
    """Fold events, in the order of the log, into every read model."""
    bulk.patch(case_board.BOARD, case_board.fold(log))
    bulk.patch(clocks.CLOCKS, clocks.fold(log))
    bulk.upsert(flows.FLOWS, flows.fold(log))
    bulk.insert(ledger_entries, list(fund_ledger.fold_entries(log)))
    bulk.upsert(fund_ledger.BALANCES, fund_ledger.fold_balances(log))
    bulk.insert(settlement_table, list(settlement_cases.fold(log)))


def read_log(work: UnitOfWork, after: int, limit: int) -> list[Logged]:
    """Events above a position, in order."""
    sql = (
        "SELECT e.position, e.stream, s.partition, e.received_at, e.topic, e.state FROM events e "
        "JOIN streams s ON s.stream = e.stream WHERE e.position > ? ORDER BY e.position LIMIT ?"
    )
    rows = work.bulk.connection.exec_driver_sql(sql, (after, limit))
    return [logged(r[0], r[1], r[2], r[3], decode_fact(r[4], r[5])) for r in rows]


class Rebuilt(NamedTuple):
    """What a rebuild did."""

    events: int
    rows: dict[str, int]
    """Table → number of rows."""


def rebuild(store: Store, progress: Callable[[int], None] = lambda events: None) -> Rebuilt:
    """Empty the read models and fold the whole log again, in one transaction: nobody sees them half made."""
    with store.write() as work:
        connection = work.bulk.connection
        for table in TABLES:
            connection.execute(table.delete())
        position = done = 0
        while log := read_log(work, position, REBUILD_BATCH):
            project(work.bulk, log)
            position = log[-1].position
            done += len(log)
            progress(done)
        rows = {
            table.name: connection.exec_driver_sql(f"SELECT COUNT(*) FROM {table.name}").scalar_one()
            for table in TABLES
        }
    return Rebuilt(done, rows)
