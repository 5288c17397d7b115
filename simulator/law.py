"""The law of a simulated nation: the shipped one, with two changes under way, each on a virtual day of its own.

One province goes over to information only; and the calendar is amended once: a working day becomes a holiday, and the
Saturday after it is worked instead. Both are invented, so that clocks meet them [assumed].
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from jinbao.platform.aggregates.law import Law
from jinbao.platform.national_platform import law_in_force
from jinbao.rules.procedures import Assignment
from jinbao.rules.working_days import WorkingDays
from jinbao.simulator.run_state import Run
from jinbao.simulator.scenario.plan import INFORMATION_ONLY_ORIGIN
from jinbao.simulator.virtual_clock import VirtualClock

AMENDED_AFTER, INFORMATION_ONLY_AFTER = 0.35, 0.3
"""Shares of the run."""
_NOTICE_WORKING_DAYS = 6
"""So long before the new holiday the amendment is released: longer than any warning looks ahead."""
_SHORTEST_RUN = 20
_SATURDAY = 5
_INFORMATION_ONLY = "information-only"


def _next_release(first: WorkingDays, changed: dict[date, bool]) -> WorkingDays:
    """Another release of a calendar; `changed`: day → whether it is worked now."""
    start, end = date(first.first_year, 1, 1).toordinal(), date(first.last_year, 12, 31).toordinal()
    days = map(date.fromordinal, range(start, end + 1))
    exceptions = {day: first.is_working_day(day) for day in days}
    return WorkingDays(f"{first.version}+simulated", first.first_year, first.last_year, exceptions | changed)


def amendment_day(clock: VirtualClock) -> date | None:
    """The day on which the amended calendar is released; None in a run that is too short for it."""
    return clock.calendar[int(clock.days * AMENDED_AFTER)] if clock.days >= _SHORTEST_RUN else None


def amended(law: Law, clock: VirtualClock) -> Law:
    """The law with the amended calendar; the same law where nothing is amended.

    `clock` runs by the calendar as it was first released.
    """
    released = amendment_day(clock)
    if released is None:
        return law
    holiday = law.working_days.due(released, _NOTICE_WORKING_DAYS).date
    saturday = holiday + timedelta(days=(_SATURDAY - holiday.weekday()) % 7 or 7)
    while law.working_days.is_working_day(saturday):
        saturday += timedelta(days=7)
    return Law(law.procedures, _next_release(law.working_days, {holiday: False, saturday: True}))


def simulated_law(law: Law, clock: VirtualClock) -> Law:
    """The shipped law with the province that goes over to information only, where that procedure exists already."""
    start = clock.calendar[int(clock.days * INFORMATION_ONLY_AFTER)]
    if not any(p.id == _INFORMATION_ONLY and p.valid_from <= start for p in law.procedures):
        return law
    choice = Assignment(INFORMATION_ONLY_ORIGIN, _INFORMATION_ONLY, start, None)
    return Law(law.procedures.with_assignment(choice), law.working_days)


class ChangingLaw(NamedTuple):
    """The law of one run, before and from the day on which the calendar is amended."""

    released: Law
    amended: Law
    amendment: date | None
    """None in a run that is too short for it."""


def changing_law(run: Run) -> ChangingLaw:
    """The same in every process of the nation. Raises CalendarError and ProcedureError."""
    shipped = law_in_force(run.procedure)
    as_released = VirtualClock(run.start, run.days, shipped.working_days)
    law = simulated_law(shipped, as_released)
    return ChangingLaw(law, amended(law, as_released), amendment_day(as_released))
