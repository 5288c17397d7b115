"""How long each clock ran, in working days: what the index and the forecast count.

A row a clock. A day's rank is the number of working days up to it, so the difference of two is the time taken. Days
that have passed keep their rank whatever calendar is published later; a due day, which lies ahead, is kept as a day.
The time taken stands in the row, so that the nation's times are counted from an index alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Column, Index, Integer, SmallInteger, Table, text

from jinbao.platform.aggregates.subjects.deadline import ClockRedated
from jinbao.platform.projections.logged import Logged, clock_number
from jinbao.platform.projections.projection import Part, Projection, read_models
from jinbao.platform.store.bulk import Bulk, Patches
from jinbao.platform.store.columns import key, text_column
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.working_days import WorkingDays, day_of, load_working_days

_open = text("ended_on IS NULL")
handling_times = Table(
    "handling_times",
    read_models,
    key("clock_id"),
    Column("clock", text_column(40)),
    Column("province", text_column(2)),
    Column("started_on", text_column(10)),
    Column("counted_rank", Integer),
    Column("due", text_column(10)),
    Column("ended_on", text_column(10)),
    Column("working_days", Integer),
    Column("cancelled", SmallInteger),
    Index(
        "handling_times_open", "clock", "province", "counted_rank", "due", sqlite_where=_open, postgresql_where=_open
    ),
    Index("handling_times_ended", "cancelled", "clock", "province", "working_days"),
)

HANDLING_TIMES = Patches(handling_times, "clock_id")


def fold(log: Iterable[Logged]) -> dict[int, dict[str, Any]]:
    """What the events change about clocks: clock → column → value; `ended_rank` of those that end."""
    days = load_working_days()
    changes: dict[int, dict[str, Any]] = {}
    for entry in log:
        fact = entry.fact
        if not fact.then.started and not fact.then.ended and not isinstance(fact, ClockRedated):
            continue
        today = day_of(entry.received_at)
        for end in fact.then.ended:
            row = changes.setdefault(clock_number(entry.case_id, end.number), {})
            row["ended_on"], row["ended_rank"] = today.isoformat(), days.rank(today)
            row["cancelled"] = int(end.outcome == "cancelled")
        for start in fact.then.started:
            changes[clock_number(entry.case_id, start.number)] = {
                "clock": start.clock,
                "province": start.responsible,
                "started_on": today.isoformat(),
                "counted_rank": days.rank(start.counted_from or today),
                "due": start.due.isoformat(),
            }
        if isinstance(fact, ClockRedated):
            again = fact.restarted
            changes.setdefault(clock_number(entry.case_id, again.number), {})["due"] = again.due.isoformat()
    return changes


@dataclass(frozen=True)
class _TimesTaken(Part):
    """The rows, with the time taken of each clock that ends; when it began to count is read from its own row."""

    def write(self, bulk: Bulk, log: Sequence[Any]) -> None:
        """Fold the facts, look up the starts, write the rows."""
        changes = fold(log)
        ended = {clock_id: row for clock_id, row in changes.items() if "ended_rank" in row}
        counted = {clock_id: row["counted_rank"] for clock_id, row in ended.items() if "counted_rank" in row}
        sql = f"SELECT clock_id, counted_rank FROM {self.table.name} WHERE clock_id"
        counted.update(bulk.select_in(sql, [clock_id for clock_id in ended if clock_id not in counted]))
        for clock_id, row in ended.items():
            row["working_days"] = row.pop("ended_rank") - counted[clock_id]
        assert isinstance(self.target, Patches)
        bulk.patch(self.target, changes)


PROJECTION = Projection("handling_times", 1, (_TimesTaken(HANDLING_TIMES, fold),))


class Handled(NamedTuple):
    """Clocks of one kind and province that took equally long; open ones at their present age."""

    clock: str
    province: str
    working_days: int
    number: int


class Running(NamedTuple):
    """Clocks of one kind and province that run, began to count on the same day and are due on the same day."""

    clock: str
    province: str
    age_working_days: int
    left_working_days: int
    """Until the due day; negative once it has passed."""
    due: date
    number: int


def ended(work: UnitOfWork, by: date | None = None) -> list[Handled]:
    """Clocks that ended met or missed, by time taken; those that ended by that day where one is given."""
    return _ended(work, 0, by)


def cancelled(work: UnitOfWork, by: date | None = None) -> list[Handled]:
    """Clocks in whose place something else came, by how long they had run; by that day where one is given."""
    return _ended(work, 1, by)


def _ended(work: UnitOfWork, cancelled: int, by: date | None) -> list[Handled]:
    until, values = ("", ()) if by is None else (" AND ended_on <= ?", (by.isoformat(),))
    sql = (
        "SELECT clock, province, working_days, COUNT(*) FROM handling_times "
        f"WHERE cancelled = ?{until} GROUP BY clock, province, working_days"
    )
    return [Handled(*row) for row in work.bulk.execute(sql, cancelled, *values)]


def running(work: UnitOfWork, today: date, days: WorkingDays, *, past: bool = False) -> list[Running]:
    """Clocks that run on `today`; `past`: as they stood at the end of that day, whatever ended later."""
    sql = "SELECT clock, province, counted_rank, due, COUNT(*) FROM handling_times WHERE "
    sql += "started_on <= ? AND (ended_on IS NULL OR ended_on > ?) " if past else "ended_on IS NULL "
    values = (today.isoformat(),) * 2 if past else ()
    rank = days.rank(today)
    found = work.bulk.execute(f"{sql}GROUP BY clock, province, counted_rank, due", *values)
    return [
        Running(clock, province, rank - counted, days.rank(date.fromisoformat(due)) - rank, date.fromisoformat(due), n)
        for clock, province, counted, due, n in found
    ]
