"""What a simulated nation came to, counted from the platform's own read models: the JSON of `jinbao simulate`."""

from __future__ import annotations

from typing import Any

from jinbao.platform.aggregates.facts import State
from jinbao.platform.cases import Outcome
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.simulator.digest import nation_digest

_ENDED = {
    State.COMPLETED: "completed",
    State.REFUSED: "refused",
    State.CLOSED: "returned",
    State.WITHDRAWN: "withdrawn",
}


def _pairs(work: UnitOfWork, sql: str) -> dict[Any, int]:
    return {key: int(count) for key, count in work.bulk.connection.exec_driver_sql(sql)}


def outcomes(work: UnitOfWork, transfers: int) -> dict[str, int]:
    """How each of the transfers asked for ended; what has not ended, or not begun, is open."""
    states = _pairs(work, "SELECT state, COUNT(*) FROM case_board GROUP BY state")
    ended = {name: states.get(state.value, 0) for state, name in _ENDED.items()}
    return {**ended, "reversed": 0, "open": transfers - sum(ended.values())}


def ingest(work: UnitOfWork) -> dict[str, int]:
    """Messages by their present outcome; the five add up to what was received."""
    counts = _pairs(work, "SELECT outcome, SUM(messages) FROM ingest_counts GROUP BY outcome")
    by_name = {outcome.name.lower(): counts.get(int(outcome), 0) for outcome in Outcome}
    return {"received": sum(by_name.values()), **by_name}


def deadlines(work: UnitOfWork) -> dict[str, int]:
    """Ended clocks, each once; running and superseded ones in neither."""
    counts = _pairs(work, "SELECT outcome, COUNT(*) FROM clocks WHERE ended_at IS NOT NULL GROUP BY outcome")
    return {"met": counts.get("met", 0), "missed": counts.get("missed", 0)}


def money_fen(work: UnitOfWork) -> dict[str, int]:
    """Where the money is, fen: out = in_transit + in + returned + suspense, and all entries sum to zero."""
    accounts = _pairs(
        work, "SELECT account, SUM(personal + pooling + unallocated) FROM ledger_balances GROUP BY account"
    )
    (total,) = work.bulk.connection.exec_driver_sql(
        "SELECT COALESCE(SUM(personal + pooling + unallocated), 0) FROM ledger_entries"
    ).one()
    return {
        "out": -accounts.get("origin_fund", 0),
        "in_transit": accounts.get("in_transit", 0),
        "in": accounts.get("destination_fund", 0),
        "returned": accounts.get("returned", 0),
        "suspense": accounts.get("suspense", 0),
        "sum": int(total),
    }


def summary(store: Store, transfers: int, worked_us: int) -> dict[str, Any]:
    """The whole result of a run; `worked_us` is the real time that it took, in microseconds."""
    with store.read() as work:
        (events,) = work.bulk.connection.exec_driver_sql("SELECT COUNT(*) FROM events").one()
        counted = {
            "transfers": transfers,
            "events": int(events),
            "outcomes": outcomes(work, transfers),
            "ingest": ingest(work),
            "deadlines": deadlines(work),
            "money_fen": money_fen(work),
        }
    speed = round(int(events) / (worked_us / 1_000_000), 1) if worked_us else 0.0
    return {**counted, "digest": nation_digest(store), "events_per_second": speed}
