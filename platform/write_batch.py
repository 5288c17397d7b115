"""Writes a judged batch in one transaction: streams, events, read models, intake, outbox, counts and the offsets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from jinbao.platform.cases import Parked
from jinbao.platform.intake import Batch, IntakeRow
from jinbao.platform.projections.all import project
from jinbao.platform.projections.logged import logged
from jinbao.platform.store.bulk import Row, Upsert
from jinbao.platform.store.mapper import stored_topic
from jinbao.platform.store.store import UnitOfWork
from jinbao.platform.store.tables import ingest_counts, intake, outbox, parked
from jinbao.schemas.messages import SUBMISSIONS_TOPIC

COUNTS = Upsert(ingest_counts, ("outcome", "partition"), {"messages": "add"})

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


def _open_streams(work: UnitOfWork, batch: Batch) -> None:
    opened = [case for case in batch.touched.values() if not case.stream]
    if opened:
        numbers = work.events.open_streams([(case.relationship.id.bytes, case.partition) for case in opened])
        for case, number in zip(opened, numbers, strict=True):
            case.stream = number


def _append_events(work: UnitOfWork, batch: Batch, recorded_at: int) -> Sequence[int]:
    """Append the facts to the log and fold them into the read models; returns their positions."""
    if not batch.events:
        return ()
    new = [(e.case.stream, e.version, stored_topic(e.fact), e.state, e.submission, e.received_at) for e in batch.events]
    positions = work.events.append(new, recorded_at)
    log = [
        logged(position, e.case.stream, e.case.partition, e.received_at, e.fact)
        for position, e in zip(positions, batch.events, strict=True)
    ]
    project(work.bulk, log)
    return positions


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


def _write_outbox(work: UnitOfWork, batch: Batch, positions: Sequence[int], recorded_at: int) -> None:
    """One row a province: its records packed, and the span of events that they belong to."""
    by_province: dict[str, tuple[list[tuple[bytes, bytes, bytes]], list[int]]] = {}
    for out in batch.outgoing:
        packed, events = by_province.setdefault(out.province, ([], []))
        packed.append((out.key, out.value, out.packed_headers))
        if out.event is not None:
            events.append(positions[out.event])
    if not by_province:
        return
    first = work.next_value("outbox", "id")
    work.bulk.insert(
        outbox,
        [
            (first + i, province, min(events, default=0), max(events, default=0), _pack(packed), recorded_at, None)
            for i, (province, (packed, events)) in enumerate(sorted(by_province.items()))
        ],
    )
