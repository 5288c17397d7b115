"""The platform's answers in a sender's inbox: what became of its submissions."""

from __future__ import annotations

from typing import ClassVar, Literal

from jinbao.schemas.messages.envelope import Envelope
from jinbao.schemas.messages.records import Code, Id, Instant, Record, Text

Outcome = Literal["accepted", "duplicate", "parked", "rejected", "dead_letter"]


class SubmissionAnswered(Record, frozen=True, gc=False, kw_only=True):
    """The platform's answer in the sender's inbox to a submission that it rejected or could not decode."""

    NAME: ClassVar[str] = "SubmissionAnswered"
    envelope: Envelope
    """The platform's own: sender "00", causation_id = the answered message (absent where it had none)."""
    answered_type: Text
    outcome: Literal["rejected", "dead_letter"]
    code: Code
    text_zh: Text
    text_en: Text
    field: Text | None = None
    """Path of the field at fault, where there is one."""


class SubmissionOutcome(Record, frozen=True, gc=False, kw_only=True):
    """What became of one submission."""

    event_id: Id
    type: Text
    outcome: Outcome
    received_at: Instant
    """Microseconds since 1970 UTC: when the bus took it."""
    code: Code | None = None
    """Why it waits or was not taken; of a duplicate, why the first was not."""
    field: Text | None = None
    """Path of the field at fault, where there is one."""
    first_outcome: Outcome | None = None
    """Present outcome of what first came under this sender and id; None where this one was the first."""


class SubmissionOutcomes(Record, frozen=True, gc=False, kw_only=True):
    """The platform tells a sender, in its inbox, what became of each of its submissions; one record for each batch."""

    NAME: ClassVar[str] = "SubmissionOutcomes"
    envelope: Envelope
    """The platform's own: sender "00"; its relationship and transfer are zero, since the record speaks of many."""
    outcomes: list[SubmissionOutcome]
    """In the order decided; a later one about the same message replaces an earlier one."""
