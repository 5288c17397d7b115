"""Every clock of every transfer: when it started, when it is due, how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Column, Index, Integer, SmallInteger, Table, text

from jinbao.platform.aggregates.clocks import ClockStarted
from jinbao.platform.aggregates.subjects.deadline import ClockRedated, DeadlineApproaching, DeadlineMissed
from jinbao.platform.projections.logged import Logged, clock_number
from jinbao.platform.projections.projection import Counts, Part, Projection, counts_table, read_models
from jinbao.platform.store.bulk import Patches
from jinbao.platform.store.columns import key, text_column
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.working_days import WorkingDays

_running = text("ended_at IS NULL")
_not_missed = text("ended_at IS NULL AND missed_at IS NULL")
clocks = Table(
    "clocks",
    read_models,
    key("clock_id"),
    Column("case_id", BigInteger),
    Column("clock", text_column(40)),
    Column("run", Integer),
    Column("responsible", text_column(2)),
    Column("limit_working_days", Integer),
    Column("procedure", text_column(60)),
    Column("procedure_version", Integer),
    Column("calendar", text_column(60)),
    Column("started_at", BigInteger),
    Column("counted_from", text_column(10)),
    Column("due", text_column(10)),
    Column("provisional", SmallInteger),
    Column("warned_at", BigInteger),
    Column("missed_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("outcome", text_column(10)),
    Index("clocks_not_missed", "due", "clock_id", sqlite_where=_not_missed, postgresql_where=_not_missed),
    Index("clocks_running", "calendar", "clock_id", sqlite_where=_running, postgresql_where=_running),
)

clock_counts = counts_table(
    "clock_counts",
    Column("responsible", text_column(2)),
    Column("outcome", text_column(10)),
    Column("due", text_column(10)),
)
"""Clocks that run, by due day, their `outcome` empty; and those that ended met or missed, their `due` empty."""

CLOCKS = Patches(clocks, "clock_id", clear=frozenset({"warned_at", "missed_at"}))


def fold(log: Iterable[Logged]) -> dict[int, dict[str, Any]]:
    """What the events change about clocks: clock → column → value."""
    changes: dict[int, dict[str, Any]] = {}
    for entry in log:
        fact, case_id = entry.fact, entry.case_id
        for end in fact.then.ended:
            row = changes.setdefault(clock_number(case_id, end.number), {})
            row["ended_at"], row["outcome"] = entry.received_at, end.outcome
        for start in fact.then.started:
            changes[clock_number(case_id, start.number)] = _started(entry, start)
        if isinstance(fact, DeadlineMissed):
            changes.setdefault(clock_number(case_id, fact.number), {})["missed_at"] = entry.received_at
        elif isinstance(fact, DeadlineApproaching):
            changes.setdefault(clock_number(case_id, fact.number), {})["warned_at"] = entry.received_at
        elif isinstance(fact, ClockRedated):
            _redate(changes.setdefault(clock_number(case_id, fact.restarted.number), {}), fact)
    return changes


def _redate(row: dict[str, Any], fact: ClockRedated) -> None:
    """Another due day; before a later one nothing was due, and neither a warning nor a miss counts."""
    again = fact.restarted
    row["calendar"], row["due"], row["provisional"] = again.calendar, again.due.isoformat(), int(again.provisional)
    if again.due <= fact.old_due:
        return
    for column in ("warned_at", "missed_at"):
        if "case_id" in row:  # it started in the same batch: there is no row yet
            row.pop(column, None)
        else:
            row[column] = 0


def _started(entry: Logged, start: ClockStarted) -> dict[str, Any]:
    return {
        "case_id": entry.case_id,
        "clock": start.clock,
        "run": start.run,
        "responsible": start.responsible,
        "limit_working_days": start.limit_working_days,
        "procedure": start.procedure,
        "procedure_version": start.procedure_version,
        "calendar": start.calendar,
        "started_at": entry.received_at,
        "counted_from": start.counted_from.isoformat() if start.counted_from else None,
        "due": start.due.isoformat(),
        "provisional": int(start.provisional),
    }


_COUNTED = Counts(
    clock_counts,
    "responsible, COALESCE(outcome, ''), CASE WHEN ended_at IS NULL THEN due ELSE '' END",
    "(ended_at IS NULL OR outcome IN ('met', 'missed'))",
)

PROJECTION = Projection("clocks", 3, (Part(CLOCKS, fold, _COUNTED),))


class ClockRow(NamedTuple):
    """One clock of a transfer."""

    clock: str
    run: int
    responsible: str
    limit_working_days: int
    procedure: str
    procedure_version: int
    calendar: str
    started_at: int
    due: str
    provisional: bool
    warned_at: int | None
    missed_at: int | None
    ended_at: int | None
    outcome: str | None


def clocks_of(work: UnitOfWork, case_id: int) -> list[ClockRow]:
    """All clocks of a transfer, in the order they started."""
    sql = (
        "SELECT clock, run, responsible, limit_working_days, procedure, procedure_version, calendar, started_at, due, "
        "provisional, warned_at, missed_at, ended_at, outcome FROM clocks "
        "WHERE clock_id BETWEEN ? AND ? ORDER BY clock_id"
    )
    span = (clock_number(case_id, 0), clock_number(case_id + 1, 0) - 1)
    return [ClockRow(*r) for r in work.bulk.connection.exec_driver_sql(sql, span)]


def deadline_counts(work: UnitOfWork) -> dict[str, int]:
    """Ended clocks that were met and missed; running and cancelled ones are in neither."""
    sql = "SELECT outcome, SUM(number) FROM clock_counts WHERE outcome <> '' GROUP BY outcome"
    found = {outcome: int(number) for outcome, number in work.bulk.execute(sql)}
    return {"met": found.get("met", 0), "missed": found.get("missed", 0)}


def running_clocks(work: UnitOfWork, today: date, days: WorkingDays) -> dict[str, int]:
    """Running clocks: in all, due soon, and past due on `today`."""
    first, soon = today.isoformat(), days.due_soon_until(today).isoformat()
    sql = (
        f"SELECT {_number_of('1 = 1')}, {_number_of('due >= ? AND due <= ?')}, {_number_of('due < ?')} "
        "FROM clock_counts WHERE outcome = ''"
    )
    running, due_soon, overdue = map(int, work.bulk.execute(sql, first, soon, first).one())
    return {"running": running, "due_soon": due_soon, "overdue": overdue}


def _number_of(condition: str) -> str:
    return f"COALESCE(SUM(CASE WHEN {condition} THEN number END), 0)"


class ProvinceDeadlines(NamedTuple):
    """Clocks for which one province is responsible, as they stand on a day."""

    met: int = 0
    at_risk: int = 0
    """Running, and due within the days in which the agency is warned."""
    missed: int = 0
    """Ended too late, or overdue."""
    due_today: int = 0
    """Of those at risk."""
    overdue: int = 0
    """Running past the due day."""


def deadlines_by_province(
    work: UnitOfWork, today: date, days: WorkingDays, province: str | None = None
) -> dict[str, ProvinceDeadlines]:
    """Responsible province → its clocks as they stand on `today`; the platform's own are under its code.

    Of one province where it is given.
    """
    first, soon = today.isoformat(), days.due_soon_until(today).isoformat()
    sql = (
        f"SELECT responsible, {_number_of(_MET)}, {_number_of(_AT_RISK)}, {_number_of(_MISSED)}, "
        f"{_number_of(_DUE_TODAY)}, {_number_of(_OVERDUE)} FROM clock_counts "
        f"{'WHERE responsible = ? ' if province else ''}GROUP BY responsible ORDER BY responsible"
    )
    values = (first, soon, first, first, first, *([province] if province else ()))
    return {row[0]: ProvinceDeadlines(*map(int, row[1:])) for row in work.bulk.execute(sql, *values)}


_MET = "outcome = 'met'"
_AT_RISK = "outcome = '' AND due >= ? AND due <= ?"
_MISSED = "outcome = 'missed' OR (outcome = '' AND due < ?)"
_DUE_TODAY = "outcome = '' AND due = ?"
_OVERDUE = "outcome = '' AND due < ?"
