"""Ingest: takes batches of submissions from the bus and writes everything that follows in one transaction.

Only ingest appends to streams. Killed anywhere, nothing is lost and nothing counts twice: events, read models, intake,
outbox and the fenced offsets are committed together or not at all.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import msgspec

from jinbao.bus.interface import Bus, TopicPartition
from jinbao.platform.aggregates.consequences import Law
from jinbao.platform.cases import Cases, Outcome
from jinbao.platform.intake import Arrival, Batch, Intake, read
from jinbao.platform.projections.all import project
from jinbao.platform.projections.logged import logged
from jinbao.platform.store.bulk import Row, Upsert
from jinbao.platform.store.mapper import encode_fact
from jinbao.platform.store.store import OffsetFenced, Store, UnitOfWork
from jinbao.platform.store.tables import ingest_counts, intake, outbox, parked
from jinbao.schemas.messages import SUBMISSIONS_TOPIC

GROUP = "ingest"
BATCH_SIZE = 2_000
COUNTS = Upsert(ingest_counts, ("outcome", "partition"), {"messages": "add"})

_pack = msgspec.msgpack.Encoder().encode


class Ingest:
    """One ingest process: a member of the bus's consumer group with a cache of the cases of its partitions."""

    def __init__(
        self, bus: Bus, store: Store, law: Law, *, batch_size: int = BATCH_SIZE, simulated: bool = False
    ) -> None:
        self._store = store
        self._law = law
        self._batch_size = batch_size
        self._simulated = simulated
        self._partitions = bus.partitions(SUBMISSIONS_TOPIC)
        self._cases = Cases()
        self._next: dict[int, int] = {}
        self._ahead: list[Arrival] = []
        """Read while the batch before was written."""
        self._writer = ThreadPoolExecutor(1, "ingest-writer") if store.apart else None
        self._consumer = bus.consumer([SUBMISSIONS_TOPIC], GROUP, on_revoked=self._revoked)
        self._take_over_new()

    def step(self, now: int, *, timeout_s: float = 0.0) -> int:
        """Take one batch in; returns the number of messages. `now`: microseconds since 1970 UTC."""
        with _no_collecting():
            return self._step(now, timeout_s)

    def _step(self, now: int, timeout_s: float) -> int:
        self._take_over_new()
        arrivals = self._ahead or self._read(timeout_s)
        self._ahead = []
        fresh = self._take_over_new()
        arrivals = [a for a in arrivals if a.record.partition in self._next and a.record.partition not in fresh]
        if not arrivals:
            return 0
        moves = {a.record.partition: (self._next[a.record.partition], a.record.offset + 1) for a in arrivals}
        here = [(a.message, a.record.partition) for a in arrivals if a.message is not None and not a.misplaced]
        wanted = [(message.envelope.relationship_id, partition) for message, partition in here]
        try:
            with self._store.read() as work:
                self._cases.load(work, wanted, now)
                batch = Intake(self._cases, self._law, work.first_bytes, work.forwarded_at).judge(arrivals)
            self._write(batch, moves, now)
        except BaseException as error:
            self._cases.forget(r for r, _ in wanted)
            self._ahead = []
            self._next.clear()
            if isinstance(error, OffsetFenced):
                return 0
            raise
        ends = {p: end for p, (_, end) in moves.items() if p in self._next}  # others were revoked while it was written
        self._next.update(ends)
        self._cases.settle(batch.touched)
        self._consumer.commit({(SUBMISSIONS_TOPIC, p): end for p, end in ends.items()})
        return len(arrivals)

    def _read(self, timeout_s: float) -> list[Arrival]:
        return [
            read(record, self._partitions, simulated=self._simulated)
            for record in self._consumer.poll(self._batch_size, timeout_s)
        ]

    def _write(self, batch: Batch, moves: Mapping[int, tuple[int, int]], now: int) -> None:
        """Write the batch; meanwhile, where the database is a process of its own, read the next one."""
        if self._writer is None:
            self._commit(batch, moves, now)
            return
        writing = self._writer.submit(self._commit, batch, moves, now)
        try:
            self._ahead = self._read(0.0)
        finally:
            writing.result()

    def close(self) -> None:
        """Leave the group."""
        if self._writer is not None:
            self._writer.shutdown()
        self._consumer.close()

    def _take_over_new(self) -> frozenset[int]:
        """Start each partition that is not known where the database says, forgetting what was in memory of it.

        Unknown are new ones, and all of them after a batch that failed.
        """
        fresh = frozenset(p for _, p in self._consumer.assignment() if p not in self._next)
        if fresh:
            with self._store.read() as work:
                offsets = work.next_offsets(SUBMISSIONS_TOPIC)
            self._cases.forget_partitions(fresh)
            for partition in fresh:
                self._consumer.seek((SUBMISSIONS_TOPIC, partition), offsets.get(partition, 0))
                self._next[partition] = offsets.get(partition, 0)
        return fresh

    def _revoked(self, partitions: frozenset[TopicPartition]) -> None:
        numbers = frozenset(p for _, p in partitions)
        self._cases.forget_partitions(numbers)
        for number in numbers:
            self._next.pop(number, None)

    def _commit(self, batch: Batch, moves: Mapping[int, tuple[int, int]], now: int) -> None:
        """Everything of a judged batch in one transaction under the log's lock: one statement a table."""
        with self._store.write() as work:
            work.advance(SUBMISSIONS_TOPIC, moves)
            recorded_at = max(now, work.last_recorded_at())
            _open_streams(work, batch)
            positions = _append_events(work, batch, recorded_at)
            _write_intake(work, batch, positions, recorded_at)
            _write_outbox(work, batch, positions, recorded_at)
            work.bulk.upsert(COUNTS, [(int(outcome), partition, n) for (outcome, partition), n in batch.counts.items()])


