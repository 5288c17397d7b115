"""What will happen to each transfer of the synthetic nation: a script drawn from (seed, transfer), told to nobody else.

The clerks follow the script as far as it is theirs; everything else follows from the messages. Shares are those of
domain.md §7 (returned 8 %, late 12 %, mismatch 1 %, assumed) and our own for the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from jinbao.simulator.scenario.distribution import DESTINATIONS, ORIGINS, draw_province
from jinbao.simulator.scenario.seeded_random import draw, pick, share_of
from jinbao.simulator.scenario.special_cases import (
    ALONE,
    CERTIFICATE_SHARE,
    MONEY_FIRST,
    REISSUED_SHARE,
    SPECIAL_CASES,
    SpecialCase,
)


class Path(StrEnum):
    """How a transfer goes."""

    STRAIGHT = "straight"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """By the applicant, before the letter."""
    RETURNED_AND_SENT_AGAIN = "returned_and_sent_again"
    RETURNED_AND_CLOSED = "returned_and_closed"
    WITHDRAWN_BY_AGREEMENT = "withdrawn_by_agreement"
    MISMATCH = "mismatch"


class Late(StrEnum):
    """Which limit is missed."""

    APPLICATION_REVIEW = "application_review"
    ORIGIN = "origin"
    CONFIRMATION = "confirmation"


class Order(StrEnum):
    """What reaches the destination first."""

    SHEET_FIRST = "sheet_first"
    MONEY_FIRST = "money_first"
    MONEY_BEFORE_NOTICE = "money_before_notice"


class Mismatch(StrEnum):
    """How sheet and money differ and what settles it; the values are what the destination asks for."""

    CORRECT_SHEET = "correct_sheet"
    TOP_UP = "top_up"
    TAKE_BACK_EXCESS = "take_back_excess"


class Incident(StrEnum):
    """Something that goes wrong on the way, beside the case itself."""

    SENT_TWICE = "sent_twice"
    """A producer's retry: the letter is on the bus twice."""
    ID_REUSED = "id_reused"
    """The letter's id comes again with other bytes."""
    RECORDED_AGAIN = "recorded_again"
    """The clerk writes the letter a second time: the same fact under another id."""
    WRONG_ROLE = "wrong_role"
    """The destination says what only the origin may say."""
    STRANGER = "stranger"
    """A province that is not party to the case returns the letter."""
    LETTER_BEFORE_APPLICATION = "letter_before_application"
    """The application is sent days after the letter, which waits for it."""
    LETTER_EXPIRES = "letter_expires"
    """The application is sent so late that the waiting letter has expired."""
    LETTER_RECEIPT_LOST = "letter_receipt_lost"
    SHEET_RECEIPT_LOST = "sheet_receipt_lost"
    SECOND_DESTINATION = "second_destination"
    """The person applies in another province while this transfer is live."""
    SECOND_APPLICATION = "second_application"
    """The person applies once more for the same origin."""
    MISTYPED_REFERENCE = "mistyped_reference"
    """The destination reports the money under a reference with a typing error, then corrects it."""
    LATE_REPORTING = "late_reporting"
    """The sheet leaves the origin's own system days after it was written."""


