"""Who goes to which counter on which day: applications by plan, and the bystanders of their incidents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from jinbao.keys.key_ring import KeyRing
from jinbao.regional_adapter.identifiers import transfer_id
from jinbao.regional_adapter.local_records import Person
from jinbao.simulator.case_file import CaseFile, Part
from jinbao.simulator.distribution import DESTINATIONS, draw_province
from jinbao.simulator.draws import draw
from jinbao.simulator.mistaken_identity import known_as
from jinbao.simulator.office import Office
from jinbao.simulator.plan import Incident, Plan, transfers_of
from jinbao.simulator.population import (
    Stretch,
    application_number,
    certificate_number,
    make_application,
    make_history,
    make_person,
    stretches,
)
from jinbao.simulator.rare_plan import Rare
from jinbao.simulator.virtual_clock import VirtualClock

SCHEME = "110"
"""AAE140: enterprise employees' basic pension."""


@dataclass(frozen=True, slots=True)
class Applicants:
    """The persons of all plans and the offices that they go to."""

    seed: int
    plans: Sequence[Plan]
    clock: VirtualClock
    ring: KeyRing
    offices: Mapping[str, Office]

    def apply(self, plan: Plan, today: date) -> None:
        """A person applies: the origin has known them all along, the destination registers them now."""
        person, stretch = self._person(plan)
        known = known_as(plan.rare, person)
        at_origin = person if plan.rare is Rare.NUMBER_MISTYPED else known
        history = make_history(self.seed, plan, at_origin, stretch, today)
        self.offices[plan.origin].register_insured(at_origin, history)
        for province, file, suffix in self._files(plan):
            office = self.offices[province]
            if file.part is not Part.STRANGER:
                office.register_applicant(known, make_application(plan, known, today, suffix))
            office.schedule(office.open_file(file))

    def leave(self, plan: Plan, today: date) -> None:
        """A person leaves the origin, which certifies what was paid."""
        person, stretch = self._person(plan)
        office = self.offices[plan.origin]
        office.register_insured(person, make_history(self.seed, plan, person, stretch, self._applied_on(plan)))
        office.schedule(office.open_file(self._certificate(plan)))

    def reopen_certificate(self, plan: Plan) -> None:
        """Open the file of a certificate issued before the run was opened again."""
        self.offices[plan.origin].open_file(self._certificate(plan))

    def _certificate(self, plan: Plan) -> CaseFile:
        number = certificate_number(plan)
        person = self._person(plan)[0].number
        return CaseFile(plan, Part.CERTIFICATE, transfer_id(plan.origin, number), number, person=person)

    def _applied_on(self, plan: Plan) -> date:
        return self.clock.calendar[plan.applied_on_day]

    def reopen(self, plan: Plan) -> None:
        """Open the files of an application made before the run was opened again."""
        for province, file, _ in self._files(plan):
            self.offices[province].open_file(file)

    def _person(self, plan: Plan) -> tuple[Person, Stretch]:
        """The person of a plan, and the time at the plan's origin."""
        own = tuple(self.plans[index] for index in transfers_of(plan.person, len(self.plans)))
        first_day = self.clock.calendar[min(p.applied_on_day for p in own)]
        life = stretches(self.seed, own, first_day)
        return make_person(self.seed, own[0], life, first_day), life[plan.index]

    def _files(self, plan: Plan) -> Iterator[tuple[str, CaseFile, str]]:
        """Province, new file and suffix of the application's number: the case itself, then what its incident adds."""
        number = application_number(plan)
        transfer = transfer_id(plan.destination, number)
        yield plan.destination, CaseFile(plan, Part.DESTINATION, transfer, number), ""
        random = draw(self.seed, plan.index, "bystander")
        elsewhere = draw_province(DESTINATIONS, random, without=(plan.origin, plan.destination))
        match plan.incident:
            case Incident.SECOND_DESTINATION | Incident.SECOND_APPLICATION:
                province = elsewhere if plan.incident is Incident.SECOND_DESTINATION else plan.destination
                second = application_number(plan, "B")
                yield province, CaseFile(plan, Part.SECOND, transfer_id(province, second), second), "B"
            case Incident.STRANGER:
                relationship = self.ring.relationship_id(self._person(plan)[0].number, SCHEME)
                yield elsewhere, CaseFile(plan, Part.STRANGER, transfer, transfer.hex, relationship), ""
