"""The transfers of a simulated nation by their ids: those applied for, and those that follow from their rarer turns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid5

from jinbao.regional_adapter.identifiers import transfer_id
from jinbao.simulator.plan import Plan, is_alone
from jinbao.simulator.population import application_number
from jinbao.simulator.rare_plan import Rare

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


def application_of(plan: Plan) -> Course:
    """The transfer that was applied for."""
    number = application_number(plan)
    return Course(plan, "application", plan.origin, plan.destination, number, transfer_id(plan.destination, number))


def opens_temporary_account(plan: Plan) -> bool:
    """Whether the destination refuses for the person's age, and opens a temporary account instead (66号 art. 5)."""
    return plan.reason == "AGE_LIMIT_TEMPORARY_ACCOUNT" and is_alone(plan)


def account_number(plan: Plan) -> str:
    """The destination's own number of a temporary account."""
    return f"LS{plan.destination}{plan.index:07d}"


def offer_of(plan: Plan) -> Course | None:
    """The transfer that begins where the money lies and follows from the plan."""
    if opens_temporary_account(plan):
        return _offer(plan, "temporary", plan.destination, plan.origin, "GJ")
    if plan.rare is Rare.LUMP_SUM_FOLLOWS:
        return _offer(plan, "supplement", plan.origin, plan.destination, "BC")
    if plan.rare is Rare.REVERSED:
        return _offer(plan, "reversal", plan.destination, plan.origin, "CX")
    return None


def _offer(plan: Plan, kind: Kind, origin: str, destination: str, prefix: str) -> Course:
    number = f"{prefix}{origin}{plan.index:07d}"
    return Course(plan, kind, origin, destination, number, transfer_id(origin, number))


def nameless(plan: Plan) -> UUID:
    """What a bank statement names by a typing error instead of the transfer: no case of anybody."""
    return uuid5(application_of(plan).transfer, _NAMELESS)


def courses_of(plan: Plan) -> Iterator[Course]:
    """All transfers that a plan can bring about, and the name of none that its payment may bear."""
    first = application_of(plan)
    yield first
    offer = offer_of(plan)
    if offer is not None:
        yield offer
    if plan.rare in (Rare.MONEY_ASSIGNED, Rare.UNKNOWN_MONEY_RETURNED):
        yield Course(plan, "nameless", plan.origin, plan.destination, first.number, nameless(plan))
