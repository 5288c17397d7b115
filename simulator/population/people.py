"""The persons of all plans: who they are, where they worked, and in whose relationship their transfers begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from jinbao.keys.key_ring import KeyRing
from jinbao.regional_adapter.local.local_records import Person
from jinbao.rules.schemes import ENTERPRISE_EMPLOYEES
from jinbao.simulator.population.mistaken_identity import known_as
from jinbao.simulator.population.persons import Stretch, make_person, stretches
from jinbao.simulator.scenario.plan import Plan, transfers_of
from jinbao.simulator.virtual_clock import VirtualClock

"""AAE140: enterprise employees' basic pension."""


@dataclass(frozen=True, slots=True)
class People:
    """Made anew whenever they are asked for; only the relationships' ids are kept."""

    seed: int
    plans: Sequence[Plan]
    clock: VirtualClock
    ring: KeyRing
    _relationships: dict[int, UUID] = field(default_factory=dict)

    def of(self, plan: Plan) -> tuple[Person, Stretch]:
        """The person of a plan, and the time at the plan's origin."""
        own = tuple(self.plans[index] for index in transfers_of(plan.person, len(self.plans)))
        first_day = self.clock.calendar[min(p.applied_on_day for p in own)]
        life = stretches(self.seed, own, first_day)
        return make_person(self.seed, own[0], life, first_day), life[plan.index]

    def relationship_of(self, plan: Plan) -> UUID:
        """The relationship in which the plan's transfers begin: of the number that the counter was told."""
        if plan.index not in self._relationships:
            number = known_as(plan.special, self.of(plan)[0]).number
            self._relationships[plan.index] = self.ring.relationship_id(number, ENTERPRISE_EMPLOYEES)
        return self._relationships[plan.index]
