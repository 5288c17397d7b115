"""The envelope that every submission carries, and the base of all submissions."""

from __future__ import annotations

from typing import ClassVar

from jinbao.schemas.messages.records import Id, Instant, Province, Record, Text

PLATFORM = "00"
"""Sender code of the national platform itself."""
NO_TRANSFER = bytes(16)
"""Transfer id of a message about the relationship itself."""


class Envelope(Record, frozen=True, gc=False, kw_only=True):
    """Who says what about which transfer, and when it happened by the sender's own account."""

    event_id: Id
    relationship_id: Id
    transfer_id: Id
    sender: Province
    """Province code of the sending agency; "00" is the national platform."""
    operator: Text
    """The clerk or program that acted, by its local id."""
    local_document: Text
    """Number of the sender's own record (application, letter, sheet, voucher)."""
    occurred_at: Instant
    """Microseconds since 1970 UTC: the sender's claim."""
    causation_id: Id | None = None
    """Event id of the message that this one answers."""


class Submission(Record, frozen=True, gc=False, kw_only=True):
    """Base of every message a province or the platform sends to the topic of submissions."""

    NAME: ClassVar[str] = ""
    envelope: Envelope