@contextmanager
def _no_collecting() -> Iterator[None]:
    """A batch makes no reference cycles: collecting meanwhile would only walk the living cases, again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _open_streams(work: UnitOfWork, batch: Batch) -> None:
    opened = [(relationship_id, case) for relationship_id, case in batch.touched.items() if not case.stream]
    if opened:
        numbers = work.events.open_streams([(relationship_id, case.partition) for relationship_id, case in opened])
        for (_, case), number in zip(opened, numbers, strict=True):
            case.stream = number


def _append_events(work: UnitOfWork, batch: Batch, recorded_at: int) -> Sequence[int]:
    """Append the facts to the log and fold them into the read models; returns their positions."""
    if not batch.events:
        return ()
    new = [
        (case.stream, version, fact.TOPIC, encode_fact(fact), submission, received_at)
        for case, version, fact, submission, received_at in batch.events
    ]
    positions = work.events.append(new, recorded_at)
    log = [
        logged(position, case.stream, case.partition, received_at, fact)
        for position, (case, _, fact, _, received_at) in zip(positions, batch.events, strict=True)
    ]
    project(work.bulk, log)
    return positions


def _write_intake(work: UnitOfWork, batch: Batch, positions: Sequence[int], recorded_at: int) -> None:
    first = work.next_value("intake", "position")
    rows: list[Row] = []
    waiting: list[Row] = []
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
        if row.outcome is Outcome.PARKED and row.case and row.event_id in row.case.parked:
            envelope = row.case.parked[row.event_id].message.envelope
            relationship_id = row.case.relationship.id.bytes
            waiting.append(
                (position, stream, envelope.transfer_id, row.sender, row.received_at, relationship_id, row.event_id)
            )
    work.bulk.insert(intake, rows)
    work.bulk.insert(parked, waiting)
    work.bulk.delete(parked, "intake", batch.unparked)


def _write_outbox(work: UnitOfWork, batch: Batch, positions: Sequence[int], recorded_at: int) -> None:
    """One row a province: its records packed, and the span of events that they belong to."""
    by_province: dict[str, tuple[list[tuple[bytes, bytes, tuple[tuple[str, bytes], ...]]], list[int]]] = {}
    for out in batch.outgoing:
        packed, events = by_province.setdefault(out.province, ([], []))
        packed.append((out.key, out.value, out.headers))
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
