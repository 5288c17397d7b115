"""Flows from province to province by month: how many transfers began and how they ended, and the money completed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jinbao.platform.aggregates import facts
from jinbao.platform.projections.logged import Logged
from jinbao.platform.store.bulk import Row, Upsert
from jinbao.platform.store.tables import flows
from jinbao.rules.working_days import day_of

FLOWS = Upsert(
    flows,
    ("month", "origin", "destination", "partition"),
    {"applied": "add", "completed": "add", "refused": "add", "returned": "add", "withdrawn": "add", "amount": "add"},
)

_COUNTED: dict[type[facts.Fact], tuple[int, int, int, int, int]] = {
    facts.ApplicationAccepted: (1, 0, 0, 0, 0),
    facts.TransferCompleted: (0, 1, 0, 0, 0),
    facts.ApplicationRefused: (0, 0, 1, 0, 0),
    facts.TransferReturned: (0, 0, 0, 1, 0),
    facts.TransferWithdrawn: (0, 0, 0, 0, 1),
}


def fold(log: Iterable[Logged]) -> Iterator[Row]:
    """What each event adds, in the order of `FLOWS.columns`."""
    for entry in log:
        counted = _COUNTED.get(type(entry.fact))
        if counted is None:
            continue
        origin, destination = entry.fact.then.parties
        amount = entry.fact.amount if isinstance(entry.fact, facts.TransferCompleted) else 0
        yield (day_of(entry.received_at).isoformat()[:7], origin, destination, entry.partition, *counted, amount)
