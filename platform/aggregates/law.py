"""The rules in force, as the platform applies them: procedures, working days, and what is looked up again and again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from jinbao.rules.procedures import ClockRule, Milestone, Procedure, Procedures, Role
from jinbao.rules.working_days import DueDate, WorkingDays

Start = tuple[Procedure, ClockRule]
"""A clock that begins, and the procedure to which it belongs."""


@dataclass(frozen=True, slots=True, eq=False)
class Law:
    """Procedures and calendar."""

    procedures: Procedures
    working_days: WorkingDays

    def rule(self, procedure: str, version: int, clock: str) -> ClockRule:
        """A clock's rule as its procedure stood when it started."""
        return _rule(self, procedure, version, clock)

    def starting(
        self, province: str, counterpart: str, role: Role, reached: tuple[Milestone, ...], day: date
    ) -> list[Start]:
        """The clocks that the milestones start for a province in its role, under its procedure of that day."""
        return _starting(self, province, counterpart, role, reached, day)

    def due(self, from_day: date, limit_working_days: int) -> DueDate:
        """The day on which a limit that counts from that day ends."""
        return _due(self, from_day, limit_working_days)


@lru_cache(maxsize=16_384)
def _starting(
    law: Law, province: str, counterpart: str, role: Role, reached: tuple[Milestone, ...], day: date
) -> list[Start]:
    procedure = law.procedures.in_force(province, day, counterpart)
    return [(procedure, r) for r in procedure.clocks if r.responsible == role and not r.starts.isdisjoint(reached)]


@lru_cache(maxsize=1_024)
def _rule(law: Law, procedure: str, version: int, clock: str) -> ClockRule:
    return law.procedures.by_id(procedure, version).clock(clock)


@lru_cache(maxsize=16_384)
def _due(law: Law, from_day: date, limit_working_days: int) -> DueDate:
    return law.working_days.due(from_day, limit_working_days)
