"""What a simulated nation came to, counted from the platform's own read models: the JSON of `jinbao simulate`."""

from __future__ import annotations

from typing import Any

from jinbao.platform import queries
from jinbao.platform.aggregates.state import State
from jinbao.platform.projections import board_counts, clocks, fund_ledger
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.simulator.digest import nation_digest
from jinbao.simulator.paths import count_paths

_ENDED = {
    "completed": State.COMPLETED,
    "refused": State.REFUSED,
    "returned": State.CLOSED,
    "withdrawn": State.WITHDRAWN,
    "reversed": State.REVERSED,
}


def _states_of_applications(work: UnitOfWork) -> dict[str, int]:
    """Number of transfers that were applied for, by state; one that went on under a right number counts there."""
    sql = "SELECT state, COUNT(*) FROM case_board WHERE kind = 'application' AND state <> 'moved' GROUP BY state"
    return {row[0]: row[1] for row in work.bulk.connection.exec_driver_sql(sql)}


def outcomes(states: dict[str, int], transfers: int) -> dict[str, int]:
    """How each of the transfers asked for ended; what has not ended, or not begun, is open.

    Offers and holdings, which nobody asked for, are in none.
    """
    ended = {name: states.get(state.value, 0) for name, state in _ENDED.items()}
    return {**ended, "open": transfers - sum(ended.values())}


def summary(store: Store, transfers: int, worked_us: int) -> dict[str, Any]:
    """The whole result of a run; `worked_us` is the real time that it took, in microseconds."""
    with store.read() as work:
        events = queries.number_of_events(work)
        money = fund_ledger.money(work)._asdict()
        counted = {
            "transfers": transfers,
            "events": events,
            "outcomes": outcomes(_states_of_applications(work), transfers),
            "other_transfers": board_counts.transfers_without_application(work),
            "ingest": queries.ingest_counts(work),
            "deadlines": clocks.deadline_counts(work),
            "money_fen": {name.rstrip("_"): amount for name, amount in money.items()},
        }
    speed = round(events / (worked_us / 1_000_000), 1) if worked_us else 0.0
    return {**counted, "paths": count_paths(store), "digest": nation_digest(store), "events_per_second": speed}
