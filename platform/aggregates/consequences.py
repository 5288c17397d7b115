"""What follows from a fact: the next state, whose turn it is, which clocks start and stop, which postings are made.

Worked out once, from the transfer as it was and as the fact's own fields leave it, and stored in the fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import msgspec

from jinbao.platform.aggregates import facts, money
from jinbao.platform.aggregates import rare_facts as rare
from jinbao.platform.aggregates.facts import NOBODY, ClockEnded, ClockStarted, Consequences, Fact, State
from jinbao.platform.aggregates.transfer import RunningClock, Transfer
from jinbao.rules.procedures import ClockRule, Milestone, Procedure, Procedures, Role
from jinbao.rules.working_days import WorkingDays, day_of


@dataclass(frozen=True, slots=True, eq=False)
class Law:
    """The rules in force, as the platform applies them."""

    procedures: Procedures
    working_days: WorkingDays

    def starting(self, province: str, role: Role, reached: tuple[Milestone, ...], day: date) -> list[_Start]:
        """Clocks that an agency's procedure of that day starts at the milestones, if it plays the role."""
        return _starting(self, province, role, reached, day)

    def rule(self, procedure: str, version: int, clock: str) -> ClockRule:
        """A clock's rule as its procedure stood when it started."""
        return _rule(self, procedure, version, clock)


_Start = tuple[Procedure, ClockRule]


@lru_cache(maxsize=16_384)
def _starting(law: Law, province: str, role: Role, reached: tuple[Milestone, ...], day: date) -> list[_Start]:
    procedure = law.procedures.in_force(province, day)
    return [(procedure, r) for r in procedure.clocks if r.responsible == role and not r.starts.isdisjoint(reached)]


@lru_cache(maxsize=1_024)
def _rule(law: Law, procedure: str, version: int, clock: str) -> ClockRule:
    return law.procedures.by_id(procedure, version).clock(clock)


_NEXT_STATE: dict[type[Fact], State] = {
    facts.ApplicationAccepted: State.APPLICATION_REVIEW,
    facts.ApplicationRefused: State.REFUSED,
    facts.ContactLetterIssued: State.LETTER_ISSUED,
    facts.ContactLetterReceived: State.ORIGIN_REVIEW,
    facts.ContactLetterDeemedReceived: State.ORIGIN_REVIEW,
    facts.OriginReviewPassed: State.TRANSFER,
    facts.TransferReturned: State.RETURNED,
    facts.MismatchReported: State.MISMATCH,
    facts.TransferCompleted: State.COMPLETED,
    facts.TransferWithdrawn: State.WITHDRAWN,
    facts.TransferClosed: State.CLOSED,
    rare.UnassignedFundsReceived: State.UNASSIGNED,
    rare.UnassignedFundsAssigned: State.CLOSED,
    rare.TransferOffered: State.TRANSFER,
    rare.TransferFrozen: State.FROZEN,
    rare.TransferReversed: State.REVERSED,
    rare.IdentityCorrected: State.MOVED,
}

_MILESTONE: dict[type[Fact], Milestone] = {
    facts.ApplicationAccepted: Milestone.application_accepted,
    facts.ApplicationRefused: Milestone.refused,
    facts.ContactLetterIssued: Milestone.letter_issued,
    facts.ContactLetterReceived: Milestone.letter_received,
    facts.ContactLetterDeemedReceived: Milestone.letter_received,
    facts.OriginReviewPassed: Milestone.review_passed,
    facts.TransferReturned: Milestone.returned,
    facts.MismatchReported: Milestone.mismatch_reported,
    facts.TransferCompleted: Milestone.completed,
    facts.TransferWithdrawn: Milestone.withdrawn,
    facts.TransferClosed: Milestone.closed,
    rare.LumpSumFound: Milestone.lump_sum_found,
    rare.LumpSumNoticeSent: Milestone.lump_sum_noticed,
    rare.LumpSumDocumentSupplied: Milestone.lump_sum_documented,
    rare.TransferFrozen: Milestone.frozen,
    rare.TransferReversed: Milestone.reversed,
}

_COUNTED = (
    facts.ApplicationAccepted,
    facts.ApplicationRefused,
    facts.TransferReturned,
    facts.TransferWithdrawn,
    facts.TransferCompleted,
    rare.TransferReversed,
)
_DAY_US = 86_400_000_000
REPORT_WITHIN_WORKING_DAYS = 1
_ALWAYS_LATE_US = 60 * _DAY_US
"""No holiday is as long; so a day that the calendar does not cover needs no look-up."""
_MOVES_MONEY = (
    facts.MoneyFact,
    facts.InformationSheetSent,
    facts.TransferCompleted,
    rare.PaymentBounced,
    rare.UnassignedFundsAssigned,
)


