"""What if limits were others: every clock dated anew from what people did, and held against how it was judged.

When a clock began, from which day it counts and when it stopped stays; the due day follows from limit and calendar.
Which clocks there are stays too: a procedure that has others is refused, since nothing tells when they would have run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from jinbao.platform.store.bulk import Bulk
from jinbao.rules.procedures import Procedure, ProcedureError, Procedures
from jinbao.rules.working_days import WorkingDays, day_of

_SQL = (
    "SELECT b.transfer_id, c.clock, c.run, c.responsible, c.limit_working_days, c.counted_from, c.due, c.ended_at, "
    "c.outcome FROM clocks c JOIN case_board b ON b.case_id = c.case_id "
    "WHERE c.outcome IS NULL OR c.outcome <> 'cancelled' ORDER BY c.clock_id"
)


@dataclass(frozen=True, slots=True)
class OtherLimits:
    """What is different; None: nothing."""

    limit: int | None = None
    """Working days of every clock."""
    procedure: Procedure | None = None
    """Limits of its clocks, by their names; the clocks of pairs of provinces, which it does not have, keep theirs."""
    calendar: WorkingDays | None = None
    """Every clock is dated by it; None: by the one at hand, and only where its limit is another."""


def need_same_clocks(procedure: Procedure, procedures: Procedures) -> None:
    """Raise ProcedureError for one that starts, stops or counts clocks otherwise than the procedure in force."""
    newest = max((one for one in procedures if one.id == procedures.default), key=lambda one: one.version)
    if other := ", ".join(procedure.other_clocks(newest)):
        raise ProcedureError(
            f"程序 {procedure.id} 的期限与 {newest.id} 不同（{other}）：这里只能换天数，起止不同的期限无从推算",
            f"procedure {procedure.id} has other clocks than {newest.id} ({other}): only limits can be other here, "
            "since nothing tells when a clock would have run that starts or stops elsewhere",
        )


class Judged(NamedTuple):
    """A clock that is judged otherwise: late now and not before, or the other way round."""

    transfer: UUID
    clock: str
    run: int
    province: str
    due_before: date
    due_after: date
    ended_on: date | None
    """None: it still runs."""
    late_after: bool


@dataclass(slots=True)
class Lateness:
    """How many clocks are late, before and after."""

    late_before: int = 0
    """Ended after their due day."""
    late_after: int = 0
    overdue_before: int = 0
    """Running past their due day."""
    overdue_after: int = 0


@dataclass(frozen=True, slots=True)
class ClocksAnew:
    """All clocks, dated anew."""

    by_province: dict[str, Lateness]
    judged: list[Judged]
    """Those that ended and are judged otherwise, and those that run and are."""

    def of(self, province: str) -> ClocksAnew:
        """Those for which one province is responsible."""
        late = {code: found for code, found in self.by_province.items() if code == province}
        return ClocksAnew(late, [one for one in self.judged if one.province == province])

    def sum(self, read: Callable[[Lateness], int]) -> int:
        """One figure over all provinces."""
        return sum(map(read, self.by_province.values()))


def clocks_anew(bulk: Bulk, other: OtherLimits, today: date, days: WorkingDays) -> ClocksAnew:
    """Date every clock anew, as things stand on a day. Raises CalendarError."""
    limits = {} if other.procedure is None else {one.name: one.limit_working_days for one in other.procedure.clocks}
    calendar, found = other.calendar or days, ClocksAnew({}, [])
    dues: dict[tuple[str, int], date] = {}
    for case in bulk.stream(_SQL):
        transfer, clock, run, province, old_limit, counted_from, due_text, ended_at, outcome = case
        limit: int = other.limit or limits.get(clock, old_limit) or old_limit
        due = after = date.fromisoformat(due_text)
        if limit != old_limit or other.calendar is not None:
            key = (counted_from, limit)
            if key not in dues:
                dues[key] = calendar.due(date.fromisoformat(counted_from), limit).date
            after = dues[key]
        counted = found.by_province.setdefault(province, Lateness())
        if ended_at is None:
            was_late, is_late, ended_on = due < today, after < today, None
            counted.overdue_before += was_late
            counted.overdue_after += is_late
        else:
            ended_on = day_of(ended_at)
            was_late, is_late = outcome == "missed", ended_on > after
            counted.late_before += was_late
            counted.late_after += is_late
        if was_late != is_late:
            judged = Judged(UUID(bytes=bytes(transfer)), clock, run, province, due, after, ended_on, is_late)
            found.judged.append(judged)
    return found
