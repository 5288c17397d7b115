"""The nation, a province or a case as it stood: the events recorded by an instant, folded anew in the log's order.

Of these, on request, only those that had occurred by another instant: what was known then of what was so then. The
same folds and questions answer as for now, on a copy of that part of the log in a database of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from jinbao.platform.audit.history.snapshots import bases_for
from jinbao.platform.audit.log.places import Head, head_within
from jinbao.platform.outcome import Outcome
from jinbao.platform.projections import case_board, clocks, fund_ledger
from jinbao.platform.projections.fresh import Fresh
from jinbao.platform.projections.logged import case_parts
from jinbao.platform.projections.past import Cut, Past
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.platform.store.tables import events, intake_counts, parked

READ = (case_board.PROJECTION, clocks.PROJECTION, fund_ledger.PROJECTION)
"""The read models that the answers are read from: only these are folded."""

_WAITING = (
    f"SELECT i.position FROM intake i WHERE i.outcome = {Outcome.PARKED:d} AND i.position <= ? AND NOT EXISTS "
    "(SELECT 1 FROM events e WHERE e.stream = i.stream AND e.first = i.position AND e.position <= ?) AND NOT EXISTS "
    "(SELECT 1 FROM intake o WHERE o.stream = i.stream AND o.first = i.position AND o.position <= ? "
    f"AND o.outcome NOT IN ({Outcome.DUPLICATE:d}, {Outcome.PARKED:d}))"
)
"""Rows of the intake whose messages waited."""


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
def as_it_stood(store: Store, cut: Cut, kept: Path | None = None) -> Iterator[tuple[Store, UnitOfWork]]:
    """A database with the read models of that part of the log, and one state of it. Raises StoreError.

    Where the whole log is looked at, it begins with the newest snapshot in the folder `kept` and reads the log where
    it stands; of a cut that leaves something out, the events are there too.
    """
    if cut.streams is None and cut.occurred_us is None:
        with store.read() as work:
            bases = [base for base, _ in bases_for(work.bulk, cut.event, READ, kept)]
        with closing(Fresh(READ, bases)) as fresh:
            fresh.fold(store, cut.event)
            _count_log(store, cut, fresh.store)
            with fresh.reading() as work:
                yield fresh.store, work
        return
    with closing(Past(store, READ)) as past:
        past.take(cut)
        with past.reading() as work:
            yield past.copy, work


def _count_log(store: Store, cut: Cut, copy: Store) -> None:
    """Put beside the read models what questions count in the log: its end, outcomes, messages that waited."""
    with store.read() as work:
        last = list(work.bulk.execute("SELECT * FROM events WHERE position = ?", cut.event))
        sql = "SELECT outcome, COUNT(*) FROM intake WHERE position <= ? GROUP BY outcome"
        counts = list(work.bulk.execute(sql, cut.intake))
        waiting = list(work.bulk.execute(_WAITING, cut.intake, cut.event, cut.intake))
    with copy.write() as work:
        work.bulk.insert(events, [tuple(row) for row in last])
        work.bulk.insert(intake_counts, [tuple(row) for row in counts])
        work.bulk.insert(parked, [(row[0], 0, b"", "", 0, b"", None) for row in waiting])


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
