"""Deadlines of running clocks: approaching, missed, or moved by a new calendar."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.clocks import ClockStarted
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.transfer import Transfer


class DeadlineApproaching(Fact, frozen=True, gc=False, kw_only=True):
    """A running clock is due soon."""

    TOPIC: ClassVar[str] = "deadline-approaching"
    clock: str
    run: int
    number: int
    due: date

    def assign(self, transfer: Transfer) -> None:
        """The warning was given."""
        transfer.note_clock(self.number, warned=True)


class DeadlineMissed(Fact, frozen=True, gc=False, kw_only=True):
    """A running clock passed its due day."""

    TOPIC: ClassVar[str] = "deadline-missed"
    clock: str
    run: int
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
