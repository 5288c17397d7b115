"""The envelope that every submission carries, the base of all submissions, and the topics that they travel on."""

from __future__ import annotations

from typing import ClassVar, Protocol

from jinbao.schemas.messages.records import Id, Instant, Province, Record, Text

PLATFORM = "00"
"""Sender code of the national platform itself."""
NO_TRANSFER = bytes(16)
"""Transfer id of a message about the relationship itself."""


RELATIONSHIP = "relationship"
"""Name of the kind of stream that a person's relationship in one scheme has."""


class StreamEnvelope(Protocol):
    """Who says what to a stream of whatever kind, and when it happened by the sender's own account."""

    KIND: ClassVar[str]
    """Name of the kind of stream that its messages belong to."""
    KEY_FIELD: ClassVar[str]
    """The field that holds the stream's key."""

    @property
    def key(self) -> bytes:
        """Key of the stream, 16 bytes."""

    @property
    def subject(self) -> bytes:
        """What the message is about within its stream, 16 bytes; the key itself where a kind has no parts."""

    @property
    def event_id(self) -> bytes:
        """Id of the message, 16 bytes."""

    @property
    def sender(self) -> str:
        """Province code of the sending agency; "00" is the national platform."""

    @property
    def local_document(self) -> str:
        """Number of the sender's own record."""

    @property
    def occurred_at(self) -> int:
        """Microseconds since 1970 UTC: the sender's claim."""


class Envelope(Record, frozen=True, gc=False, kw_only=True):
    """Who says what about which transfer, and when it happened by the sender's own account."""

    KIND: ClassVar[str] = RELATIONSHIP
    KEY_FIELD: ClassVar[str] = "relationship_id"
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

    @property
    def key(self) -> bytes:
        """The relationship's id."""
        return self.relationship_id

    @property
    def subject(self) -> bytes:
        """The transfer's id."""
        return self.transfer_id


class StreamMessage(Record, frozen=True, gc=False, kw_only=True):
    """Base of every message to the topic of submissions, whichever kind of stream it belongs to."""

    NAME: ClassVar[str] = ""
    envelope: StreamEnvelope


class Submission(StreamMessage, frozen=True, gc=False, kw_only=True):
    """Base of every message that a province or the platform sends about a relationship."""

    envelope: Envelope


SUBMISSIONS_TOPIC = "jinbao.submissions"
"""Every submission, keyed by relationship."""
DEAD_LETTERS_TOPIC = "jinbao.dead-letters"
"""What could not be read, as it came, for whoever watches the bus."""
IDENTITY_TOPIC = "jinbao.identity"
"""Says which bus it is, and which key ring its provinces work with (`jinbao.bus.identity`); no messages."""


def inbox_topic(province: str) -> str:
    """Name of the topic that one province's adapter reads."""
    return f"jinbao.inbox.{province}"
