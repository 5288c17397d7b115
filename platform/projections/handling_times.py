"""How long each clock ran, in working days: what the index and the forecast count.

A row a clock, and a small table that counts them. A day's rank is the number of working days up to it, so the
difference of two is the time taken. Days that have passed keep their rank whatever calendar is published later; a due
day, which lies ahead, is kept as a day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Column, Integer, SmallInteger, Table

from jinbao.platform.aggregates.subjects.deadline import ClockRedated
from jinbao.platform.projections.logged import Logged, clock_number
from jinbao.platform.projections.projection import Counts, Part, Projection, counts_table, read_models
from jinbao.platform.store.bulk import Bulk, Changes, Patches
from jinbao.platform.store.columns import key, text_column
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.working_days import WorkingDays, day_of, load_working_days

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
)
handling_counts = counts_table(
    "handling_counts",
    Column("cancelled", SmallInteger),
    Column("province", text_column(2)),
    Column("clock", text_column(40)),
    Column("working_days", Integer),
    Column("counted_rank", Integer),
    Column("due", text_column(10)),
)
"""Clocks that ended, by the time taken; and those that run, `cancelled` -1, by the day from which they count and due
day. What a sort has not is -1 or empty."""

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

    def folded(self, bulk: Bulk, log: Sequence[Any]) -> Changes:
        """Fold the facts, look up the starts."""
        changes = fold(log)
        ended = {clock_id: row for clock_id, row in changes.items() if "ended_rank" in row}
        counted = {clock_id: row["counted_rank"] for clock_id, row in ended.items() if "counted_rank" in row}
        sql = f"SELECT clock_id, counted_rank FROM {self.tables[0].name} WHERE clock_id"
        counted.update(bulk.select_in(sql, [clock_id for clock_id in ended if clock_id not in counted]))
        for clock_id, row in ended.items():
            row["working_days"] = row.pop("ended_rank") - counted[clock_id]
        return changes


_COUNTED = Counts(
    handling_counts,
    "COALESCE(cancelled, -1), province, clock, COALESCE(working_days, -1), "
    "CASE WHEN ended_on IS NULL THEN counted_rank ELSE -1 END, CASE WHEN ended_on IS NULL THEN due ELSE '' END",
)

PROJECTION = Projection("handling_times", 2, (_TimesTaken(HANDLING_TIMES, fold, _COUNTED),))


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


def ended(work: UnitOfWork, by: date | None = None, province: str | None = None) -> list[Handled]:
    """Clocks that ended met or missed, by time taken; those that ended by that day, and of one province, where given.

    What had ended by a day is counted from the rows of all clocks.
    """
    return _ended(work, 0, by, province)


def cancelled(work: UnitOfWork, by: date | None = None, province: str | None = None) -> list[Handled]:
    """Clocks in whose place something else came, by how long they had run; by that day, of one province."""
    return _ended(work, 1, by, province)


def _ended(work: UnitOfWork, cancelled: int, by: date | None, province: str | None) -> list[Handled]:
    values: list[int | str] = [cancelled]
    counted = "SUM(number) FROM handling_counts" if by is None else "COUNT(*) FROM handling_times"
    sql = f"SELECT clock, province, working_days, {counted} WHERE cancelled = ? "
    if by is not None:
        sql += "AND ended_on <= ? "
        values.append(by.isoformat())
    if province is not None:
        sql += "AND province = ? "
        values.append(province)
    found = work.bulk.execute(f"{sql}GROUP BY clock, province, working_days", *values)
    return [Handled(clock, code, taken, int(number)) for clock, code, taken, number in found]


def running(
    work: UnitOfWork, today: date, days: WorkingDays, *, past: bool = False, province: str | None = None
) -> list[Running]:
    """Clocks that run on `today`, of one province where it is given.

    `past`: as they stood at the end of that day, whatever ended later, counted from the rows of all clocks.
    """
    values: list[str] = [today.isoformat()] * 2 if past else []
    sql = "SELECT clock, province, counted_rank, due, "
    sql += (
        "COUNT(*) FROM handling_times WHERE started_on <= ? AND (ended_on IS NULL OR ended_on > ?) "
        if past
        else "SUM(number) FROM handling_counts WHERE cancelled = -1 "
    )
    if province is not None:
        sql += "AND province = ? "
        values.append(province)
    rank = days.rank(today)
    found = work.bulk.execute(f"{sql}GROUP BY clock, province, counted_rank, due", *values)
    return [
        Running(clock, code, rank - counted, days.rank(day := date.fromisoformat(due)) - rank, day, int(number))
        for clock, code, counted, due, number in found
    ]
