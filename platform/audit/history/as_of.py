"""The nation, a province or a case as it stood: the events recorded by an instant, folded anew in the log's order.

Of these, on request, only those that had occurred by another instant: what was known then of what was so then. The
same folds and questions answer as for now, on a copy of that part of the log in a database of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import NamedTuple

from jinbao.platform.audit.log.places import Head, head_within
from jinbao.platform.projections import case_board, clocks, fund_ledger
from jinbao.platform.projections.logged import case_parts
from jinbao.platform.projections.past import Cut, Past
from jinbao.platform.projections.projection import Projection
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.store import Store, UnitOfWork

READ = (case_board.PROJECTION, clocks.PROJECTION, fund_ledger.PROJECTION)
"""The read models that the answers are read from: only these are folded."""


class Instant(NamedTuple):
    """What is asked for; instants in microseconds since 1970 UTC."""

    recorded_us: int
    """Events that were recorded later are left out."""
    occurred_us: int | None = None
    """Facts that occurred later are left out; None: none are."""
    position: int | None = None
    """Events that stand behind it in the log are left out; None: none are."""


class Then(NamedTuple):
    """A part of the log, from its beginning."""

    cut: Cut
    head: Head
    """The newest head of the tree that holds nothing later."""


def find(bulk: Bulk, instant: Instant) -> Then:
    """The part of the log that was recorded by an instant."""
    event, row = (last_until(bulk, table, "recorded_at", instant.recorded_us) for table in ("events", "intake"))
    if instant.position is not None and instant.position < event:
        event = instant.position
        row = min(row, last_until(bulk, "intake", "log_position", event))
    return Then(Cut(event, row, instant.occurred_us), head_within(bulk, event, row))


@contextmanager
def as_it_stood(store: Store, cut: Cut, projections: Sequence[Projection] = READ) -> Iterator[tuple[Store, UnitOfWork]]:
    """A database with that part of the log and its read models, and one state of it. Raises StoreError."""
    with closing(Past(store, projections)) as past:
        past.take(cut)
        with past.reading() as work:
            yield past.copy, work


def streams_of(bulk: Bulk, transfer: bytes) -> list[int]:
    """The streams in which a transfer stands: one, and others where an identity was corrected."""
    sql = "SELECT DISTINCT case_id FROM case_board WHERE transfer_id = ?"
    return sorted({case_parts(row[0])[0] for row in bulk.execute(sql, transfer)})


def last_until(bulk: Bulk, table: str, column: str, bound: int) -> int:
    """Position of a table's last row that does not go beyond a bound in a column which grows with the position."""
    sql = f"SELECT position, {column} FROM {table} WHERE position <= ? ORDER BY position DESC LIMIT 1"
    low, high = 0, bulk.execute(f"SELECT COALESCE(MAX(position), 0) FROM {table}").scalar_one()
    while low < high:
        middle = (low + high + 1) // 2
        found = bulk.execute(sql, middle).fetchone()
        if found is None or found[1] <= bound:
            low = middle
        else:
            high = found[0] - 1
    return int(low)
