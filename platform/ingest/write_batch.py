"""Writes a judged batch in one transaction: streams, events, intake, outbox, counts and the offsets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from jinbao.platform.ingest.intake import Batch, IntakeRow
from jinbao.platform.ingest.parked import Parked
from jinbao.platform.store.bulk import Row, Upsert
from jinbao.platform.store.mapper import stored_topic
from jinbao.platform.store.store import UnitOfWork
from jinbao.platform.store.tables import ingest_counts, intake, last_heard, outbox, parked
from jinbao.schemas.messages import SUBMISSIONS_TOPIC

COUNTS = Upsert(ingest_counts, ("outcome", "partition"), {"messages": "add"})
HEARD = Upsert(last_heard, ("sender", "partition"), {"received_at": "set"})

OUTBOX_ROW_BYTES = 8 << 20
"""An outbox row is full once its records have so many bytes: databases take far longer ones, but no endless ones."""

_pack = msgspec.msgpack.Encoder().encode


def write_batch(work: UnitOfWork, batch: Batch, moves: Mapping[int, tuple[int, int]], now: int) -> None:
    """Write everything while the log's lock is held: one statement a table.

    `moves`: partition → offsets, as `UnitOfWork.advance` takes them. Raises OffsetFenced and StreamConflict.
    """
    work.advance(SUBMISSIONS_TOPIC, moves)
    recorded_at = max(now, work.last_recorded_at())
    _open_streams(work, batch)
    positions = _append_events(work, batch, recorded_at)
    _write_intake(work, batch, positions, recorded_at)
    _write_outbox(work, batch, positions, recorded_at)
    work.bulk.upsert(COUNTS, [(int(outcome), partition, n) for (outcome, partition), n in batch.counts.items()])
    heard = [(row.sender, row.partition, row.received_at) for row in batch.rows if row.sender and row.first is None]
    work.bulk.upsert(HEARD, heard)


def _open_streams(work: UnitOfWork, batch: Batch) -> None:
    opened = [case for case in batch.touched.values() if not case.stream]
    if opened:
        numbers = work.events.open_streams([(case.relationship.id.bytes, case.partition) for case in opened])
        for case, number in zip(opened, numbers, strict=True):
            case.stream = number


def _append_events(work: UnitOfWork, batch: Batch, recorded_at: int) -> Sequence[int]:
    """Append the facts to the log; returns their positions."""
    if not batch.events:
        return ()
    new = [(e.case.stream, e.version, stored_topic(e.fact), e.state, e.submission, e.received_at) for e in batch.events]
    return work.events.append(new, recorded_at)


def _write_intake(work: UnitOfWork, batch: Batch, positions: Sequence[int], recorded_at: int) -> None:
    first = work.next_value("intake", "position")
    rows: list[Row] = []
    for position, row in enumerate(batch.rows, first):
        stream = row.case.stream if row.case else None
        rows.append(
            (
                position,
                stream,
                row.event_id,
                row.sender,
                row.type,
                row.digest,
                int(row.outcome),
                row.code,
                row.field,
                positions[row.event] if row.event is not None else None,
                row.first.position if row.first else None,
                row.partition,
                row.bus_offset,
                row.received_at,
                recorded_at,
                row.data,
            )
        )
        if row.place is not None:
            row.place.position = position
    work.bulk.insert(intake, rows)
    work.bulk.insert(parked, [_waiting_row(row, parked_now) for row, parked_now in batch.waiting])
    work.bulk.delete(parked, "intake", [place.position for place in batch.unparked])


def _waiting_row(row: IntakeRow, waiting: Parked) -> Row:
    assert row.case is not None
    assert row.place is not None
    envelope, case = waiting.message.envelope, row.case
    relationship_id = envelope.relationship_id
    return (
        row.place.position,
        case.stream,
        envelope.transfer_id,
        row.sender,
        row.received_at,
        relationship_id,
        row.event_id,
        waiting.packed_headers,
    )


class _OutboxRow(NamedTuple):
    """Records for one address, and the positions of the events that they belong to."""

    address: str
    records: list[tuple[bytes, bytes, bytes]]
    events: list[int]


def _write_outbox(work: UnitOfWork, batch: Batch, positions: Sequence[int], recorded_at: int) -> None:
    """One row an address, or several where its records are many bytes: packed, in order, with their span of events."""
    rows = _outbox_rows(batch, positions)
    if not rows:
        return
    first = work.next_value("outbox", "id")
    work.bulk.insert(
        outbox,
        [
            (first + i, address, min(events, default=0), max(events, default=0), _pack(records), recorded_at, None)
            for i, (address, records, events) in enumerate(rows)
        ],
    )


def _outbox_rows(batch: Batch, positions: Sequence[int]) -> list[_OutboxRow]:
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
            rows[-1].events.append(positions[out.event])
    return [row for _, rows in sorted(by_address.items()) for row in rows]
