"""The read models folded anew in a fresh place, and held against those that people read, row by row.

Each day's close up to there is folded anew, too: code that was changed since shows by the first day that it departs
from. At a position of the past nothing else stands to be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Table

from jinbao.language.words import BilingualError
from jinbao.platform.audit.history.closes import Departure, departures
from jinbao.platform.audit.history.folds import models_behind
from jinbao.platform.audit.history.fresh_fold import plain, projection_digest
from jinbao.platform.audit.history.snapshots import bases_for, snapshots
from jinbao.platform.projections.catalogue import PROJECTIONS
from jinbao.platform.projections.fresh import Fresh
from jinbao.platform.projections.projection import Projection
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.rules.working_days import day_of


class BeyondTheEnd(BilingualError):
    """There is no such position yet."""

    def __init__(self, position: int, end: int) -> None:
        super().__init__(f"日志只到事件 {end}，没有 {position}", f"the log ends at event {end}: there is no {position}")


class Difference(NamedTuple):
    """The first row, by key, that is not alike; None where one of the two has none."""

    table: str
    live: dict[str, Any] | None
    rebuilt: dict[str, Any] | None


class Replayed(NamedTuple):
    """One projection, rebuilt."""

    name: str
    rows: int
    digest: str
    """Over the rows of all its tables, whatever their order: SHA-256, hexadecimal."""
    equal: bool | None
    """Whether the one that is read is the same, where it stands at this position, and every close is folded to what was
    logged; None where there is neither."""
    first_difference: Difference | Departure | None
    closes: int
    """Closes of days, and snapshots, that were folded anew and compared."""


def replay(
    store: Store,
    position: int | None = None,
    projections: Sequence[Projection] = PROJECTIONS,
    snapshots_in: Path | None = None,
) -> list[Replayed]:
    """Fold every read model anew from the log's beginning to a position, its end where none is given.

    `snapshots_in`: where files of snapshots lie, whose rows are held against what the log says of them, too.

    Raises BeyondTheEnd, StoreError.
    """
    with store.read() as work:
        end = work.events.max_notification_id() or 0
        at = end if position is None else position
        if at > end:
            raise BeyondTheEnd(at, end)
        with closing(Fresh(projections)) as folded:
            stood = _hold_snapshot(work, store, folded, at)
            folded.fold(store, at)
            behind = models_behind(work) if at == end else {projection.name for projection in projections}
            closes = departures(work, at, projections)
            for name, departed in [*stood.items(), *_hold_files(work, projections, snapshots_in, at)]:
                closes[0][name] = closes[0].get(name, 0) + 1
                if departed is not None:
                    closes[1].setdefault(name, departed)
            with folded.reading() as fresh:
                return [
                    _compared(work.bulk, fresh.bulk, one, is_there=one.name not in behind, closes=closes)
                    for one in projections
                ]


def _hold_snapshot(work: UnitOfWork, store: Store, folded: Fresh, at: int) -> dict[str, Departure | None]:
    """Fold to the newest snapshot up to a position: by read model, how it departs from what was logged there."""
    taken = [one for one in snapshots(work.bulk) if one.body.position <= at]
    if not taken:
        return {}
    newest, day = taken[-1].body, day_of(taken[-1].recorded_at).isoformat()
    folded.fold(store, newest.position)
    found: dict[str, Departure | None] = {}
    with folded.reading() as fresh:
        for one in folded.projections:
            now = projection_digest(fresh.bulk, one).digest
            for logged in (model for model in newest.projections if model.name == one.name):
                differs = Departure(day, newest.position, logged.version, logged.digest, now)
                found[one.name] = None if now == logged.digest else differs
    return found


def _hold_files(
    work: UnitOfWork, projections: Sequence[Projection], folder: Path | None, at: int
) -> Iterator[tuple[str, Departure | None]]:
    """By read model, how each kept file that the log names departs from the digests that were logged with it."""
    for base, said in bases_for(work.bulk, at, projections, folder):
        with closing(Fresh(projections, [base])) as kept:
            if kept.position != base.position:  # gone, or other bytes: nobody believes it
                continue
            day = day_of(said.recorded_at).isoformat()
            logged = {model.name: model for model in said.body.projections}
            with kept.reading() as there:
                for one in projections:
                    told, now = logged[one.name], projection_digest(there.bulk, one).digest
                    differs = Departure(day, base.position, told.version, told.digest, now)
                    yield one.name, None if now == told.digest else differs


def _compared(
    live: Bulk,
    fresh: Bulk,
    projection: Projection,
    *,
    is_there: bool,
    closes: tuple[Mapping[str, int], Mapping[str, Departure]],
) -> Replayed:
    rows, digest = projection_digest(fresh, projection)
    equal = projection_digest(live, projection) == (rows, digest) if is_there else None
    different = _first_difference(live, fresh, projection.tables) if equal is False else None
    compared, departed = closes[0].get(projection.name, 0), closes[1].get(projection.name)
    if equal is not False and compared:
        equal = departed is None
    return Replayed(projection.name, rows, digest, equal, different or departed, compared)


def _first_difference(live: Bulk, fresh: Bulk, tables: Sequence[Table]) -> Difference | None:
    for table in tables:
        keys = [column.name for column in table.primary_key]
        for pair in zip_longest(_rows(live, table), _rows(fresh, table)):
            if pair[0] != pair[1]:
                keyed = [None if row is None else tuple(row[key] for key in keys) for row in pair]
                first = min(key for key in keyed if key is not None)
                read, rebuilt = (row if key == first else None for row, key in zip(pair, keyed, strict=True))
                return Difference(str(table.name), read, rebuilt)
    return None


def _rows(bulk: Bulk, table: Table) -> Iterator[dict[str, Any]]:
    """Rows by key, bytes in hexadecimal."""
    names = [str(column.name) for column in table.columns]
    order = ", ".join(column.name for column in table.primary_key)
    for row in bulk.stream(f"SELECT {', '.join(names)} FROM {table.name} ORDER BY {order}"):
        values = (value.hex() if isinstance(value, bytes) else value for value in plain(row))
        yield dict(zip(names, values, strict=True))


def as_json(found: Sequence[Replayed]) -> dict[str, Any]:
    """As `jinbao audit replay --json` and the pages tell it."""
    projections = [
        {**one._asdict(), "first_difference": one.first_difference and one.first_difference._asdict()} for one in found
    ]
    for one in projections:
        del one["closes"]
    return {"equal": all(one.equal is not False for one in found), "projections": projections}
