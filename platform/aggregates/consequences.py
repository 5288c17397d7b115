"""Consequences of a fact: the next state, whose turn it is, which clocks start and stop, which postings are made.

Worked out once, from the transfer as it was and as the fact's own fields leave it, and stored in the fact.
"""

from __future__ import annotations

from datetime import date

from jinbao.platform.aggregates import money
from jinbao.platform.aggregates.clocks import ClockEnded, ClockStarted, RunningClock
from jinbao.platform.aggregates.effect import Effect
from jinbao.platform.aggregates.fact import Consequences, Fact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.state import NOBODY, State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.procedures import Milestone
from jinbao.rules.working_days import day_of

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
    """Clocks that begin, in the order in which they are numbered."""
    started: tuple[ClockStarted, ...] = ()
    for province, procedure, rule in law.starting(after.origin, after.destination, reached, day):
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


def _lump_sums_reached(effect: Effect, before: Transfer, after: Transfer) -> tuple[Milestone, ...]:
    """One notice covers all back-payments: its clock runs while any has neither its document nor its notice."""
    ran, runs = before.has_open_lump_sum, after.has_open_lump_sum
    if ran == runs:
        return ()
    return (Milestone.lump_sum_found,) if runs else effect.completes


def cancelled(running: RunningClock) -> ClockEnded:
    """The clock ends, since something else takes its place."""
    return ClockEnded(running.start.clock, running.start.run, running.start.number, "cancelled")


def first_due(
    t: Transfer, ended: tuple[ClockEnded, ...], started: tuple[ClockStarted, ...]
) -> tuple[date | None, bool]:
    """Due day of the clock that ends first among those that run on, and whether it is provisional."""
    gone = [end.number for end in ended]
    first: ClockStarted | None = None
    for running in t.clocks:
        if running.start.number not in gone and (first is None or running.start.due < first.due):
            first = running.start
    for start in started:
        if first is None or start.due < first.due:
            first = start
    return (None, False) if first is None else (first.due, first.provisional)


def counted_between(t: Transfer) -> tuple[str, str]:
    """Origin and destination of a transfer that somebody applied for; offers and holdings are not counted."""
    return (t.origin, t.destination) if t.kind == "application" else _NO_PARTIES


def is_late(occurred_at: int, received_at: int, law: Law) -> bool:
    """Whether it was reported later than one working day after it happened [assumed]."""
    waited = received_at - occurred_at
    if waited <= _DAY_US:
        return False
    if waited > _ALWAYS_LATE_US:
        return True
    return day_of(received_at) > law.working_days.due(day_of(occurred_at), REPORT_WITHIN_WORKING_DAYS).date


def _reached(effect: Effect, state: State | None, before: Transfer | None, after: Transfer) -> tuple[Milestone, ...]:
    """The milestones that the fact brings about, `state` being the one that follows."""
    reached = effect.milestones
    if effect.arrives and state is State.CONFIRMATION:
        reached += (Milestone.sheet_and_funds_in,)
    if before is None:
        return reached
    if effect.sends and after.sheet_and_funds_sent and not before.sheet_and_funds_sent:
        reached += (Milestone.sheet_and_funds_sent,)
    if state is State.ORIGIN_REVIEW and after.has_open_lump_sum:
        reached += (Milestone.lump_sum_found,)
    elif after.lump_sums is not before.lump_sums:
        reached += _lump_sums_reached(effect, before, after)
    return reached


def consequences(
    effect: Effect,
    fact: Fact,
    before: Transfer | None,
    after: Transfer,
    received_at: int,
    law: Law,
    *,
    reported: bool = True,
) -> Consequences:
    """Everything that follows from the fact.

    Args:
        effect: what its kind brings about.
        fact: the fact, its own fields only.
        before: the transfer before it; None for the one that begins it.
        after: a copy of the transfer in which the fact's own fields are assigned.
        received_at: microseconds since 1970 UTC at which the bus took the message: clocks use it.
        law: procedures and calendar.
        reported: whether a province reports it, who may be late; the platform's own sweep is nobody's report.

    """
    state = _arrived(after) if effect.arrives else effect.state
    reached = _reached(effect, state, before, after)
    if before is None:
        state = after.state
    ended: tuple[ClockEnded, ...] = ()
    started: tuple[ClockStarted, ...] = ()
    if reached:
        day = day_of(received_at)
        ended = _ended(after, reached, day, law)
        started = _started(after, reached, day, law)
    if effect.starts is not None:
        started = effect.starts(fact)
    if effect.cancels_clocks:
        ended = tuple(map(cancelled, after.clocks))
    if effect.stands_again:
        state, turn = _stood(before)
    else:
        turn = _turn(state or after.state, after)
    due, due_provisional = None, False
    if started or ended or before is None or effect.moves_due_day:
        due, due_provisional = first_due(after, ended, started)
    return Consequences(
        state if before is None or state is not before.state else None,
        turn if before is None or turn != before.waiting_for else None,
        started,
        ended,
        () if effect.postings is None else effect.postings(fact, before, after),
        reported and is_late(fact.occurred_at, received_at, law),
        counted_between(after) if effect.counted else _NO_PARTIES,
        due,
        due_provisional,
    )


def _stood(moving: Transfer | None) -> tuple[State, str]:
    """State and turn of a case before it was to move."""
    assert moving is not None
    assert moving.stood is not None, "a case that moves stood somewhere"
    return moving.stood
