"""What the alerts' conditions are told: asked of database, bus, adapters and disk, each by one function."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from jinbao.bus.interface import Bus, TopicPartition
from jinbao.platform.ingest.dead_letters import unsettled
from jinbao.platform.outbox.witnessed import Tail, unwitnessed
from jinbao.platform.projections.ledger_check import wrong_balances, wrong_entries
from jinbao.platform.projections.positions import Positions
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.schemas.messages import SUBMISSIONS_TOPIC
from jinbao.transparency.check_proof import Policy

_POLL_S = 1.0


class Backlog(NamedTuple):
    """Submissions that lie on the bus."""

    waiting: int
    oldest_us: int
    """When the bus took the oldest of them; 0 where none waits."""
    last_recorded_us: int


class Behind(NamedTuple):
    """Read models that are behind the log."""

    names: tuple[str, ...]
    position: int
    """Of the one that is furthest behind."""
    events: int
    since_us: int
    """When the first event that it lacks was recorded."""


class WrongLedger(NamedTuple):
    """What does not sum to zero."""

    entries: int
    balances: int
    since_us: int | None
    """When the first wrong fact was recorded; None where only balances are wrong."""


class Disk(NamedTuple):
    """The disk of the data folder."""

    free_bytes: int
    size_bytes: int


class Letters(NamedTuple):
    """Dead letters that are not settled."""

    number: int
    since_us: int
    codes: tuple[str, ...]


class Held(NamedTuple):
    """What one adapter has set aside."""

    number: int
    since_us: int


class Waiting(NamedTuple):
    """Parked messages."""

    number: int
    since_us: int


def backlog(store: Store, bus: Bus) -> Backlog:
    """What lies on the bus. Raises BusError, StoreError."""
    with store.read() as work:
        taken, last = work.next_offsets(SUBMISSIONS_TOPIC), work.last_recorded_at()
    ends = bus.end_offsets(SUBMISSIONS_TOPIC)
    first = {place: taken.get(place[1], 0) for place, end in ends.items() if end > taken.get(place[1], 0)}
    if not first:
        return Backlog(0, 0, last)
    return Backlog(sum(ends[place] - offset for place, offset in first.items()), _oldest(bus, ends, first), last)


def _oldest(bus: Bus, ends: Mapping[TopicPartition, int], first: Mapping[TopicPartition, int]) -> int:
    """When the bus took the oldest record at these places, of what could be read of them within a second."""
    found = []
    with closing(bus.reader(SUBMISSIONS_TOPIC)) as reader:
        for (_, partition), end in ends.items():
            reader.seek(partition, end)
        for (topic, partition), offset in first.items():
            reader.seek(partition, offset)
            for record in reader.poll(1, _POLL_S):
                found.append(record.appended_at)
            reader.seek(partition, ends[topic, partition])
    return min(found, default=0)


def behind(work: UnitOfWork) -> Behind | None:
    """Read models that are behind; None: none is."""
    stands = [stand for stand in Positions(work).all() if not stand.building]
    position = min(stand.position for stand in stands)
    sql = "SELECT recorded_at FROM events WHERE position > ? ORDER BY position LIMIT 1"
    since = work.bulk.execute(sql, position).scalar()
    if since is None:
        return None
    end = work.events.max_notification_id() or 0
    return Behind(tuple(s.name for s in stands if s.position < end), position, end - position, since)


def wrong_ledger(work: UnitOfWork) -> WrongLedger | None:
    """What is wrong with the ledger; None: nothing. Reads all of it."""
    entries, balances = wrong_entries(work), wrong_balances(work)
    if not entries and not balances:
        return None
    since = None
    if entries:
        sql = "SELECT recorded_at FROM events WHERE position = ?"
        since = work.bulk.execute(sql, entries[0].position).scalar()
    return WrongLedger(len(entries), len(balances), since)


def disk(folder: Path) -> Disk:
    """The disk of a folder. Raises OSError."""
    usage = shutil.disk_usage(folder)
    return Disk(usage.free, usage.total)


def letters(work: UnitOfWork, since_us: int) -> Letters | None:
    """Dead letters that came since, and are not settled."""
    found = unsettled(work, since_us)
    if not found:
        return None
    return Letters(len(found), min(one.received_at for one in found), tuple(sorted({one.code for one in found})))


def tail(work: UnitOfWork, policy: Policy | None) -> Tail | None:
    """The end of the log that has no quorum; None: there is none, or nobody is asked to witness.

    A simulated nation is witnessed while it is played, and then nobody works.
    """
    if policy is None or not policy.witnesses or work.is_simulated():
        return None
    return unwitnessed(work.bulk, policy)


def parked(work: UnitOfWork) -> Waiting | None:
    """Messages that wait for another."""
    number, oldest = work.bulk.execute("SELECT COUNT(*), MIN(received_at) FROM parked").one()
    return Waiting(number, oldest) if number else None
