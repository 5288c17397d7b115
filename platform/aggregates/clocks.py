"""Clocks as they start, run and end within a transfer."""

from __future__ import annotations

from datetime import date

import msgspec


class ClockStarted(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A clock begins to run; the procedure and calendar it keeps until its end are named here."""

    clock: str
    run: int
    """Counted from 1 for each clock within its transfer."""
    number: int
    """Counted from 1 over all clocks of the transfer."""
    responsible: str
    """Province code of the agency that must act."""
    limit_working_days: int
    procedure: str
    procedure_version: int
    calendar: str
    due: date
    provisional: bool
    """The due day reaches a year whose calendar is not published."""
    counted_from: date | None = None
    """The day from which the working days count, itself not counted."""


class ClockEnded(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A clock stops: met or missed, or cancelled where something else took its place."""

    clock: str
    run: int
    number: int
    outcome: str
    """`met`, `missed` or `cancelled`."""


class RunningClock(msgspec.Struct, frozen=True, gc=False):
    """A clock that has not ended."""

    start: ClockStarted
    warned: bool = False
    missed: bool = False
