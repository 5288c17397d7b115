"""Every clock of every transfer: when it started, when it is due, how it ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jinbao.platform.aggregates import facts
from jinbao.platform.aggregates import rare_facts as rare
from jinbao.platform.projections.logged import Logged, clock_number
from jinbao.platform.store.bulk import Row, Upsert
from jinbao.platform.store.tables import clocks

CLOCKS = Upsert(
    clocks,
    ("clock_id",),
    {
        "case_id": "first",
        "clock": "first",
        "run": "first",
        "responsible": "first",
        "limit_working_days": "first",
        "procedure": "first",
        "procedure_version": "first",
        "calendar": "keep",
        "started_at": "first",
        "counted_from": "first",
        "due": "keep",
        "provisional": "keep",
        "warned_at": "first",
        "missed_at": "first",
        "ended_at": "first",
        "outcome": "first",
    },
)
_STARTED_WIDTH = 12


def fold(log: Iterable[Logged]) -> Iterator[Row]:
    """What each event changes about clocks, in the order of `CLOCKS.columns`."""
    known = (None,) * _STARTED_WIDTH
    for entry in log:
        fact, case_id = entry.fact, entry.case_id
        for end in fact.then.ended:
            yield (clock_number(case_id, end.number), *known, None, None, entry.received_at, end.outcome)
        for start in fact.then.started:
            yield (
                clock_number(case_id, start.number),
                case_id,
                start.clock,
                start.run,
                start.responsible,
                start.limit_working_days,
                start.procedure,
                start.procedure_version,
                start.calendar,
                entry.received_at,
                start.counted_from.isoformat() if start.counted_from else None,
                start.due.isoformat(),
                int(start.provisional),
                None,
                None,
                None,
                None,
            )
        if isinstance(fact, rare.ClockRedated):
            again = fact.restarted
            moved = (again.calendar, None, None, again.due.isoformat(), int(again.provisional))
            yield (clock_number(case_id, again.number), *known[:7], *moved, None, None, None, None)
        if isinstance(fact, facts.DeadlineApproaching):
            yield (clock_number(case_id, fact.number), *known, entry.received_at, None, None, None)
        elif isinstance(fact, facts.DeadlineMissed):
            yield (clock_number(case_id, fact.number), *known, None, entry.received_at, None, None)
