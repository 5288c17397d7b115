"""What follows from a fact: the next state, whose turn it is, which clocks start and stop, which postings are made.

Worked out once, from the transfer as it was and as the fact's own fields leave it, and stored in the fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import msgspec

from jinbao.platform.aggregates import case_postings, lump_sums, money
from jinbao.platform.aggregates.clocks import ClockEnded, ClockStarted, RunningClock
from jinbao.platform.aggregates.continuation import clocks_from
from jinbao.platform.aggregates.fact import Consequences, Fact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.state import NOBODY, State
from jinbao.platform.aggregates.subjects.annulment import FactAnnulled
from jinbao.platform.aggregates.subjects.application import ApplicationAccepted, ApplicationRefused
from jinbao.platform.aggregates.subjects.completion import TransferClosed, TransferCompleted
from jinbao.platform.aggregates.subjects.contact_letter import ContactLetterIssued
from jinbao.platform.aggregates.subjects.deadline import ClockRedated
from jinbao.platform.aggregates.subjects.identity_correction import (
    CaseContinued,
    ContinuationConfirmed,
    ContinuationRefused,
    IdentityCorrected,
)
from jinbao.platform.aggregates.subjects.information_sheet import InformationSheetSent
from jinbao.platform.aggregates.subjects.lump_sum import LumpSumDocumentSupplied, LumpSumNoticeSent
from jinbao.platform.aggregates.subjects.mismatch import MismatchReported
from jinbao.platform.aggregates.subjects.origin_review import OriginReviewPassed, TransferReturned
from jinbao.platform.aggregates.subjects.overlap import OverlapCleared
from jinbao.platform.aggregates.subjects.payment import (
    FundsReceived,
    FundsRemitted,
    FundsReturned,
    PaymentBounced,
    ReturnedFundsReceived,
)
from jinbao.platform.aggregates.subjects.receipt import (
    ContactLetterDeemedReceived,
    ContactLetterReceived,
    InformationSheetDeemedReceived,
    InformationSheetReceived,
)
from jinbao.platform.aggregates.subjects.reversal import TransferReversed
from jinbao.platform.aggregates.subjects.suspension import TransferFrozen
from jinbao.platform.aggregates.subjects.transfer_offer import TransferOffered
from jinbao.platform.aggregates.subjects.unassigned_funds import UnassignedFundsAssigned, UnassignedFundsReceived
from jinbao.platform.aggregates.subjects.withdrawal import TransferWithdrawn
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.procedures import ClockRule, Milestone, Role
from jinbao.rules.working_days import day_of


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a fact brings about by its kind alone."""

    state: State | None = None
    milestones: tuple[Milestone, ...] = ()
    counted: bool = False
    """It begins or ends a transfer or returns it: of one that was applied for, whoever counts needs the parties."""
    sends: bool = False
    """Sheet and money may be sent with it (money that came was sent)."""
    arrives: bool = False
    """Sheet and money may be in with it."""
    posts: bool = False
    """It moves money, or says how it divides."""
    completes: tuple[Milestone, ...] = ()
    """What it brings about where nothing else is open."""

    @property
    def may_reach(self) -> frozenset[Milestone]:
        """The milestones that it brings about, by itself or by what it completes."""
        sent = (Milestone.sheet_and_funds_sent,) if self.sends else ()
        arrived = (Milestone.sheet_and_funds_in,) if self.arrives else ()
        return frozenset((*self.milestones, *self.completes, *sent, *arrived))


_EFFECTS: dict[type[Fact], _Effect] = {
    ApplicationAccepted: _Effect(State.APPLICATION_REVIEW, (Milestone.application_accepted,), counted=True),
    ApplicationRefused: _Effect(State.REFUSED, (Milestone.refused,), counted=True),
    ContactLetterIssued: _Effect(State.LETTER_ISSUED, (Milestone.letter_issued,)),
    ContactLetterReceived: _Effect(State.ORIGIN_REVIEW, (Milestone.letter_received,)),
    ContactLetterDeemedReceived: _Effect(State.ORIGIN_REVIEW, (Milestone.letter_received,)),
    OriginReviewPassed: _Effect(State.TRANSFER, (Milestone.review_passed,)),
    TransferReturned: _Effect(State.RETURNED, (Milestone.returned,), counted=True),
    InformationSheetSent: _Effect(sends=True, arrives=True, posts=True),
    InformationSheetReceived: _Effect(arrives=True),
    InformationSheetDeemedReceived: _Effect(arrives=True),
    FundsRemitted: _Effect(sends=True, arrives=True, posts=True),
    FundsReceived: _Effect(sends=True, arrives=True, posts=True),
    FundsReturned: _Effect(arrives=True, posts=True),
    ReturnedFundsReceived: _Effect(arrives=True, posts=True),
    MismatchReported: _Effect(State.MISMATCH, (Milestone.mismatch_reported,)),
    TransferCompleted: _Effect(State.COMPLETED, (Milestone.completed,), counted=True, posts=True),
    TransferWithdrawn: _Effect(State.WITHDRAWN, (Milestone.withdrawn,), counted=True),
    TransferClosed: _Effect(State.CLOSED, (Milestone.closed,)),
    UnassignedFundsReceived: _Effect(State.UNASSIGNED),
    UnassignedFundsAssigned: _Effect(State.CLOSED, posts=True),
    TransferOffered: _Effect(State.TRANSFER),
    TransferFrozen: _Effect(State.FROZEN, (Milestone.frozen,)),
    TransferReversed: _Effect(State.REVERSED, (Milestone.reversed,), counted=True),
    IdentityCorrected: _Effect(State.MOVING),
    ContinuationConfirmed: _Effect(State.MOVED),
    PaymentBounced: _Effect(arrives=True, posts=True),
    LumpSumNoticeSent: _Effect(completes=(Milestone.lump_sum_noticed,)),
    LumpSumDocumentSupplied: _Effect(completes=(Milestone.lump_sum_documented,)),
}
_NO_EFFECT = _Effect()