def _next_state(fact: Fact, after: Transfer) -> State | None:
    """The state after the fact, or None where it stays."""
    state = _NEXT_STATE.get(type(fact))
    if state is not None:
        return state
    if isinstance(fact, rare.CaseContinued):
        return after.state
    if after.state is State.TRANSFER and after.sheet_and_funds_in:
        return State.CONFIRMATION
    if after.state is State.MISMATCH and after.sheet_and_funds_match and not money.on_the_way(after.payments):
        return State.CONFIRMATION
    return None


def _turn(state: State, after: Transfer) -> str:
    """Province whose turn it is in the new state."""
    match state:
        case State.APPLICATION_REVIEW | State.RETURNED | State.CONFIRMATION | State.FROZEN | State.UNASSIGNED:
            return after.destination
        case State.LETTER_ISSUED | State.ORIGIN_REVIEW:
            return after.origin
        case State.TRANSFER:
            return after.destination if after.sheet_and_funds_sent else after.origin
        case State.MISMATCH:
            reported = after.mismatch
            assert reported is not None, "a mismatch was reported"
            seen = (reported.sheet_version, reported.received)
            answered = seen != (after.sheet_version, money.kept(after.payments)) or money.on_the_way(after.payments) > 0
            return after.destination if answered or reported.request == "take_back_excess" else after.origin
        case _:
            return NOBODY


def _milestones(fact: Fact, before: Transfer | None, after: Transfer, state: State | None) -> tuple[Milestone, ...]:
    own = _MILESTONE.get(type(fact))
    reached: tuple[Milestone, ...] = () if own is None else (own,)
    if before is not None and after.sheet_and_funds_sent and not before.sheet_and_funds_sent:
        reached += (Milestone.sheet_and_funds_sent,)
    if own is Milestone.letter_received and after.lump_sum is not None and after.lump_sum.open:
        reached += (Milestone.lump_sum_found,)
    if state is State.CONFIRMATION:
        reached += (Milestone.sheet_and_funds_in,)
    return reached


def _ended(after: Transfer, reached: tuple[Milestone, ...], day: date, law: Law) -> list[ClockEnded]:
    ended = []
    for running in after.clocks:
        start = running.start
        rule = law.rule(start.procedure, start.procedure_version, start.clock)
        if not rule.stops.isdisjoint(reached):
            outcome = "missed" if running.missed or day > start.due else "met"
        elif not rule.cancelled_by.isdisjoint(reached):
            outcome = "cancelled"
        else:
            continue
        ended.append(ClockEnded(start.clock, start.run, start.number, outcome))
    return ended


def _started(after: Transfer, reached: tuple[Milestone, ...], day: date, law: Law) -> list[ClockStarted]:
    """Clocks that begin, each under the procedure of the agency responsible for it on that day."""
    started: list[ClockStarted] = []
    parties: tuple[tuple[Role, str], ...] = (("destination", after.destination), ("origin", after.origin))
    for role, province in parties:
        for procedure, rule in law.starting(province, role, reached, day):
            from_day = after.letter_received_on or day if rule.counts_from == "letter_received" else day
            due = law.working_days.due(from_day, rule.limit_working_days)
            started.append(
                ClockStarted(
                    clock=rule.name,
                    run=after.runs.get(rule.name, 0) + 1,
                    number=after.clocks_started + len(started) + 1,
                    responsible=province,
                    limit_working_days=rule.limit_working_days,
                    procedure=procedure.id,
                    procedure_version=procedure.version,
                    calendar=law.working_days.version,
                    due=due.date,
                    provisional=due.provisional,
                    counted_from=from_day,
                )
            )
    return started


def _postings(fact: Fact, before: Transfer, after: Transfer) -> tuple[money.Posting, ...]:
    """What the fact moves. A payment line moves alone: how it divides depends on earlier lines only."""
    only = (fact.payment.reference, fact.payment.line) if isinstance(fact, facts.MoneyFact) else None
    return money.postings(
        money.balances(before.payments, before.split, before.credited, only),
        money.balances(after.payments, after.split, after.credited, only),
        after.origin,
        after.destination,
        after.payments,
    )


def _all_postings(t: Transfer, sign: int) -> tuple[money.Posting, ...]:
    """Everything that stands in the books of a case, put in (1) or taken out (-1)."""
    here = money.balances(t.payments, t.split, t.credited)
    before, after = ({}, here) if sign > 0 else (here, {})
    return money.postings(before, after, t.origin, t.destination, t.payments)


def _refund(fact: rare.OverlapCleared, t: Transfer) -> tuple[money.Posting, ...]:
    """The destination's fund pays the person the account of the overlapping months; pooling money stays."""
    if fact.refund == 0:
        return ()
    line = (t.destination, fact.reference, fact.line)
    return (
        money.Posting("destination_fund", *line, -fact.refund, 0, 0),
        money.Posting("refunded", *line, fact.refund, 0, 0),
    )


