"""Notifications: person and employer are told of what was decided and stands."""

from __future__ import annotations

from collections.abc import Iterator

from jinbao.rules.notices import notices_due
from jinbao.simulator.clerks.case_file import CaseFile, Task, wrote_on
from jinbao.simulator.clerks.clerk import Clerk
from jinbao.simulator.scenario.special_cases import TAKEN_BACK

_TELLING = (("inform-person", "PersonInformed"), ("inform-employer", "EmployerInformed"))
_TOLD = tuple(kind for _, kind in _TELLING)


class Notifications(Clerk):
    """Tells of decisions a working day or two later."""

    def informing(self, file: CaseFile, decisions: tuple[str, ...]) -> Iterator[Task]:
        """告知: person and employer are told of what was decided here and stands, one or two working days later."""
        plan = file.plan
        for about in decisions:
            decided = file.wrote(about)
            if decided is None:
                continue
            told = {(d.kind, d.fields["about"]) for kind in _TOLD for d in file.written.get(kind, ())}
            if all((kind, about) in told for kind in _TOLD):
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
                action, kind = _TELLING[notice.to == "employer"]
                if notice.by == self.province and (kind, about) not in told:
                    key = f"{file.case[:16]}-{kind[0]}-{about}"
                    yield self.task(file, day, action, key, about=about, informed_on=day)
