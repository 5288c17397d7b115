"""Notifications: person and employer are told of what was decided and stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from jinbao.regional_adapter.forms.notification import EmployerInformedForm, PersonInformedForm, informed
from jinbao.rules.notices import notices_due
from jinbao.simulator.clerks.case_file import CaseFile, Task, wrote_on
from jinbao.simulator.clerks.clerk import Clerk
from jinbao.simulator.scenario.special_cases import TAKEN_BACK

_TOLD = ("EmployerInformed", "PersonInformed")


class Notifications(Clerk):
    """Tells of decisions a working day or two later."""

    def informing(self, file: CaseFile, decisions: tuple[str, ...]) -> Iterator[Task]:
        """告知: person and employer are told of what was decided here and stands, one or two working days later."""
        told = {(d.kind, d.fields["about"]) for kind in _TOLD for d in file.written.get(kind, ())}
        plan = file.plan
        for about in decisions:
            decided = file.wrote(about)
            if decided is None or all((kind, about) in told for kind in _TOLD):
                continue
            if about == "ApplicationRefused" and plan.special in TAKEN_BACK:
                continue
            day = self.once_it_stands(self.some_days_after(wrote_on(decided), 2, plan, "informed", about), decided)
            if day is None:
                continue
            for notice in notices_due(
                about,
                decided.fields,
                origin=plan.origin,
                destination=plan.destination,
                sender=self.province,
                day=wrote_on(decided),
                has_died=file.has_died,
            ):
                form = informed(notice, day)
                if notice.by == self.province and (form.KIND, about) not in told:
                    yield self._telling(file, day, form)

    def _telling(self, file: CaseFile, day: date, form: PersonInformedForm | EmployerInformedForm) -> Task:
        key = f"{file.case[:16]}-{form.KIND[0]}-{form.about}"
        return Task(day, lambda today: self.write(file, today, form, key))
