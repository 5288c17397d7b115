"""Completions: the destination confirms that sheet and money agree."""

from __future__ import annotations

from datetime import date

from jinbao.rules.procedures import Milestone
from jinbao.simulator.clerks.case_file import CaseFile, Task
from jinbao.simulator.clerks.payment import Receipts
from jinbao.simulator.scenario.plan import Late, Plan


class Completions(Receipts):
    """The day of a completion, and the completion."""

    def _completed_on(self, plan: Plan, both_in: date) -> date:
        limit = self.limit("destination", Milestone.completed, both_in, plan.origin)
        late = plan.late is Late.CONFIRMATION
        days = self.days_beyond(limit, plan, "completion") if late else self.days_within(limit, plan, "completion")
        return self.after(both_in, days)

    def completing(self, file: CaseFile, day: date) -> Task:
        """The completion, to be said on the day."""
        return self.task(file, day, "complete", f"{file.case}-B")
