"""Writes a judged batch in one transaction: streams, events, intake, outbox and the offsets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from jinbao.platform.aggregates.stream_kind import StreamFact, StreamKind
from jinbao.platform.ingest.batch import Batch, Received
from jinbao.platform.ingest.case_cache import Case
from jinbao.platform.ingest.parked import Parked
from jinbao.platform.store.bulk import Row
from jinbao.platform.store.mapper import stored_topic
from jinbao.platform.store.store import UnitOfWork
from jinbao.platform.store.tables import intake, outbox, parked
from jinbao.schemas.messages import SUBMISSIONS_TOPIC

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
    position = work.events.next_position()
    _write_intake(work, batch, position, recorded_at)
    _append_events(work, batch, position, recorded_at)
    _write_outbox(work, batch, position, recorded_at)


def _open_streams(work: UnitOfWork, batch: Batch) -> None:
    new: dict[StreamKind[StreamFact], list[Case]] = {}
    for case in batch.touched.values():
        if not case.stream:
            new.setdefault(case.kind, []).append(case)
    for kind, opened in new.items():
        numbers = work.streams(kind).open([(case.stream_key, case.partition) for case in opened])
        for case, number in zip(opened, numbers, strict=True):
            case.stream = number


def _append_events(work: UnitOfWork, batch: Batch, first_position: int, recorded_at: int) -> None:
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
            )
        )
    work.events.append(new)


def _write_intake(work: UnitOfWork, batch: Batch, log_position: int, recorded_at: int) -> None:
    """Write what brought no fact; `log_position`: where the batch's events begin."""
    first = work.next_value("intake", "position")
    rows: list[Row] = []
    for position, row in enumerate((row for row in batch.rows if row.fact is None), first):
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
                log_position + row.event - 1,
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


def _write_outbox(work: UnitOfWork, batch: Batch, first_position: int, recorded_at: int) -> None:
    """One row an address, or several where its records are many bytes: packed, in order, with their span of events."""
    rows = _outbox_rows(batch, first_position)
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
