"""What one batch of messages comes to: each with its outcome, what is appended, what waits, and what is sent."""

from __future__ import annotations

from dataclasses import dataclass, field as dataclass_field

import msgspec

from jinbao.platform.aggregates.stream_kind import StreamFact
from jinbao.platform.ingest.case_cache import Case, Seen
from jinbao.platform.ingest.incidents import Incident
from jinbao.platform.ingest.parked import Parked, Place
from jinbao.platform.outcome import Outcome
from jinbao.schemas import messages as m


class Received(msgspec.Struct, gc=False):
    """One message of the batch with its outcome: a row of the log where it brought a fact, else of the intake."""

    case: Case | None
    event_id: bytes | None
    sender: str | None
    type: str | None
    digest: bytes | None
    outcome: Outcome
    code: str | None
    field: str | None
    event: int
    """Number of the batch's events before it."""
    partition: int
    bus_offset: int
    received_at: int
    data: bytes | None
    first: Place | None = None
    """For a later outcome of a parked message: its first row."""
    place: Place | None = None
    """Where a parked message learns its row's position."""
    transfer_id: bytes | None = None
    unusable: m.StreamMessage | None = None
    """What a dead letter says, where it can be read: its sender learns what became of it."""
    known: Seen | None = None
    """What the stream knew of this sender and id when the message came."""
    fact: StreamFact | None = None
    """What was decided to follow from it, where it was accepted."""
    state: bytes = b""
    """The fact as it is stored."""
    version: int = 0
    """The fact's place in the stream of its case."""


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """A record for a province's inbox; `event` indexes the batch's events (None for an answer)."""

    province: str
    event: int | None
    key: bytes
    value: bytes
    packed_headers: bytes


@dataclass(slots=True)
class Batch:
    """What one batch of messages comes to."""

    rows: list[Received] = dataclass_field(default_factory=list)
    """One for each outcome, in the order in which they were given."""
    events: list[Received] = dataclass_field(default_factory=list)
    """Those of them that brought a fact."""
    outgoing: list[Outgoing] = dataclass_field(default_factory=list)
    waiting: list[tuple[Received, Parked]] = dataclass_field(default_factory=list)
    """Parked messages of this batch that still wait at its end."""
    unparked: list[Place] = dataclass_field(default_factory=list)
    """Intake rows that wait no longer."""
    touched: dict[bytes, Case] = dataclass_field(default_factory=dict)
    """By the key of its records."""
    incidents: list[Incident] = dataclass_field(default_factory=list)
    """Of messages that could not be worked."""
