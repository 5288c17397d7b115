"""Applications: what the destination says of them, and when it decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from jinbao.regional_adapter.forms.application import ApplicationAcceptedForm, application_form
from jinbao.rules.procedures import Milestone
from jinbao.simulator.clerks.case_file import CaseFile, Task
from jinbao.simulator.clerks.clerk import Clerk
from jinbao.simulator.scenario.plan import Incident, Late, Plan

_SENT_AFTER_LETTER_DAYS: Mapping[Incident | None, int] = {
    Incident.LETTER_BEFORE_APPLICATION: 3,
    Incident.LETTER_EXPIRES: 13,
}
"""Working days after its letter on which an application is sent at last: the office would take none by then."""


class Applications(Clerk):
    """Accepts applications; the day of each is the plan's."""

    def _applied_on(self, plan: Plan) -> date:
        return self.clock.calendar[plan.applied_on_day]

    def _decided_on(self, file: CaseFile) -> date:
        """The day of the letter, the refusal or the withdrawal."""
        if file.decided_on is None:
            file.decided_on = self._decision_day(file.plan)
        return file.decided_on

    def _decision_day(self, plan: Plan) -> date:
        applied = self._applied_on(plan)
        limit = self.limit("destination", Milestone.letter_issued, applied, plan.origin)
        if plan.late is Late.APPLICATION_REVIEW:
            return self.after(applied, self.days_beyond(limit, plan, "review"))
        return self.after(applied, self.days_within(limit, plan, "review", least=2))

    def _application(self, file: CaseFile) -> Iterator[Task]:
        if file.wrote("ApplicationAccepted"):
            return
        late = _SENT_AFTER_LETTER_DAYS.get(file.plan.incident)
        if late is None:
            yield self.task(file, self._applied_on(file.plan), "accept-application", file.case)
            return
        form = self._application_form(file)
        yield Task(self.after(self._decided_on(file), late), lambda today: self.write(file, today, form, file.case))

    def _second_application(self, file: CaseFile) -> Iterator[Task]:
        """The day after the first one, while that is live."""
        if not file.wrote("ApplicationAccepted"):
            yield self.task(file, self.after(self._applied_on(file.plan), 1), "accept-application", file.case)

    def _application_form(self, file: CaseFile) -> ApplicationAcceptedForm:
        application = self.local.application(file.case)
        assert application is not None, "the counter has registered it"
        person = self.local.person(application.person)
        assert person is not None, "the counter has registered the applicant"
        return application_form(application, person, self.province)
