"""The read models as they stood at a past instant: the log up to there, folded anew in a database of its own.

The same folds and the same questions answer for then as for now. What an instant's log holds ends before the first
event, and the first row of intake, that the bus took later. It goes forward only; who asks for an earlier instant
begins anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from sqlalchemy import Table

from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.outcome import Outcome
from jinbao.platform.projections.catalogue import PROJECTIONS
from jinbao.platform.projections.projection import Projection
from jinbao.platform.projections.runner import Runner
from jinbao.platform.projections.scratch import Scratch
from jinbao.platform.store.event_log import add_to_intake, decode
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.platform.store.tables import events, intake, parked, streams

_BATCH, _ALL = 5_000, 1 << 40
"""Rows read at once."""


class Cut(NamedTuple):
    """Which of the log is looked at."""

    event: int
    """Position of the last event."""
    intake: int
    """Position of the last row of the intake."""
    occurred_us: int | None = None
    """Facts of relationships that occurred later by their sender's account are left out; None: none are."""
    streams: Sequence[int] | None = None
    """The only streams that are looked at; None: all."""
    with_bytes: bool = False
    """Whether messages are copied with their bytes."""


class Past:
    """A copy of the log up to an instant, without the messages' bytes, and the read models that follow it."""

    def __init__(self, store: Store, projections: Sequence[Projection] = PROJECTIONS) -> None:
        """`store`: of the platform, which stays open."""
        self._store = store
        self._scratch = Scratch()
        self._copy = self._scratch.store
        self._runner = Runner(self._copy, projections)
        self._streams = self._events = self._intake = 0
        """What has been copied of each, by its key."""

    def advance(self, until_us: int) -> bool:
        """Copy and fold the next of what the bus had taken by an instant; False where all of it is there.

        Instants: microseconds since 1970 UTC. Raises StoreError.
        """
        with self._store.read() as work:
            facts, self._events = _next_rows(work, events, self._events, until_us)
            others, self._intake = _next_rows(work, intake, self._intake, until_us)
            names, self._streams = _next_rows(work, streams, self._streams)
        self._add(names, facts, others)
        return bool(facts or others)

    def take(self, cut: Cut) -> None:
        """Copy and fold all of a cut, a batch at a time: no state of the log is held open meanwhile. Raises StoreError.

        What a cut holds never changes, so that batches read one after the other are one history.
        """
        relationships: set[int] = set()
        more = True
        while more:
            with self._store.read() as work:
                names, self._streams = _next_rows(work, streams, self._streams, cut=cut)
                facts, self._events = _next_rows(work, events, self._events, cut=cut)
                others, self._intake = _next_rows(work, intake, self._intake, cut=cut)
            more = bool(facts or others)
            relationships.update(row[0] for row in names if row[1] == RELATIONSHIPS.number)
            if cut.occurred_us is not None:
                left_out = _occurred_later(facts, cut.occurred_us, relationships)
                facts = [row for row in facts if row[0] not in left_out]
            self._add(names, facts, others)

    def _add(self, names: list[Any], facts: list[Any], others: list[Any]) -> None:
        with self._copy.write() as work:
            work.bulk.insert(streams, names)
            work.bulk.insert(events, facts)
            add_to_intake(work.bulk, others)
            waiting = [row[0] for row in others if row[_INTAKE.index("outcome")] == Outcome.PARKED]
            work.bulk.insert(parked, [(place, 0, b"", "", 0, b"", None) for place in waiting])
            ended = [row[_EVENTS.index("first")] for row in facts] + [row[_INTAKE.index("first")] for row in others]
            work.bulk.delete(parked, "intake", [place for place in ended if place is not None])
        while self._runner.step():
            pass

    def has_followed(self) -> bool:
        """Whether the log is still the one that was copied, and not one put back from a backup."""
        sql = "SELECT submission FROM events WHERE position = ?"
        with self._store.read() as work, self._copy.read() as copy:
            return bool(work.bulk.execute(sql, self._events).scalar() == copy.bulk.execute(sql, self._events).scalar())

    @property
    def copy(self) -> Store:
        """The database that it has come to."""
        return self._copy

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """The state that it has come to."""
        with self._copy.read() as work:
            yield work

    def close(self) -> None:
        """Forget it."""
        self._runner.close()
        self._scratch.close()


def _columns(table: Table) -> list[str]:
    return [column.name for column in table.columns]


_EVENTS, _INTAKE = _columns(events), _columns(intake)


def _next_rows(
    work: UnitOfWork, table: Table, after: int, until_us: int | None = None, cut: Cut | None = None
) -> tuple[list[Any], int]:
    """The rows that follow one in a table, up to the first that the bus took later, and the last one's key.

    The bytes of messages are left out unless a cut asks for them.
    """
    names = _columns(table)
    omitted = names.index("bytes") if "bytes" in names and not (cut and cut.with_bytes) else None
    columns = ", ".join(name for place, name in enumerate(names) if place != omitted)
    where, order, asked = f"{names[0]} > ?", f"ORDER BY {names[0]} LIMIT ?", [after]
    if cut is not None:
        if table is not streams:
            where += f" AND {names[0]} <= ?"
            asked.append(cut.event if table is events else cut.intake)
        if cut.streams is not None:
            where += f" AND stream IN ({', '.join('?' * len(cut.streams))})"
            asked += cut.streams
            order = f"ORDER BY +{names[0]} LIMIT ?"  # few rows, found by their stream
    found: list[Any] = []
    received = names.index("received_at") if until_us is not None else 0
    limit = _ALL if table is streams else _BATCH
    sql = f"SELECT {columns} FROM {table.name} WHERE {where} {order}"
    for row in work.bulk.execute(sql, *asked, limit).fetchall():
        if until_us is not None and row[received] > until_us:
            break
        found.append(tuple(row) if omitted is None else (*row[:omitted], b"", *row[omitted:]))
    return found, found[-1][0] if found else after


def _occurred_later(rows: list[Any], until_us: int, relationships: Collection[int]) -> set[int]:
    """Positions of events whose facts occurred later; only those of relationships say when they did."""
    stream, topic, state = (_EVENTS.index(name) for name in ("stream", "topic", "state"))
    return {
        row[0]
        for row in rows
        if row[stream] in relationships and decode(RELATIONSHIPS, row[topic], bytes(row[state])).occurred_at > until_us
    }