PATHS: Mapping[str, float] = {
    Path.REFUSED: 0.03,
    Path.WITHDRAWN: 0.01,
    Path.RETURNED_AND_SENT_AGAIN: 0.055,
    Path.RETURNED_AND_CLOSED: 0.015,
    Path.WITHDRAWN_BY_AGREEMENT: 0.01,
    Path.MISMATCH: 0.01,
}
LATE_SHARE = 0.12
ORDERS: Mapping[str, float] = {Order.SHEET_FIRST: 0.72, Order.MONEY_FIRST: 0.2, Order.MONEY_BEFORE_NOTICE: 0.08}
INCIDENTS: Mapping[str, float] = dict.fromkeys(Incident, 0.006)
REFUSALS = (
    "CERTIFICATE_INVALID",
    "NOT_INSURED_HERE",
    "PENSION_ALREADY_DRAWN",
    "AGE_LIMIT_TEMPORARY_ACCOUNT",
    "IDENTITY_MISMATCH",
)
RETURNS = (
    "PERSON_NOT_FOUND",
    "IDENTITY_MISMATCH_AT_ORIGIN",
    "CONTRIBUTIONS_NOT_STOPPED",
    "BANK_DATA_INVALID",
    "ALREADY_TRANSFERRED",
)
_CLOCKS_REACHED: Mapping[Path, tuple[Late, ...]] = {
    Path.REFUSED: (Late.APPLICATION_REVIEW,),
    Path.WITHDRAWN: (),
    Path.RETURNED_AND_CLOSED: (Late.APPLICATION_REVIEW, Late.ORIGIN),
    Path.WITHDRAWN_BY_AGREEMENT: (Late.APPLICATION_REVIEW, Late.ORIGIN),
}
_NEEDS_STRAIGHT = frozenset({Incident.SHEET_RECEIPT_LOST, Incident.MISTYPED_REFERENCE, Incident.LATE_REPORTING})
_NEEDS_QUICK_START = frozenset({Incident.LETTER_BEFORE_APPLICATION, Incident.LETTER_EXPIRES})
INFORMATION_ONLY_ORIGIN = "54"
"""From the middle of the run on, this province sends information only, no money [assumed]."""
SETTLED_PAIR = frozenset({"50", "51"})
"""Cases between these two are settled by period (川渝), in so few working days that no special case fits into them."""
THREE_WAYS_EVERY = 10
"""Of so many groups, one has a person whose transfers are answered in three ways."""
GROUP = 40
"""Transfers in one group; its first three belong to one person, the next two to another, the rest to one each."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The script of one transfer."""

    index: int
    person: int
    """Index of the first transfer of the same person; names the person."""
    origin: str
    destination: str
    applied_on_day: int
    """Counted in working days of the run, from 0."""
    path: Path
    reason: str | None
    """Code of the refusal or return, where there is one."""
    late: Late | None
    order: Order
    mismatch: Mismatch | None
    incident: Incident | None
    second_mismatch: Mismatch | None = None
    """Sheet and money differ once more, in another way or in the same."""
    special: SpecialCase | None = None
    certificates: int = 0
    """Versions of the certificate that the origin issues over the platform before the application."""
    third: str = ""
    """A province that is no party to the case, but where some of its years were paid."""
    planted: str | None = None
    """An irregularity that is done on purpose (`plants.Planted`)."""

    @property
    def mismatches(self) -> tuple[Mismatch, ...]:
        """What the destination asks for, one after the other."""
        return tuple(m for m in (self.mismatch, self.second_mismatch) if m is not None)


def person_of(index: int) -> int:
    """Index of the first transfer of the person whose transfer this is."""
    place = index % GROUP
    return index - place if place < 3 else index - place + 3 if place < 5 else index


def transfers_of(person: int, transfers: int) -> range:
    """Indices of the person's transfers, in a nation of so many."""
    width = {0: 3, 3: 2}.get(person % GROUP, 1)
    return range(person, min(person + width, transfers))


def _route(seed: int, index: int) -> tuple[str, str]:
    """Origin and destination; the transfers of one person have one destination and different origins."""
    person = person_of(index)
    destination = draw_province(DESTINATIONS, draw(seed, person, "destination"))
    taken = [destination]
    for one in range(person, index + 1):
        taken.append(draw_province(ORIGINS, draw(seed, one, "origin"), without=taken))
    return taken[-1], destination


_MISMATCHES: tuple[tuple[Mismatch, Mismatch | None], ...] = tuple(
    (first, second) for first in Mismatch for second in (None, *Mismatch)
)
"""Each alone, and each followed by each."""


def _path(seed: int, index: int) -> tuple[Path, str | None, Mismatch | None]:
    path = Path(pick(PATHS, share_of(seed, "path", index)) or Path.STRAIGHT)
    share = share_of(seed, "reason", index)
    match path:
        case Path.REFUSED:
            return path, REFUSALS[int(share * len(REFUSALS))], None
        case Path.RETURNED_AND_SENT_AGAIN | Path.RETURNED_AND_CLOSED:
            return path, RETURNS[int(share * len(RETURNS))], None
        case Path.MISMATCH:
            return path, None, _mismatches(seed, index)[0]
        case _:
            return path, None, None


def _incident(plan: Plan, share: float) -> Incident | None:
    """The incident drawn, or the nearest one that this transfer's path can have."""
    drawn = pick(INCIDENTS, share)
    if drawn is None or plan.path in (Path.REFUSED, Path.WITHDRAWN):
        return None
    incident = Incident(drawn)
    if incident in _NEEDS_STRAIGHT and plan.path is not Path.STRAIGHT:
        return Incident.SENT_TWICE
    if incident in (Incident.SECOND_DESTINATION, Incident.SECOND_APPLICATION) and not is_alone(plan):
        return Incident.SENT_TWICE
    return incident


