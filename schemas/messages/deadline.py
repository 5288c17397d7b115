"""Platform messages about time: a clock is due soon, missed or re-dated; a parked message has expired."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Id, Province, Text, Version


class DeadlineApproaching(Submission, frozen=True, gc=False, kw_only=True):
    """Platform: a running clock is due soon."""

    NAME: ClassVar[str] = "DeadlineApproaching"
    clock: Text
    clock_run: Version
    """Which run of that clock within the transfer, counted from 1."""
    due: date


class DeadlineMissed(Submission, frozen=True, gc=False, kw_only=True):
    """Platform: a running clock passed its due day."""

    NAME: ClassVar[str] = "DeadlineMissed"
    clock: Text
    clock_run: Version
    due: date


class ClockRedated(Submission, frozen=True, gc=False, kw_only=True):
    """Platform: a new release of the calendar moves the due day of a running clock."""

    NAME: ClassVar[str] = "ClockRedated"
    clock: Text
    clock_run: Version
    calendar: Text
    old_due: date
    new_due: date
    provisional: bool | None = None
    """Whether the new due day lies in a year that this calendar does not know yet; None: as before."""


class ParkedMessageExpired(Submission, frozen=True, gc=False, kw_only=True):
    """Platform: a parked message has waited too long for the one that must come first."""

    NAME: ClassVar[str] = "ParkedMessageExpired"
    parked_event_id: Id
    parked_sender: Province
