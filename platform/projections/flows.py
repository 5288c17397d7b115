"""Flows from province to province by month: how many transfers were applied for, how they ended, the money completed.

A fact that its sender takes back is counted back, in the month in which it was counted. What nobody applied for (an
offer of an account, a supplement, a reversal, money without a case) is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Table

from jinbao.platform.aggregates.subjects.annulment import FactAnnulled
from jinbao.platform.aggregates.subjects.application import ApplicationAccepted, ApplicationRefused
from jinbao.platform.aggregates.subjects.completion import TransferCompleted
from jinbao.platform.aggregates.subjects.origin_review import TransferReturned
from jinbao.platform.aggregates.subjects.withdrawal import TransferWithdrawn
from jinbao.platform.projections.logged import Logged
from jinbao.platform.projections.projection import Part, Projection, read_models
from jinbao.platform.store.bulk import Row, Upsert
from jinbao.platform.store.columns import text_column
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.working_days import day_of

flows_table = Table(
    "flows",
    read_models,
    Column("month", text_column(7), primary_key=True),
    Column("origin", text_column(2), primary_key=True),
    Column("destination", text_column(2), primary_key=True),
    Column("applied", BigInteger, nullable=False),
    Column("completed", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("returned", BigInteger, nullable=False),
    Column("withdrawn", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
)

FLOWS = Upsert(
    flows_table,
    ("month", "origin", "destination"),
    {"applied": "add", "completed": "add", "refused": "add", "returned": "add", "withdrawn": "add", "amount": "add"},
)

_Counts = tuple[int, int, int, int, int]
_COUNTED: dict[str, _Counts] = {
    ApplicationAccepted.TOPIC: (1, 0, 0, 0, 0),
    TransferCompleted.TOPIC: (0, 1, 0, 0, 0),
    ApplicationRefused.TOPIC: (0, 0, 1, 0, 0),
    TransferReturned.TOPIC: (0, 0, 0, 1, 0),
    TransferWithdrawn.TOPIC: (0, 0, 0, 0, 1),
}
_COUNTED_BACK = {topic: (-a, -b, -c, -d, -e) for topic, (a, b, c, d, e) in _COUNTED.items()}


def fold(log: Iterable[Logged]) -> Iterator[Row]:
    """What each event adds, in the order of `FLOWS.columns`."""
    for entry in log:
        fact = entry.fact
        origin, destination = fact.then.parties
        if not origin:
            continue  # nearly all
        counted, day = _COUNTED.get(fact.TOPIC), None
        if isinstance(fact, FactAnnulled):
            counted, day = _COUNTED_BACK.get(fact.undone), fact.undone_on
        if counted is None:
            continue
        month = (day or day_of(entry.received_at)).isoformat()[:7]
        amount = fact.amount if isinstance(fact, TransferCompleted) else 0
        yield (month, origin, destination, *counted, amount)


PROJECTION = Projection("flows", 1, (Part(FLOWS, fold),))


class FlowRow(NamedTuple):
    """Transfers of one month from one province to another."""

    month: str
    origin: str
    destination: str
    applied: int
    completed: int
    refused: int
    returned: int
    withdrawn: int
    amount: int
    """Fen completed."""


def flows(work: UnitOfWork, month: str | None = None) -> list[FlowRow]:
    """Flows by month, origin and destination; of one month (YYYY-MM) where it is given."""
    sql = (
        "SELECT month, origin, destination, applied, completed, refused, returned, withdrawn, amount "
        f"FROM flows {'WHERE month = ? ' if month else ''}ORDER BY month, origin, destination"
    )
    return [FlowRow(*r) for r in work.bulk.connection.exec_driver_sql(sql, (month,) if month else ())]
