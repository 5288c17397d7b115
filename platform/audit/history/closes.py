"""Daily closes: what the events of a working day make of each read model, logged once the day has ended.

A close holds, for each read model, how many rows the events since the close before change, and a digest over what its
folds make of them. It depends on nothing but those events and the code, so the work is that of one day however old the
log is; whoever folds them anew later sees the first day for which changed code says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from jinbao.platform.audit.history.as_of import last_until
from jinbao.platform.audit.statements.statements import append, said
from jinbao.platform.projections.catalogue import PROJECTIONS
from jinbao.platform.projections.projection import Part, Projection
from jinbao.platform.projections.runner import read_log
from jinbao.platform.store.bulk import Bulk, Patches, Upsert
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.rules.working_days import WorkingDays, day_of, end_of_day

KIND = "day_closed"
BATCH = 5_000
"""Events folded at once, counted from the close before: the same now and later, so that the same rows are made."""
_LATE_US = 3_600_000_000
"""A day has ended this long after midnight: the bus's clock may be behind ours."""


class ModelClosed(msgspec.Struct, frozen=True):
    """One read model in a close."""

    name: str
    version: int
    rows: int
    """Rows written by the events, one that is written in two batches twice."""
    digest: str
    """SHA-256, hexadecimal."""


class DayClosed(msgspec.Struct, frozen=True):
    """The body of a close."""

    day: date
    since: int
    """Position of the close before, 0 in the first one: its events follow that."""
    position: int
    """The last event that was recorded by the day's end."""
    projections: tuple[ModelClosed, ...]


class Departure(NamedTuple):
    """The first close that a read model's folds no longer give."""

    day: str
    position: int
    version: int
    """Of the folds then."""
    logged: str
    """Digest."""
    rebuilt: str


def close_day(store: Store, day: date, now_us: int) -> DayClosed | None:
    """Log the close of a day; None where it, or a later one, has been logged. Raises StoreError."""
    with store.read() as work:
        since = last_close(work.bulk)
        if since is not None and since.day >= day:
            return None
        closed = _closed(work, day, 0 if since is None else since.position)
    with store.write() as work:
        if last_close(work.bulk) != since:
            return None  # another process was first
        append(work, KIND, closed, now_us)
    return closed


def close_ended_day(store: Store, now_us: int, days: WorkingDays) -> DayClosed | None:
    """Log the close of the newest working day that has ended; its events are all since the close before.

    Raises StoreError, CalendarError.
    """
    ended = day_of(now_us - _LATE_US) - timedelta(days=1)
    while not days.is_working_day(ended):
        ended -= timedelta(days=1)
    return close_day(store, ended, now_us)


def last_close(bulk: Bulk) -> DayClosed | None:
    """The newest close."""
    sql = "SELECT body FROM tree_statements WHERE kind = ? ORDER BY number DESC LIMIT 1"
    found = bulk.execute(sql, KIND).scalar()
    return None if found is None else msgspec.json.decode(found, type=DayClosed)


def closes(bulk: Bulk) -> Iterator[DayClosed]:
    """All closes, in order."""
    return (one.body for one in said(bulk, KIND, DayClosed))


def departures(
    work: UnitOfWork, until: int, projections: Sequence[Projection] = PROJECTIONS
) -> tuple[dict[str, int], dict[str, Departure]]:
    """Each close up to a position folded anew: by read model, how many are compared, and the first that departs."""
    compared: dict[str, int] = {}
    found: dict[str, Departure] = {}
    for close in closes(work.bulk):
        if close.position > until:
            break
        rebuilt = {one.name: one for one in _models(work, close.since, close.position, projections)}
        for logged in close.projections:
            now = rebuilt.get(logged.name)
            compared[logged.name] = compared.get(logged.name, 0) + 1
            if now is not None and now.digest != logged.digest:
                departure = Departure(close.day.isoformat(), close.position, logged.version, logged.digest, now.digest)
                found.setdefault(logged.name, departure)
    return compared, found


def _closed(work: UnitOfWork, day: date, since: int) -> DayClosed:
    position = max(since, last_until(work.bulk, "events", "recorded_at", end_of_day(day) - 1))
    return DayClosed(day, since, position, tuple(_models(work, since, position, PROJECTIONS)))


def _models(work: UnitOfWork, since: int, until: int, projections: Sequence[Projection]) -> Iterator[ModelClosed]:
    """What the folds of each read model make of the events behind one position, up to another."""
    rows, digests = [0] * len(projections), [sha256() for _ in projections]
    at = since
    while at < until:
        log = read_log(work, at, min(BATCH, until - at))
        at = log.entries[-1].position if log.entries else until
        for number, projection in enumerate(projections):
            entries = [entry for entry in log.of(projection.kind) if entry.position <= until]
            for part in projection.parts if entries else ():
                made = _made(part, entries)
                rows[number] += len(made)
                digests[number].update("".join(made).encode())
    for projection, count, digest in zip(projections, rows, digests, strict=True):
        yield ModelClosed(projection.name, projection.version, count, digest.hexdigest())


def _made(part: Part, entries: Sequence[Any]) -> list[str]:
    """What a part's fold makes of events, a line a row, sorted."""
    folded = part.fold(entries)
    if isinstance(part.target, Patches):
        rows = [(key, sorted(changes.items())) for key, changes in folded.items()]
        name = part.target.table.name
    elif isinstance(part.target, Upsert):
        rows, name = part.target.merge(folded), part.target.table.name
    else:
        rows, name = list(folded), part.target.name
    return sorted(f"{name} {row!r}\n" for row in rows)
