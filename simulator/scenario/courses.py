"""The transfers of a simulated nation by their ids: those applied for, and those that follow from special cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid5

from jinbao.schemas.derived_ids import transfer_id
from jinbao.simulator.scenario.plan import Plan, is_alone
from jinbao.simulator.scenario.special_cases import SpecialCase

Kind = Literal["application", "temporary", "supplement", "reversal", "nameless"]
_NAMELESS = "name of another case"


@dataclass(frozen=True, slots=True)
class Course:
    """One transfer: of which plan, from where to where, and the number under which it began."""

    plan: Plan
    kind: Kind
    origin: str
    destination: str
    number: str
    """The application's, or the offer's letter number."""
    transfer: UUID


def opens_temporary_account(plan: Plan) -> bool:
    """Whether the destination refuses for the person's age, and opens a temporary account instead (66号 art. 5)."""
    return plan.reason == "AGE_LIMIT_TEMPORARY_ACCOUNT" and is_alone(plan)


def application_number(plan: Plan, suffix: str = "") -> str:
    """The destination's own number of the application."""
    return f"ZY{plan.destination}{plan.index:07d}{suffix}"


def account_number(plan: Plan) -> str:
    """The destination's own number of a temporary account."""
    return f"LS{plan.destination}{plan.index:07d}"


def filed_under(province: str, number: str) -> UUID:
    """What a file is kept under that is about no transfer: a certificate's, an account's."""
    return transfer_id(UUID(int=0), province, number)


@dataclass(frozen=True, slots=True)
class Courses:
    """Finds the transfers of a plan."""

    relationship_of: Callable[[Plan], UUID]
    """The relationship in which a plan's transfers begin: under the number that the counter was told."""

    def application(self, plan: Plan, suffix: str = "", *, at: str | None = None) -> Course:
        """The transfer that was applied for; one more beside it where a `suffix` and another province are given."""
        number, destination = application_number(plan, suffix), at or plan.destination
        return self._course(plan, "application", plan.origin, destination, number, begun_by=destination)

    def offer(self, plan: Plan) -> Course | None:
        """The transfer that begins where the money lies and follows from the plan."""
        if opens_temporary_account(plan):
            return self._offer(plan, "temporary", plan.destination, plan.origin, "GJ")
        if plan.special is SpecialCase.LUMP_SUM_FOLLOWS:
            return self._offer(plan, "supplement", plan.origin, plan.destination, "BC")
        if plan.special is SpecialCase.REVERSED:
            return self._offer(plan, "reversal", plan.destination, plan.origin, "CX")
        return None

    def nameless(self, plan: Plan) -> UUID:
        """What a bank statement names by a typing error instead of the transfer: no case of anybody."""
        return uuid5(self.application(plan).transfer, _NAMELESS)

    def of(self, plan: Plan) -> Iterator[Course]:
        """All transfers that a plan can bring about, and the name of none that its payment may bear."""
        first = self.application(plan)
        yield first
        offer = self.offer(plan)
        if offer is not None:
            yield offer
        if plan.special in (SpecialCase.MONEY_ASSIGNED, SpecialCase.UNKNOWN_MONEY_RETURNED):
            yield Course(plan, "nameless", plan.origin, plan.destination, first.number, self.nameless(plan))

    def _offer(self, plan: Plan, kind: Kind, origin: str, destination: str, prefix: str) -> Course:
        return self._course(plan, kind, origin, destination, f"{prefix}{origin}{plan.index:07d}", begun_by=origin)

    def _course(self, plan: Plan, kind: Kind, origin: str, destination: str, number: str, *, begun_by: str) -> Course:
        transfer = transfer_id(self.relationship_of(plan), begun_by, number)
        return Course(plan, kind, origin, destination, number, transfer)