def _cancelled(running: RunningClock) -> ClockEnded:
    return ClockEnded(running.start.clock, running.start.run, running.start.number, "cancelled")


def _resumed(fact: rare.CaseContinued, after: Transfer, law: Law) -> list[ClockStarted]:
    """The clocks that ran in the other relationship run on here, with their due days."""
    ran = msgspec.msgpack.decode(fact.snapshot, type=Transfer).clocks
    return [msgspec.structs.replace(c.start, number=after.clocks_started + 1 + i) for i, c in enumerate(ran)]


def _first_due(t: Transfer, ended: list[ClockEnded], started: list[ClockStarted]) -> tuple[date | None, bool]:
    """Due day of the clock that ends first among those that run on, and whether it is provisional."""
    gone = {end.number for end in ended}
    running = [c.start for c in t.clocks if c.start.number not in gone] + started
    if not running:
        return None, False
    first = min(running, key=lambda start: start.due)
    return first.due, first.provisional


def _annulment(fact: rare.FactAnnulled, now: Transfer, received_at: int, law: Law) -> Consequences:
    """The transfer goes back to what it was before its last fact: state, turn, clocks and money."""
    then = now.previous
    assert then is not None, "only the last fact is annulled, and it left what was before"
    ran, runs = {c.start.number for c in then.clocks}, {c.start.number for c in now.clocks}
    again = [c.start for c in then.clocks if c.start.number not in runs]
    started = [
        msgspec.structs.replace(start, run=now.runs[start.clock] + 1, number=now.clocks_started + 1 + i)
        for i, start in enumerate(again)
    ]
    ended = [_cancelled(c) for c in now.clocks if c.start.number not in ran]
    due, due_provisional = _first_due(now, ended, started)
    return Consequences(
        state=then.state if then.state is not now.state else None,
        waiting_for=then.waiting_for if then.waiting_for != now.waiting_for else None,
        started=tuple(started),
        ended=tuple(ended),
        postings=money.postings(
            money.balances(now.payments, now.split, now.credited),
            money.balances(then.payments, then.split, then.credited),
            now.origin,
            now.destination,
            (*now.payments, *then.payments),
        ),
        late=_is_late(fact.occurred_at, received_at, law),
        parties=(now.origin, now.destination),
        due=due,
        due_provisional=due_provisional,
    )


def _is_late(occurred_at: int, received_at: int, law: Law) -> bool:
    """Whether it was reported later than one working day after it happened [assumed]."""
    waited = received_at - occurred_at
    if waited <= _DAY_US:
        return False
    if waited > _ALWAYS_LATE_US:
        return True
    return day_of(received_at) > law.working_days.due(day_of(occurred_at), REPORT_WITHIN_WORKING_DAYS).date


def consequences(fact: Fact, before: Transfer | None, after: Transfer, received_at: int, law: Law) -> Consequences:
    """Everything that follows from the fact.

    Args:
        fact: the fact, its own fields only.
        before: the transfer before it; None for the one that begins it.
        after: a copy of the transfer in which the fact's own fields are assigned.
        received_at: microseconds since 1970 UTC at which the bus took the message: clocks use it.
        law: procedures and calendar.

    """
    if isinstance(fact, rare.FactAnnulled):
        assert before is not None
        return _annulment(fact, before, received_at, law)
    state = _next_state(fact, after)
    turn = _turn(state or after.state, after)
    reached = _milestones(fact, before, after, state)
    ended: list[ClockEnded] = []
    started: list[ClockStarted] = []
    if reached:
        day = day_of(received_at)
        ended = _ended(after, reached, day, law)
        started = _started(after, reached, day, law)
    postings: tuple[money.Posting, ...] = ()
    if isinstance(fact, rare.CaseContinued):
        started, postings = _resumed(fact, after, law), _all_postings(after, +1)
    elif isinstance(fact, rare.UnassignedFundsReceived):
        postings = _all_postings(after, +1)
    elif isinstance(fact, rare.IdentityCorrected):
        ended, postings = [_cancelled(c) for c in after.clocks], _all_postings(after, -1)
    elif isinstance(fact, rare.OverlapCleared):
        postings = _refund(fact, after)
    elif before is not None and isinstance(fact, _MOVES_MONEY):
        postings = _postings(fact, before, after)
    due, due_provisional = _first_due(after, ended, started)
    return Consequences(
        state=state if before is None or state is not before.state else None,
        waiting_for=turn if before is None or turn != before.waiting_for else None,
        started=tuple(started),
        ended=tuple(ended),
        postings=postings,
        late=_is_late(fact.occurred_at, received_at, law),
        parties=(after.origin, after.destination) if isinstance(fact, _COUNTED) else ("", ""),
        due=due,
        due_provisional=due_provisional,
    )
