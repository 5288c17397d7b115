"""One batch of messages: what it comes to, what its senders are told, and how it is written in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field as dataclass_field
from hashlib import sha256
from typing import NamedTuple

import msgspec

from jinbao.platform.aggregates.stream_kind import StreamFact, StreamKind
from jinbao.platform.ingest.case_cache import Case, Seen
from jinbao.platform.ingest.incidents import Incident
from jinbao.platform.ingest.parked import Parked, Place
from jinbao.platform.outcome import Outcome
from jinbao.platform.store import tree
from jinbao.platform.store.bulk import Row
from jinbao.platform.store.event_log import add_to_intake, stored_topic
from jinbao.platform.store.key_register import has_more
from jinbao.platform.store.store import UnitOfWork
from jinbao.platform.store.tables import outbox, parked
from jinbao.platform.store.tree import Ends
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas import messages as m
from jinbao.schemas.derived_ids import platform_event_id
from jinbao.schemas.messages import SUBMISSIONS_TOPIC


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
    is_told: bool = True
    """Whether its sender learns of it."""
    signature: bytes | None = None
    """As it came; where no row has the message's bytes, with its leaf hash behind."""


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
    keys_known: int = 0
    """The last statement of keys by which its signatures were verified."""


class KeysChanged(Exception):
    """The register of keys was added to while the batch was judged: it must be judged anew."""


OUTCOMES_A_RECORD = 500
"""Maximum number of outcomes in one record, so that it stays below the longest message that the bus takes."""
LONGEST_FIELD = 200
"""Characters of a field's path; a longer one, which unknown fields of a foreign message may have, is cut."""
_NO_ID = bytes(16)
_WORDS: dict[Outcome, m.Outcome] = {
    Outcome.ACCEPTED: "accepted",
    Outcome.DUPLICATE: "duplicate",
    Outcome.PARKED: "parked",
    Outcome.REJECTED: "rejected",
    Outcome.DEAD_LETTER: "dead_letter",
}


def sender_outcomes(rows: Iterable[Received]) -> Iterator[tuple[str, m.SubmissionOutcomes]]:
    """(province, record) of a batch's messages, in their order; the same batch again gives the same records.

    A dead letter without a readable envelope has no sender: nobody whom its headers merely name is told. What was sent
    on to its own partition gets its outcome there, and the platform does not write to itself.
    """
    told: dict[str, list[Received]] = {}
    for row in rows:
        sender = row.sender if row.unusable is None else row.unusable.envelope.sender
        if sender is not None and row.outcome in _WORDS and sender in PROVINCES and row.is_told:
            told.setdefault(sender, []).append(row)
    for province, of_one in told.items():
        for start in range(0, len(of_one), OUTCOMES_A_RECORD):
            yield province, _record(province, of_one[start : start + OUTCOMES_A_RECORD])


def _record(province: str, rows: Sequence[Received]) -> m.SubmissionOutcomes:
    ends = (f"{row.partition}/{row.bus_offset}/{row.outcome:d}" for row in (rows[0], rows[-1]))
    return m.SubmissionOutcomes(
        envelope=m.Envelope(
            event_id=platform_event_id("outcomes", province, *ends, str(len(rows))),
            relationship_id=_NO_ID,
            transfer_id=_NO_ID,
            sender=m.PLATFORM,
            operator="platform",
            local_document="-",
            occurred_at=max(row.received_at for row in rows),
        ),
        outcomes=[_told(row) for row in rows],
    )


def _told(row: Received) -> m.SubmissionOutcome:
    """Of a duplicate, code and field say why the first was not taken."""
    event_id, kind = row.event_id, row.type
    if row.unusable is not None:
        event_id, kind = row.unusable.envelope.event_id, row.unusable.NAME
    assert event_id is not None
    assert kind is not None
    first = row.known
    why = first if first is not None and row.outcome is Outcome.DUPLICATE else row
    return m.SubmissionOutcome(
        event_id=event_id,
        type=kind,
        outcome=_WORDS[row.outcome],
        received_at=row.received_at,
        code=why.code,
        field=why.field[:LONGEST_FIELD] if why.field else None,
        first_outcome=None if first is None else _WORDS[first.outcome],
    )


OUTBOX_ROW_BYTES = 8 << 20
"""An outbox row is full once its records have so many bytes: databases take far longer ones, but no endless ones."""

_pack = msgspec.msgpack.Encoder().encode


