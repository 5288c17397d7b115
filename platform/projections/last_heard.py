"""When each sender was last heard of: by an accepted message, or by one that was not taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import BigInteger, Column, Table

from jinbao.platform.projections.logged import Entry
from jinbao.platform.projections.projection import Part, Projection, read_models
from jinbao.platform.store.bulk import Row, Upsert
from jinbao.platform.store.columns import text_column
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import PLATFORM

last_accepted = Table(
    "last_accepted",
    read_models,
    Column("sender", text_column(2), primary_key=True),
    Column("received_at", BigInteger, nullable=False),
)


def fold(log: Iterable[Entry]) -> Iterator[Row]:
    """When the bus took the newest accepted message of each sender, in the order of the table's columns."""
    newest: dict[str, int] = {}
    for entry in log:
        if entry.received_at > newest.get(entry.sender, 0):
            newest[entry.sender] = entry.received_at
    yield from newest.items()


_LAST = Upsert(last_accepted, ("sender",), {"received_at": "greatest"})

PROJECTION = Projection("last_heard", 1, (Part(_LAST, fold),), kind=None)


def last_heard(work: UnitOfWork) -> dict[str, int]:
    """Sender → when the bus took its newest message, microseconds since 1970 UTC; without those never heard of."""
    rows = work.bulk.execute("SELECT sender, received_at FROM last_accepted")
    found: dict[str, int] = {row[0]: row[1] for row in rows}
    newest = "SELECT received_at FROM intake WHERE sender = ? ORDER BY position DESC LIMIT 1"
    for sender in (PLATFORM, *PROVINCES):
        not_taken = work.bulk.execute(newest, sender).scalar()
        if not_taken is not None:
            found[sender] = max(not_taken, found.get(sender, 0))
    return dict(sorted(found.items()))
