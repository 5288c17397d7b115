"""The volume of each day: how many transfers were applied for and how many were completed, counted as flows are.

A fact that its sender takes back is counted back, on the day on which it was counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from statistics import median
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Table

from jinbao.platform.aggregates.subjects.annulment import FactAnnulled
from jinbao.platform.aggregates.subjects.application import ApplicationAccepted
from jinbao.platform.aggregates.subjects.completion import TransferCompleted
from jinbao.platform.projections.logged import Logged
from jinbao.platform.projections.projection import Part, Projection, read_models
from jinbao.platform.store.bulk import Row, Upsert
from jinbao.platform.store.columns import text_column
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.working_days import WorkingDays, day_of

LIKE_DAYS = 8
"""A day is held against so many before it of the same weekday."""
_WEEKS_BACK = 26
"""Further back no like day is looked for."""

daily_volume = Table(
    "daily_volume",
    read_models,
    Column("day", text_column(10), primary_key=True),
    Column("received", BigInteger, nullable=False),
    Column("completed", BigInteger, nullable=False),
)

_VOLUME = Upsert(daily_volume, ("day",), {"received": "add", "completed": "add"})
_COUNTED = {ApplicationAccepted.TOPIC: (1, 0), TransferCompleted.TOPIC: (0, 1)}


def fold(log: Iterable[Logged]) -> Iterator[Row]:
    """What each event adds, in the order of the table's columns."""
    for entry in log:
        fact = entry.fact
        if isinstance(fact, FactAnnulled):
            if fact.undone in _COUNTED and fact.undone_on is not None:
                received, completed = _COUNTED[fact.undone]
                yield fact.undone_on.isoformat(), -received, -completed
        elif fact.TOPIC in _COUNTED and fact.then.parties[0]:
            yield day_of(entry.received_at).isoformat(), *_COUNTED[fact.TOPIC]


PROJECTION = Projection("daily_volume", 1, (Part(_VOLUME, fold),))


class Volume(NamedTuple):
    """What one day brought, and what such a day usually brings."""

    received: int
    """Transfers applied for."""
    completed: int
    usual: float | None
    """Median of those applied for on the like days before; None where there is none."""


def volume_of(work: UnitOfWork, day: date, days: WorkingDays) -> Volume:
    """The volume of a day and of the eight like days before it: same weekday, and a working day where it is one.

    Days before the first of the log are none. Raises CalendarError outside the calendar.
    """
    earliest = day - timedelta(weeks=_WEEKS_BACK)
    sql = "SELECT day, received, completed FROM daily_volume WHERE day BETWEEN ? AND ?"
    found = {row[0]: (row[1], row[2]) for row in work.bulk.execute(sql, earliest.isoformat(), day.isoformat())}
    first = work.bulk.execute("SELECT MIN(day) FROM daily_volume").scalar() or day.isoformat()
    working = days.is_working_day(day)
    like: list[int] = []
    for weeks in range(1, _WEEKS_BACK + 1):
        other = day - timedelta(weeks=weeks)
        if other.isoformat() < first or len(like) == LIKE_DAYS:
            break
        if days.is_working_day(other) == working:
            like.append(found.get(other.isoformat(), (0, 0))[0])
    return Volume(*found.get(day.isoformat(), (0, 0)), float(median(like)) if like else None)
