"""Every clock of every transfer: when it started, when it is due, how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jinbao.platform.aggregates.clocks import ClockStarted
from jinbao.platform.aggregates.subjects.deadline import ClockRedated, DeadlineApproaching, DeadlineMissed
from jinbao.platform.projections.logged import Logged, clock_number
from jinbao.platform.projections.projection import Part, Projection
from jinbao.platform.store.bulk import Patches
from jinbao.platform.store.tables import clocks

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


PROJECTION = Projection("clocks", 1, (Part(CLOCKS, fold),))