def _mismatches(seed: int, index: int) -> tuple[Mismatch, Mismatch | None]:
    """As evenly spread as the paths are: by the place within the mismatches' slice of [0, 1)."""
    edge = sum(list(PATHS.values())[: list(PATHS).index(Path.MISMATCH)])
    place = (share_of(seed, "path", index) - edge) / PATHS[Path.MISMATCH]
    return _MISMATCHES[int(place * len(_MISMATCHES))]


def _in_three_ways(plan: Plan) -> Plan:
    """Now and then a person's three transfers go three ways: straight, returned, partial."""
    place = plan.index - plan.person
    if plan.person % (GROUP * THREE_WAYS_EVERY) or not 0 < place < 3:
        return plan
    if _is_settled(plan) or plan.origin == INFORMATION_ONLY_ORIGIN:
        return plan
    plan = replace(plan, late=None, incident=None, mismatch=None, second_mismatch=None, reason=None, special=None)
    if place == 1:
        return replace(plan, path=Path.RETURNED_AND_SENT_AGAIN, reason=RETURNS[0])
    return replace(plan, path=Path.STRAIGHT, special=SpecialCase.ARREARS_DECLINED, order=Order.SHEET_FIRST)


def _is_settled(plan: Plan) -> bool:
    return {plan.origin, plan.destination} == SETTLED_PAIR


def is_alone(plan: Plan) -> bool:
    """Whether the person has no other transfer."""
    return transfers_of(plan.person, plan.person + 2) == range(plan.index, plan.index + 1)


def _with_special_case(plan: Plan, seed: int) -> Plan:
    """The plan with what happens in a special case: for transfers that are free for it."""
    certificate = share_of(seed, "certificate", plan.index)
    certificates = (certificate < CERTIFICATE_SHARE) + (certificate < REISSUED_SHARE)
    third = draw_province(ORIGINS, draw(seed, plan.index, "third"), without=(plan.origin, plan.destination))
    plan = replace(plan, certificates=certificates, third=third)
    drawn = pick(SPECIAL_CASES, share_of(seed, "rare", plan.index))
    free = plan.path is Path.STRAIGHT and plan.late is None and plan.incident is None
    if drawn is None or not free or _is_settled(plan) or plan.origin == INFORMATION_ONLY_ORIGIN:
        return plan
    special = SpecialCase(drawn)
    if special in ALONE and not is_alone(plan):
        return plan
    order = Order.MONEY_FIRST if special in MONEY_FIRST else Order.SHEET_FIRST
    return replace(plan, special=special, order=order, certificates=0 if special in ALONE else certificates)


def make_plan(seed: int, index: int, days: int) -> Plan:
    """The script of the index-th transfer in a run of so many working days (applications in the first 60 %)."""
    origin, destination = _route(seed, index)
    path, reason, mismatch = _path(seed, index)
    random = draw(seed, index, "plan")
    first = draw(seed, person_of(index), "application day").randrange(max(1, days * 3 // 5 - 2))
    plan = Plan(
        index=index,
        person=person_of(index),
        origin=origin,
        destination=destination,
        applied_on_day=min(first + random.randrange(3), max(0, days * 3 // 5 - 1)),
        path=path,
        reason=reason,
        late=None,
        order=Order(pick(ORDERS, share_of(seed, "order", index)) or Order.SHEET_FIRST),
        mismatch=mismatch,
        incident=None,
    )
    if plan.path is Path.MISMATCH:
        plan = replace(plan, second_mismatch=_mismatches(seed, index)[1])
    plan = replace(plan, incident=_incident(plan, share_of(seed, "incident", index)))
    if origin == INFORMATION_ONLY_ORIGIN or _is_settled(plan):
        plan = _without_money(plan)
    clocks = _CLOCKS_REACHED.get(path, tuple(Late))
    if plan.incident in _NEEDS_QUICK_START:
        clocks = tuple(clock for clock in clocks if clock is not Late.APPLICATION_REVIEW)
    if clocks and share_of(seed, "late", index) < LATE_SHARE:
        plan = replace(plan, late=random.choice(clocks))
    return _in_three_ways(_with_special_case(plan, seed))


def _without_money(plan: Plan) -> Plan:
    """The plan of a transfer that may be information only: nothing that needs money, or an application sent late."""
    incident = plan.incident
    if incident in _NEEDS_QUICK_START or incident is Incident.MISTYPED_REFERENCE:
        incident = Incident.SENT_TWICE
    path = Path.STRAIGHT if plan.path is Path.MISMATCH else plan.path
    return replace(plan, path=path, mismatch=None, second_mismatch=None, incident=incident)