@lru_cache(maxsize=1_024)
def stopped_by(rule: ClockRule) -> frozenset[str]:
    """Names of the facts that can stop the clock, which are those of the messages that say them."""
    return frozenset(kind.__name__ for kind, effect in _EFFECTS.items() if not rule.stops.isdisjoint(effect.may_reach))


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


_DESTINATION_ACTS = frozenset(
    {State.APPLICATION_REVIEW, State.RETURNED, State.CONFIRMATION, State.FROZEN, State.UNASSIGNED}
)
_ORIGIN_ACTS = frozenset({State.LETTER_ISSUED, State.ORIGIN_REVIEW})


def _turn(state: State, after: Transfer) -> str:
    """Province whose turn it is in the new state."""
    if state in _DESTINATION_ACTS:
        return after.destination
    if state in _ORIGIN_ACTS:
        return after.origin
    if state is State.TRANSFER:
        return after.destination if after.sheet_and_funds_sent else after.origin
    if state is State.MISMATCH:
        reported = after.mismatch
        assert reported is not None, "a mismatch was reported"
        seen = (reported.sheet_version, reported.received)
        answered = seen != (after.sheet_version, money.kept(after.payments)) or money.on_the_way(after.payments) > 0
        return after.destination if answered or reported.request == "take_back_excess" else after.origin
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
    origin, destination = after.origin, after.destination
    parties: tuple[tuple[Role, str, str], ...] = (("destination", destination, origin), ("origin", origin, destination))
    for role, province, counterpart in parties:
        for procedure, rule in law.starting(province, counterpart, role, reached, day):
            from_day = after.letter_received_on or day if rule.counts_from == "letter_received" else day
            due = law.due(from_day, rule.limit_working_days)
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
                from_day,
            )
            started += (clock,)
    return started


def _lump_sums_reached(fact: Fact, before: Transfer, after: Transfer) -> tuple[Milestone, ...]:
    """One notice covers all back-payments: its clock runs while any has neither its document nor its notice."""
    ran, runs = lump_sums.any_open(before.lump_sums), lump_sums.any_open(after.lump_sums)
    if ran == runs:
        return ()
    if runs:
        return (Milestone.lump_sum_found,)
    told = isinstance(fact, LumpSumNoticeSent)
    return (Milestone.lump_sum_noticed if told else Milestone.lump_sum_documented,)


def _cancelled(running: RunningClock) -> ClockEnded:
    return ClockEnded(running.start.clock, running.start.run, running.start.number, "cancelled")


def _first_due(
    t: Transfer, ended: tuple[ClockEnded, ...], started: tuple[ClockStarted, ...]
) -> tuple[date | None, bool]:
    """Due day of the clock that ends first among those that run on, and whether it is provisional."""
    gone = [end.number for end in ended]
    first: ClockStarted | None = None
    for start in [*[c.start for c in t.clocks if c.start.number not in gone], *started]:
        if first is None or start.due < first.due:
            first = start
    return (None, False) if first is None else (first.due, first.provisional)


