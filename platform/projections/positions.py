"""Positions of the projections in the log: a row for the tables that are read, one for those built beside them."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

from eventsourcing.persistence import Tracking, TrackingRecorder
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, SmallInteger, String, Table

from jinbao.platform.store.store import Store, StoreError, StoreUnavailable, UnitOfWork

projection_positions = Table(
    "projection_positions",
    MetaData(),
    Column("name", String(40), primary_key=True),
    Column("building", SmallInteger, primary_key=True),
    Column("generation", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("submission", LargeBinary(16)),
)
"""`submission`: event id of the submission behind the last event folded. A log that has another one there is not the
log that was followed, but one put back from a backup."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.001, 0.05


class ProjectionMoved(Exception):
    """Another runner has moved the projection on: what this one was about to write is void."""


class Stand(NamedTuple):
    """Where one building of a projection stands."""

    name: str
    building: bool
    generation: int
    version: int
    position: int
    submission: bytes | None


@dataclass(frozen=True)
class Followed(Tracking):
    """That one building of a projection has been moved on to a position, from where it was found."""

    since: Stand
    submission: bytes
    """Event id of the submission behind the event at the new position."""


class Positions(TrackingRecorder):
    """The positions in one transaction, as the library's tracking recorder: committed with the rows they speak of."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    def all(self) -> list[Stand]:
        """Every building of every projection, by name, the one that is read first."""
        sql = (
            "SELECT name, building, generation, version, position, submission FROM projection_positions "
            "ORDER BY name, building"
        )
        return [Stand(r[0], bool(r[1]), *r[2:]) for r in self._work.bulk.execute(sql)]

    def insert_tracking(self, tracking: Tracking) -> None:
        """Move one building on. Raises ProjectionMoved unless it still stands where it was found."""
        assert isinstance(tracking, Followed)
        since = tracking.since
        moved = self._work.bulk.execute(
            "UPDATE projection_positions SET position = ?, submission = ? "
            "WHERE name = ? AND building = ? AND generation = ? AND position = ?",
            tracking.notification_id,
            tracking.submission,
            since.name,
            int(since.building),
            since.generation,
            since.position,
        )
        if moved.rowcount != 1:
            raise ProjectionMoved(f"projection {since.name} is no longer at position {since.position}")

    def max_tracking_id(self, application_name: str) -> int | None:
        """The position of the tables that are read; None for a projection that this database does not have."""
        sql = "SELECT position FROM projection_positions WHERE name = ? AND building = 0"
        found: int | None = self._work.bulk.execute(sql, application_name).scalar()
        return found


def followed_to(work: UnitOfWork) -> int:
    """The position up to which every read model has followed the log."""
    found: int | None = work.bulk.execute("SELECT MIN(position) FROM projection_positions WHERE building = 0").scalar()
    return found or 0


def stand_at(work: UnitOfWork, names: Collection[str], position: int) -> bool:
    """Whether these read models hold everything up to that position, of this log and no other.

    Ask before the transaction reads the log: on SQLite each file has a snapshot of its own, and the log's must be the
    later one.
    """
    stands = [stand for stand in Positions(work).all() if stand.name in names and not stand.building]
    return len(stands) == len(names) and all(s.position >= position and is_of_log(work, s) for s in stands)


def is_of_log(work: UnitOfWork, stand: Stand) -> bool:
    """Whether the log has, where the projection stands, the event that it folded there."""
    if stand.submission is None:
        return True
    found = work.bulk.execute("SELECT submission FROM events WHERE position = ?", stand.position).scalar()
    return found is not None and bytes(found) == stand.submission


def need_read_models(store: Store) -> None:
    """Raise StoreError unless the database has read models, as one has that a platform worked on."""
    try:
        with store.read() as work:
            there = bool(Positions(work).all())
    except StoreError:
        there = False
    if not there:
        raise StoreError(
            f"数据库 {store.name} 还没有读模型：请运行 jinbao projections rebuild",
            f"database {store.name} has no read models yet: run jinbao projections rebuild",
        )


def wait_for(store: Store, position: int, *, timeout_s: float, meanwhile: Callable[[], int] = lambda: 0) -> None:
    """Return once every read model holds everything up to that position: so a writer reads what it wrote.

    `meanwhile` may help it on; it returns 0 when it could not. Raises StoreUnavailable when nothing moves any more for
    `timeout_s`.
    """
    reached, pause_s, deadline = -1, _FIRST_PAUSE_S, 0.0
    while True:
        helped = meanwhile()
        with store.read() as work:
            before, reached = reached, followed_to(work)
        if reached >= position:
            return
        if reached > before:
            deadline = time.monotonic() + timeout_s
        elif time.monotonic() >= deadline:
            raise StoreUnavailable(
                f"数据库 {store.name}：读模型到位置 {reached}，还没到 {position}"
                "；见 jinbao projections status，并运行 jinbao platform run 让其跟上",
                f"database {store.name}: the read models are at position {reached}, not yet at {position}; "
                "see `jinbao projections status`, and run `jinbao platform run`, which lets them follow",
            )
        if not helped:
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