def write_batch(work: UnitOfWork, batch: Batch, moves: Mapping[int, tuple[int, int]], now: int) -> None:
    """Write everything while the log's lock is held: one statement a table.

    `moves`: partition → offsets, as `UnitOfWork.advance` takes them. Raises OffsetFenced, KeysChanged and
    StreamConflict.
    """
    work.advance(SUBMISSIONS_TOPIC, moves)
    ends = tree.ends(work.bulk)
    if ends.tree_statements > batch.keys_known and has_more(work.bulk, batch.keys_known):
        raise KeysChanged
    recorded_at = max(now, ends.recorded_at)
    written = {
        "streams": _open_streams(work, batch),
        "intake": _write_intake(work, batch, ends, recorded_at),
        "events": _append_events(work, batch, ends.events + 1, recorded_at),
        "outbox": _write_outbox(work, batch, ends, recorded_at),
    }
    tree.append(work.bulk, written, recorded_at)


def _open_streams(work: UnitOfWork, batch: Batch) -> list[Row]:
    rows: list[Row] = []
    new: dict[StreamKind[StreamFact], list[Case]] = {}
    for case in batch.touched.values():
        if not case.stream:
            new.setdefault(case.kind, []).append(case)
    for kind, opened in new.items():
        found = work.streams(kind).open([(case.stream_key, case.partition) for case in opened])
        for case, row in zip(opened, found, strict=True):
            case.stream = row[0]
        rows += found
    return rows


def _append_events(work: UnitOfWork, batch: Batch, first_position: int, recorded_at: int) -> list[Row]:
    """Append the accepted messages to the log, from that position on."""
    new: list[Row] = []
    for position, row in enumerate(batch.events, first_position):
        case, fact = row.case, row.fact
        assert case is not None
        assert fact is not None
        new.append(
            (
                position,
                case.stream,
                row.version,
                stored_topic(fact),
                row.state,
                row.event_id,
                row.sender,
                row.digest,
                row.partition,
                row.bus_offset,
                row.first.position if row.first else None,
                row.received_at,
                recorded_at,
                row.data,
                row.signature,
            )
        )
    work.events.append(new)
    return new


def _write_intake(work: UnitOfWork, batch: Batch, ends: Ends, recorded_at: int) -> list[Row]:
    """Write what brought no fact."""
    rows: list[Row] = []
    for position, row in enumerate((row for row in batch.rows if row.fact is None), ends.intake + 1):
        rows.append(
            (
                position,
                row.case.stream if row.case else None,
                row.event_id,
                row.sender,
                row.type,
                row.digest,
                int(row.outcome),
                row.code,
                row.field,
                ends.events + row.event,
                row.first.position if row.first else None,
                row.partition,
                row.bus_offset,
                row.received_at,
                recorded_at,
                row.data,
                row.signature,
            )
        )
        if row.place is not None:
            row.place.position = position
    add_to_intake(work.bulk, rows)
    work.bulk.insert(parked, [_waiting_row(row, parked_now) for row, parked_now in batch.waiting])
    work.bulk.delete(parked, "intake", [place.position for place in batch.unparked])
    return rows


def _waiting_row(row: Received, waiting: Parked) -> Row:
    assert row.case is not None
    assert row.place is not None
    envelope, case = waiting.message.envelope, row.case
    return (
        row.place.position,
        case.stream,
        envelope.subject,
        row.sender,
        row.received_at,
        row.event_id,
        waiting.packed_headers,
    )


class _OutboxRow(NamedTuple):
    """Records for one address, and the positions of the events that they belong to."""

    address: str
    records: list[tuple[bytes, bytes, bytes]]
    events: list[int]


def _write_outbox(work: UnitOfWork, batch: Batch, ends: Ends, recorded_at: int) -> list[Row]:
    """One row an address, or several where its records are many bytes: packed, in order, with their span of events."""
    rows: list[Row] = []
    for address, records, events in _outbox_rows(batch, ends.events + 1):
        packed = _pack(records)
        digest = sha256(packed).digest()
        span = (min(events, default=0), max(events, default=0))
        rows.append((ends.outbox + 1 + len(rows), address, *span, packed, recorded_at, None, digest))
    work.bulk.insert(outbox, rows)
    return rows


def _outbox_rows(batch: Batch, first_position: int) -> list[_OutboxRow]:
    """In the order of addresses; a row is full once it has OUTBOX_ROW_BYTES."""
    by_address: dict[str, list[_OutboxRow]] = {}
    room: dict[str, int] = {}
    for out in batch.outgoing:
        rows = by_address.setdefault(out.province, [])
        if room.get(out.province, 0) <= 0:
            rows.append(_OutboxRow(out.province, [], []))
            room[out.province] = OUTBOX_ROW_BYTES
        room[out.province] -= len(out.value) + len(out.packed_headers)
        rows[-1].records.append((out.key, out.value, out.packed_headers))
        if out.event is not None:
            rows[-1].events.append(first_position + out.event)
    return [row for _, rows in sorted(by_address.items()) for row in rows]