def _annulment(fact: FactAnnulled, now: Transfer, received_at: int, law: Law) -> Consequences:
    """The transfer goes back to what it was before its last fact: state, turn, clocks and money."""
    then = now.previous
    assert then is not None, "only the last fact is annulled, and it left what was before"
    ran, runs = {c.start.number for c in then.clocks}, {c.start.number for c in now.clocks}
    again = [c.start for c in then.clocks if c.start.number not in runs]
    started = tuple(
        msgspec.structs.replace(start, run=now.runs[start.clock] + 1, number=now.clocks_started + 1 + i)
        for i, start in enumerate(again)
    )
    ended = tuple(_cancelled(c) for c in now.clocks if c.start.number not in ran)
    due, due_provisional = _first_due(now, ended, started)
    return Consequences(
        state=then.state if then.state is not now.state else None,
        waiting_for=then.waiting_for if then.waiting_for != now.waiting_for else None,
        started=started,
        ended=ended,
        postings=money.postings(
            money.balances(now.payments, now.payment_split, now.credited),
            money.balances(then.payments, then.payment_split, then.credited),
            now.origin,
            now.destination,
            (*now.payments, *then.payments),
        ),
        late=_is_late(fact.occurred_at, received_at, law),
        parties=_counted_between(now),
        due=due,
        due_provisional=due_provisional,
    )


def _counted_between(t: Transfer) -> tuple[str, str]:
    """Origin and destination of a transfer that somebody applied for; offers and holdings are not counted."""
    return (t.origin, t.destination) if t.kind == "application" else _NO_PARTIES


def _is_late(occurred_at: int, received_at: int, law: Law) -> bool:
    """Whether it was reported later than one working day after it happened [assumed]."""
    waited = received_at - occurred_at
    if waited <= _DAY_US:
        return False
    if waited > _ALWAYS_LATE_US:
        return True
    return day_of(received_at) > law.working_days.due(day_of(occurred_at), REPORT_WITHIN_WORKING_DAYS).date


_UNUSUAL = (
    CaseContinued,
    UnassignedFundsReceived,
    IdentityCorrected,
    ContinuationConfirmed,
    ContinuationRefused,
    OverlapCleared,
)
_Unusual = tuple[State | None, tuple[ClockEnded, ...], tuple[ClockStarted, ...], tuple[money.Posting, ...]]


def _stood(moving: Transfer | None) -> tuple[State, str]:
    """State and turn of a case before it was to move."""
    assert moving is not None
    assert moving.stood is not None, "a case that moves stood somewhere"
    return moving.stood


def _unusual(fact: Fact, before: Transfer | None, after: Transfer, state: State | None) -> _Unusual:
    """State, clocks and postings of facts that carry a whole case, or pay somebody outside it."""
    match fact:
        case CaseContinued():
            started = () if fact.case is None else clocks_from(fact.case)
            return after.state, (), started, case_postings.moved_between_relationships(after, +1)
        case IdentityCorrected():
            return state, (), (), case_postings.moved_between_relationships(after, -1)
        case ContinuationConfirmed():
            return state, tuple(map(_cancelled, after.clocks)), (), ()
        case ContinuationRefused():
            return _stood(before)[0], (), (), case_postings.moved_between_relationships(after, +1)
        case OverlapCleared():
            return state, (), (), case_postings.refund(fact, after)
        case _:
            return state, (), (), case_postings.whole_case(after, +1)


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
    if isinstance(fact, FactAnnulled):
        assert before is not None
        return _annulment(fact, before, received_at, law)
    effect = _EFFECTS.get(type(fact)) or _NO_EFFECT
    state, reached = effect.state, effect.milestones
    if effect.arrives:
        state = _arrived(after)
        if state is State.CONFIRMATION:
            reached += (Milestone.sheet_and_funds_in,)
    if effect.sends and before is not None and after.sheet_and_funds_sent and not before.sheet_and_funds_sent:
        reached += (Milestone.sheet_and_funds_sent,)
    if state is State.ORIGIN_REVIEW and lump_sums.any_open(after.lump_sums):
        reached += (Milestone.lump_sum_found,)
    elif before is not None and after.lump_sums is not before.lump_sums:
        reached += _lump_sums_reached(fact, before, after)
    ended: tuple[ClockEnded, ...] = ()
    started: tuple[ClockStarted, ...] = ()
    if reached:
        day = day_of(received_at)
        ended = _ended(after, reached, day, law)
        started = _started(after, reached, day, law)
    postings: tuple[money.Posting, ...] = ()
    if effect.posts and before is not None:
        postings = case_postings.postings_of(fact, before, after)
    elif type(fact) in _UNUSUAL:
        state, ended, started, postings = _unusual(fact, before, after, state)
    turn = _turn(state or after.state, after)
    if isinstance(fact, ContinuationRefused):
        turn = _stood(before)[1]
    due, due_provisional = None, False
    if started or ended or before is None or isinstance(fact, ClockRedated):
        due, due_provisional = _first_due(after, ended, started)
    return Consequences(
        state if before is None or state is not before.state else None,
        turn if before is None or turn != before.waiting_for else None,
        started,
        ended,
        postings,
        reported and _is_late(fact.occurred_at, received_at, law),
        _counted_between(after) if effect.counted else _NO_PARTIES,
        due,
        due_provisional,
    )
