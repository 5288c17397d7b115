"""What follows from a fact: the next state, whose turn it is, which clocks start and stop, which postings are made.

Worked out once, from the transfer as it was and as the fact's own fields leave it, and stored in the fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from jinbao.platform.aggregates import facts, money
from jinbao.platform.aggregates.facts import NOBODY, ClockEnded, ClockStarted, Consequences, Fact, State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.procedures import ClockRule, Milestone, Procedure, Procedures, Role
from jinbao.rules.working_days import WorkingDays, day_of


@dataclass(frozen=True, slots=True, eq=False)
class Law:
    """The rules in force, as the platform applies them."""

    procedures: Procedures
    working_days: WorkingDays

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


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a fact brings about by its kind alone."""

    state: State | None = None
    milestones: tuple[Milestone, ...] = ()
    counted: bool = False
    """It begins or ends a transfer or returns it: whoever counts needs the parties."""
    sends: bool = False
    """Sheet and money may be sent with it (money that came was sent)."""
    arrives: bool = False
    """Sheet and money may be in with it."""
    posts: bool = False
    """It moves money, or says how it divides."""


_EFFECTS: dict[type[Fact], _Effect] = {
    facts.ApplicationAccepted: _Effect(State.APPLICATION_REVIEW, (Milestone.application_accepted,), counted=True),
    facts.ApplicationRefused: _Effect(State.REFUSED, (Milestone.refused,), counted=True),
    facts.ContactLetterIssued: _Effect(State.LETTER_ISSUED, (Milestone.letter_issued,)),
    facts.ContactLetterReceived: _Effect(State.ORIGIN_REVIEW, (Milestone.letter_received,)),
    facts.ContactLetterDeemedReceived: _Effect(State.ORIGIN_REVIEW, (Milestone.letter_received,)),
    facts.OriginReviewPassed: _Effect(State.TRANSFER, (Milestone.review_passed,)),
    facts.TransferReturned: _Effect(State.RETURNED, (Milestone.returned,), counted=True),
    facts.InformationSheetSent: _Effect(sends=True, arrives=True, posts=True),
    facts.InformationSheetReceived: _Effect(arrives=True),
    facts.InformationSheetDeemedReceived: _Effect(arrives=True),
    facts.FundsRemitted: _Effect(sends=True, arrives=True, posts=True),
    facts.FundsReceived: _Effect(sends=True, arrives=True, posts=True),
    facts.FundsReturned: _Effect(arrives=True, posts=True),
    facts.ReturnedFundsReceived: _Effect(arrives=True, posts=True),
    facts.MismatchReported: _Effect(State.MISMATCH, (Milestone.mismatch_reported,)),
    facts.TransferCompleted: _Effect(State.COMPLETED, (Milestone.completed,), counted=True, posts=True),
    facts.TransferWithdrawn: _Effect(State.WITHDRAWN, (Milestone.withdrawn,), counted=True),
    facts.TransferClosed: _Effect(State.CLOSED, (Milestone.closed,)),
}
_NO_EFFECT = _Effect()

_DAY_US = 86_400_000_000
REPORT_WITHIN_WORKING_DAYS = 1
_ALWAYS_LATE_US = 60 * _DAY_US
"""No holiday is as long; so a day that the calendar does not cover needs no look-up."""
_NO_PARTIES = ("", "")


def _arrived(after: Transfer) -> State | None:
    """The state that sheet and money bring about once they are in; None where they are not, or nobody waits."""
    if after.state is State.TRANSFER and after.sheet_and_funds_in:
        return State.CONFIRMATION
    if after.state is State.MISMATCH and after.sheet_and_funds_match and not money.on_the_way(after.payments):
        return State.CONFIRMATION
    return None


def _turn(state: State, after: Transfer) -> str:
    """Province whose turn it is in the new state."""
    match state:
        case State.APPLICATION_REVIEW | State.RETURNED | State.CONFIRMATION:
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


def _ended(after: Transfer, reached: tuple[Milestone, ...], day: date, law: Law) -> tuple[ClockEnded, ...]:
    ended: tuple[ClockEnded, ...] = ()
    for running in after.clocks:
        start = running.start
        rule = law.rule(start.procedure, start.procedure_version, start.clock)
        if not rule.stops.isdisjoint(reached):
            outcome = "missed" if day > start.due else "met"  # a miss noted while we were behind does not count
        elif not rule.cancelled_by.isdisjoint(reached):
            outcome = "cancelled"
        else:
            continue
        ended += (ClockEnded(start.clock, start.run, start.number, outcome),)
    return ended


def _started(after: Transfer, reached: tuple[Milestone, ...], day: date, law: Law) -> tuple[ClockStarted, ...]:
    """Clocks that begin, each under the procedure of the agency responsible for it on that day."""
    started: tuple[ClockStarted, ...] = ()
    parties: tuple[tuple[Role, str], ...] = (("destination", after.destination), ("origin", after.origin))
    for role, province in parties:
        for procedure, rule in _starting(law, province, role, reached, day):
            due = law.working_days.due(day, rule.limit_working_days)
            clock = ClockStarted(
                rule.name,
                after.runs.get(rule.name, 0) + 1,
                after.clocks_started + len(started) + 1,
                province,
                rule.limit_working_days,
                procedure.id,
                procedure.version,
                law.working_days.version,
                due.date,
                due.provisional,
            )
            started += (clock,)
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


def _is_late(occurred_at: int, received_at: int, law: Law) -> bool:
    """Whether it was reported later than one working day after it happened [assumed]."""
    waited = received_at - occurred_at
    if waited <= _DAY_US:
        return False
    if waited > _ALWAYS_LATE_US:
        return True
    return day_of(received_at) > law.working_days.due(day_of(occurred_at), REPORT_WITHIN_WORKING_DAYS).date


def consequences(
    fact: Fact, before: Transfer | None, after: Transfer, received_at: int, law: Law, *, reported: bool = True
) -> Consequences:
    """Everything that follows from the fact.

    Args:
        fact: the fact, its own fields only.
        before: the transfer before it; None for the one that begins it.
        after: a copy of the transfer in which the fact's own fields are assigned.
        received_at: microseconds since 1970 UTC at which the bus took the message: clocks use it.
        law: procedures and calendar.
        reported: whether a province reports it, who may be late; the platform's own sweep is nobody's report.

    """
    effect = _EFFECTS.get(type(fact), _NO_EFFECT)
    state, reached = effect.state, effect.milestones
    if effect.arrives:
        state = _arrived(after)
        if state is State.CONFIRMATION:
            reached += (Milestone.sheet_and_funds_in,)
    if effect.sends and before is not None and after.sheet_and_funds_sent and not before.sheet_and_funds_sent:
        reached += (Milestone.sheet_and_funds_sent,)
    turn = _turn(state or after.state, after)
    ended: tuple[ClockEnded, ...] = ()
    started: tuple[ClockStarted, ...] = ()
    if reached:
        day = day_of(received_at)
        ended = _ended(after, reached, day, law)
        started = _started(after, reached, day, law)
    return Consequences(
        state=state if before is None or state is not before.state else None,
        waiting_for=turn if before is None or turn != before.waiting_for else None,
        started=started,
        ended=ended,
        postings=_postings(fact, before, after) if effect.posts and before is not None else (),
        late=reported and _is_late(fact.occurred_at, received_at, law),
        parties=(after.origin, after.destination) if effect.counted else _NO_PARTIES,
    )
