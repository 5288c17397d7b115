"""The rules in force, as the platform applies them: procedures, working days, and what is looked up again and again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from jinbao.rules.procedures import ClockRule, Milestone, Procedure, Procedures, Role
from jinbao.rules.working_days import DueDate, WorkingDays


class Start(NamedTuple):
    """A clock that begins, the agency that must act, and its procedure."""

    province: str
    procedure: Procedure
    rule: ClockRule


@dataclass(frozen=True, slots=True, eq=False)
class Law:
    """Procedures and calendar."""

    procedures: Procedures
    working_days: WorkingDays

    def rule(self, procedure: str, version: int, clock: str) -> ClockRule:
        """A clock's rule as its procedure stood when it started."""
        return _rule(self, procedure, version, clock)

    def starting(self, origin: str, destination: str, reached: tuple[Milestone, ...], day: date) -> tuple[Start, ...]:
        """The clocks that the milestones start, each under the procedure of the agency responsible for it on that day.

        The destination's come first.
        """
        return _starting(self, origin, destination, reached, self.procedures.unchanged_since(day))

    def due(self, from_day: date, limit_working_days: int) -> DueDate:
        """The day on which a limit that counts from that day ends."""
        return _due(self, from_day, limit_working_days)


@lru_cache(maxsize=16_384)
def _starting(law: Law, origin: str, destination: str, reached: tuple[Milestone, ...], day: date) -> tuple[Start, ...]:
    parties: tuple[tuple[Role, str, str], ...] = (("destination", destination, origin), ("origin", origin, destination))
    starts: list[Start] = []
    for role, province, counterpart in parties:
        procedure = law.procedures.in_force(province, day, counterpart)
        begun = [r for r in procedure.clocks if r.responsible == role and not r.starts.isdisjoint(reached)]
        starts += [Start(province, procedure, rule) for rule in begun]
    return tuple(starts)


@lru_cache(maxsize=1_024)
def _rule(law: Law, procedure: str, version: int, clock: str) -> ClockRule:
    return law.procedures.by_id(procedure, version).clock(clock)


@lru_cache(maxsize=16_384)
def _due(law: Law, from_day: date, limit_working_days: int) -> DueDate:
    return law.working_days.due(from_day, limit_working_days)
