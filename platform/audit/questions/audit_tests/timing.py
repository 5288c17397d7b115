"""Tests of time: money over a month's end, late reports, claims that precede what they rest on, hours of no office."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jinbao.platform.aggregates.subjects.completion import TransferCompleted
from jinbao.platform.aggregates.subjects.payment import FundsReceived, FundsRemitted
from jinbao.platform.audit.questions.audit_tests.act import Act
from jinbao.platform.audit.questions.audit_tests.audit_test import Hit, hit
from jinbao.presentation import formatting
from jinbao.rules.working_days import day_of, load_working_days


class CutOff:
    """Money of one month that was reported in the next, when that was well under way."""

    name = "cut_off"
    words = ("跨月入账", "money of one month reported in the next")

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._most = int(parameters["working_days"])
        self._days = load_working_days()
        self._hits: list[Hit] = []
        self.population = 0

    def see(self, act: Act) -> None:
        """Look at money alone."""
        if not isinstance(act.fact, FundsRemitted | FundsReceived):
            return
        self.population += 1
        moved, told = act.fact.day, day_of(act.received_at)
        first = told.replace(day=1)
        if moved < first and self._days.between(first, told) >= self._most:
            self._hits.append(hit(act, f"{moved} 的资金于 {told} 报告", f"money of {moved} was reported on {told}"))

    def hits(self) -> Sequence[Hit]:
        """What was found."""
        return self._hits


class LatePosting:
    """What was reported later than it should have been, though it precedes nothing that it rests on."""

    name = "late_posting"
    words = ("迟报", "reported late")

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._before = _Claims()
        self._hits: list[Hit] = []
        self.population = 0

    def see(self, act: Act) -> None:
        """Each act is reported in time or not."""
        self.population += 1
        earlier = self._before.see(act)
        if act.fact.then.late and earlier is None:
            when, told = formatting.instant(act.occurred_at), formatting.instant(act.received_at)
            self._hits.append(hit(act, f"{when} 的事于 {told} 报告", f"what happened at {when} was reported at {told}"))

    def hits(self) -> Sequence[Hit]:
        """What was found."""
        return self._hits


class BackDated:
    """A completion that is said to have happened before the money or the sheet that it rests on."""

    name = "back_dated"
    words = ("倒签日期", "dated back")

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._before = _Claims()
        self._hits: list[Hit] = []
        self.population = 0

    def see(self, act: Act) -> None:
        """Only completions rest on something with a day of its own."""
        self.population += isinstance(act.fact, TransferCompleted)
        earlier = self._before.see(act)
        if earlier is not None:
            when = formatting.instant(act.occurred_at)
            self._hits.append(hit(act, f"办结日期 {when} 早于到账", f"completed at {when}, before the money", earlier))

    def hits(self) -> Sequence[Hit]:
        """What was found."""
        return self._hits


class _Claims:
    """The money of each case, and which completion is dated before it."""

    def __init__(self) -> None:
        self._money: dict[int, Act] = {}

    def see(self, act: Act) -> Act | None:
        """The receipt of money that came, by its own day, after the completion that this act is; else None."""
        if isinstance(act.fact, FundsReceived):
            self._money[act.case] = act
        elif isinstance(act.fact, TransferCompleted) and (money := self._money.get(act.case)) is not None:
            assert isinstance(money.fact, FundsReceived)
            if day_of(act.occurred_at) < money.fact.day:
                return money
        return None


class OffHours:
    """What was done when no office is open: at night, or on a day that is not worked."""

    name = "off_hours"
    words = ("非办公时间", "outside office hours")

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        self._first, self._last = int(parameters["first_hour"]), int(parameters["last_hour"])
        self._days = load_working_days()
        self._hits: list[Hit] = []
        self.population = 0

    def see(self, act: Act) -> None:
        """Decisions of people; receipts are programs' own."""
        if "Received" in type(act.message).__name__:
            return
        self.population += 1
        when = formatting.in_shanghai(act.occurred_at)
        if not (self._first <= when.hour < self._last and self._days.is_working_day(when.date())):
            told = f"{when:%Y-%m-%d %H:%M}"
            self._hits.append(hit(act, f"{act.operator} 于 {told}", f"{act.operator} at {told}"))

    def hits(self) -> Sequence[Hit]:
        """What was found."""
        return self._hits
