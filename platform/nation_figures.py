"""The nation in figures, as a simulated one is summed up: how transfers ended, messages, deadlines, money."""

from __future__ import annotations

from typing import Any

from jinbao.platform import queries
from jinbao.platform.aggregates.state import State
from jinbao.platform.projections import board_counts, clocks, fund_ledger
from jinbao.platform.store.store import UnitOfWork

_ENDED = {
    "completed": State.COMPLETED,
    "refused": State.REFUSED,
    "returned": State.CLOSED,
    "withdrawn": State.WITHDRAWN,
    "reversed": State.REVERSED,
}


def states_of_applications(work: UnitOfWork) -> dict[str, int]:
    """Number of transfers that were applied for, by state; one that went on under a right number counts there."""
    sql = "SELECT state, COUNT(*) FROM case_board WHERE kind = 'application' AND state <> 'moved' GROUP BY state"
    return {row[0]: row[1] for row in work.bulk.execute(sql)}


def outcomes(states: dict[str, int], transfers: int) -> dict[str, int]:
    """How each of the transfers asked for ended; what has not ended, or not begun, is open.

    Offers and holdings, which nobody asked for, are in none.
    """
    ended = {name: states.get(state.value, 0) for name, state in _ENDED.items()}
    return {**ended, "open": transfers - sum(ended.values())}


def nation_figures(work: UnitOfWork, transfers: int | None = None) -> dict[str, Any]:
    """The figures; `transfers` are those planned, None: those applied for. Money in fen."""
    states, money = states_of_applications(work), fund_ledger.money(work)._asdict()
    transfers = sum(states.values()) if transfers is None else transfers
    return {
        "transfers": transfers,
        "events": queries.number_of_events(work),
        "outcomes": outcomes(states, transfers),
        "other_transfers": board_counts.transfers_without_application(work),
        "ingest": queries.ingest_counts(work),
        "deadlines": clocks.deadline_counts(work),
        "money_fen": {name.rstrip("_"): amount for name, amount in money.items()},
    }
