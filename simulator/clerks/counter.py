"""Who goes to which counter on which day: applications by plan, and the bystanders of their incidents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from jinbao.simulator.clerks.case_file import CaseFile, Part
from jinbao.simulator.clerks.office import Office
from jinbao.simulator.population.mistaken_identity import known_as
from jinbao.simulator.population.people import People
from jinbao.simulator.population.persons import certificate_number, make_application, make_history
from jinbao.simulator.scenario.courses import Courses, filed_under
from jinbao.simulator.scenario.distribution import DESTINATIONS, draw_province
from jinbao.simulator.scenario.plan import Incident, Plan
from jinbao.simulator.scenario.seeded_random import draw
from jinbao.simulator.scenario.special_cases import SpecialCase
from jinbao.simulator.virtual_clock import VirtualClock


@dataclass(frozen=True, slots=True)
class Applicants:
    """The persons of all plans and the offices that they go to."""

    seed: int
    people: People
    courses: Courses
    clock: VirtualClock
    offices: Mapping[str, Office]

    def apply(self, plan: Plan, today: date) -> None:
        """A person applies: the origin has known them all along, the destination registers them now.

        Their files are opened by `open_files`, once both have taken in what was registered.
        """
        person, stretch = self.people.of(plan)
        known = known_as(plan.special, person)
        at_origin = person if plan.special is SpecialCase.NUMBER_MISTYPED else known
        history = make_history(self.seed, plan, at_origin, stretch, today)
        self.offices[plan.origin].register_insured(at_origin, history)
        for province, file, suffix in self._files(plan):
            office = self.offices[province]
            if file.part is not Part.STRANGER:
                office.register_applicant(known, make_application(plan, known, today, suffix))

    def leave(self, plan: Plan, today: date) -> None:
        """A person leaves the origin, which certifies what was paid."""
        person, stretch = self.people.of(plan)
        office = self.offices[plan.origin]
        office.register_insured(person, make_history(self.seed, plan, person, stretch, self._applied_on(plan)))

    def open_files(self, leaving: Iterable[Plan], applying: Iterable[Plan]) -> None:
        """Open the files of those who left or applied today, and enter what is to be done on them."""
        for plan in leaving:
            office = self.offices[plan.origin]
            office.schedule(office.open_file(self._certificate(plan)))
        for plan in applying:
            for province, file, _ in self._files(plan):
                office = self.offices[province]
                office.schedule(office.open_file(file))

    def reopen_certificate(self, plan: Plan) -> None:
        """Open the file of a certificate issued before the run was opened again."""
        self.offices[plan.origin].open_file(self._certificate(plan))

    def _certificate(self, plan: Plan) -> CaseFile:
        number = certificate_number(plan)
        person = self.people.of(plan)[0].number
        return CaseFile(plan, Part.CERTIFICATE, filed_under(plan.origin, number), number, person=person)

    def _applied_on(self, plan: Plan) -> date:
        return self.clock.calendar[plan.applied_on_day]

    def reopen(self, plan: Plan) -> None:
        """Open the files of an application made before the run was opened again."""
        for province, file, _ in self._files(plan):
            self.offices[province].open_file(file)

    def _files(self, plan: Plan) -> Iterator[tuple[str, CaseFile, str]]:
        """Province, new file and suffix of the application's number: the case itself, then what its incident adds."""
        first = self.courses.application(plan)
        yield plan.destination, CaseFile(plan, Part.DESTINATION, first.transfer, first.number), ""
        random = draw(self.seed, plan.index, "bystander")
        elsewhere = draw_province(DESTINATIONS, random, without=(plan.origin, plan.destination))
        match plan.incident:
            case Incident.SECOND_DESTINATION | Incident.SECOND_APPLICATION:
                province = elsewhere if plan.incident is Incident.SECOND_DESTINATION else plan.destination
                second = self.courses.application(plan, "B", at=province)
                yield province, CaseFile(plan, Part.SECOND, second.transfer, second.number), "B"
            case Incident.STRANGER:
                relationship = self.people.relationship_of(plan)
                yield elsewhere, CaseFile(plan, Part.STRANGER, first.transfer, first.transfer.hex, relationship), ""
