"""Deadlines of running clocks: approaching, missed, or moved by a new calendar."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import msgspec

from jinbao.platform.aggregates.clocks import ClockStarted
from jinbao.platform.aggregates.decision import NOT_YET, Draft
from jinbao.platform.aggregates.effect import Effect
from jinbao.platform.aggregates.fact import Fact, reported_by_nobody
from jinbao.platform.aggregates.rule import MessageRule, Rule, base_of, to_both
from jinbao.platform.aggregates.state import LIVE
from jinbao.platform.aggregates.stream_kind import Upcast
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.working_days import end_of_day
from jinbao.schemas import messages as m


class DeadlineApproaching(Fact, frozen=True, gc=False, kw_only=True):
    """A running clock is due soon."""

    TOPIC: ClassVar[str] = "deadline-approaching"
    UPCASTS: ClassVar[tuple[Upcast, ...]] = (reported_by_nobody,)
    clock: str
    clock_run: int
    number: int
    due: date

    def assign(self, transfer: Transfer) -> None:
        """The warning was given."""
        transfer.note_clock(self.number, warned=True)


class DeadlineMissed(Fact, frozen=True, gc=False, kw_only=True):
    """A running clock passed its due day."""

    TOPIC: ClassVar[str] = "deadline-missed"
    UPCASTS: ClassVar[tuple[Upcast, ...]] = (reported_by_nobody,)
    clock: str
    clock_run: int
    number: int
    due: date

    def assign(self, transfer: Transfer) -> None:
        """The miss was noted."""
        transfer.note_clock(self.number, warned=True, missed=True)


class ClockRedated(Fact, frozen=True, gc=False, kw_only=True):
    """A new release of the calendar moved a due day."""

    TOPIC: ClassVar[str] = "clock-redated"
    restarted: ClockStarted
    """The clock as it runs on: same number and run, another calendar and due day."""
    old_due: date

    def assign(self, transfer: Transfer) -> None:
        """The clock runs to another day."""
        transfer.redate(self.restarted)


def _warn_of_deadline(t: Transfer, message: m.DeadlineApproaching, at: int) -> Draft:
    clock = t.running(message.clock, message.clock_run)
    if clock is None or clock.start.due != message.due or clock.missed or message.envelope.occurred_at > at:
        return NOT_YET
    return DeadlineApproaching(
        **base_of(t, message),
        clock=message.clock,
        clock_run=message.clock_run,
        number=clock.start.number,
        due=message.due,
    )


def _miss_deadline(t: Transfer, message: m.DeadlineMissed, at: int) -> Draft:
    clock = t.running(message.clock, message.clock_run)
    if clock is None or clock.start.due != message.due or at < end_of_day(message.due):
        return NOT_YET
    return DeadlineMissed(
        **base_of(t, message),
        clock=message.clock,
        clock_run=message.clock_run,
        number=clock.start.number,
        due=message.due,
    )


def _redate_clock(t: Transfer, message: m.ClockRedated, at: int) -> Draft:
    clock = t.running(message.clock, message.clock_run)
    if clock is None or clock.start.due != message.old_due:
        return NOT_YET
    provisional = clock.start.provisional if message.provisional is None else message.provisional
    restarted = msgspec.structs.replace(
        clock.start, calendar=message.calendar, due=message.new_due, provisional=provisional
    )
    return ClockRedated(**base_of(t, message), restarted=restarted, old_due=message.old_due)


def _warned(t: Transfer, message: Any) -> bool:
    clock = t.running(message.clock, message.clock_run)
    return clock is not None and clock.warned


def _missed(t: Transfer, message: Any) -> bool:
    clock = t.running(message.clock, message.clock_run)
    return clock is not None and clock.missed


def _redated(t: Transfer, message: Any) -> bool:
    clock = t.running(message.clock, message.clock_run)
    return clock is not None and clock.start.calendar == message.calendar


def _to_responsible(fact: DeadlineApproaching | DeadlineMissed, t: Transfer, message: m.Submission) -> tuple[str, ...]:
    """Whoever the clock runs for."""
    return tuple(c.start.responsible for c in t.clocks if c.start.number == fact.number)


RULES: tuple[Rule, ...] = (
    MessageRule(
        message=m.DeadlineApproaching,
        role="platform",
        accept=LIVE,
        recorded_before=_warned,
        decide=_warn_of_deadline,
        fact=DeadlineApproaching,
        readers=_to_responsible,
        is_act=False,
    ),
    MessageRule(
        message=m.DeadlineMissed,
        role="platform",
        accept=LIVE,
        recorded_before=_missed,
        decide=_miss_deadline,
        fact=DeadlineMissed,
        readers=_to_responsible,
        is_act=False,
    ),
    MessageRule(
        message=m.ClockRedated,
        role="platform",
        accept=LIVE,
        recorded_before=_redated,
        decide=_redate_clock,
        fact=ClockRedated,
        effect=Effect(moves_due_day=True),
        readers=to_both,
        is_act=False,
    ),
)
