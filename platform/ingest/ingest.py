"""Ingest: takes batches of submissions from the bus and writes everything that follows in one transaction.

Only ingest appends to streams. Killed anywhere, nothing is lost and nothing counts twice: events, intake, outbox and
the fenced offsets are committed together or not at all; the read models follow the log by themselves. Where the
database is a process of its own, it writes one batch while the next is read and judged: cases in memory run one batch
ahead of the store, and when a batch is not written, everything in memory is forgotten and begun again from the stored
offsets. A message that raises where none may is found out by halving the batch: it becomes a dead letter, and the
others go on.
"""

from __future__ import annotations

import gc
import sys
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import NamedTuple

from jinbao.bus.interface import Bus, BusRecord, TopicPartition
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.platform.ingest.arrival import Arrival, is_misrouted, read, unworkable
from jinbao.platform.ingest.batch import Batch, KeysChanged, write_batch
from jinbao.platform.ingest.bus_time import BusTime, TimeSource
from jinbao.platform.ingest.case_cache import Case, Cases, stored_transfer
from jinbao.platform.ingest.incidents import NO_MESSAGES_FAULT, Incident, incident_of
from jinbao.platform.ingest.intake import Intake
from jinbao.platform.ingest.parked import SubmissionId
from jinbao.platform.ingest.signatures import Signatures
from jinbao.platform.store.store import OffsetFenced, Store
from jinbao.schemas.messages import SUBMISSIONS_TOPIC

GROUP = "ingest"
BATCH_SIZE = 2_000

READ_AHEAD_S = 0.005
"""How long the next batch is waited for while one is being written."""
WRITER_SWITCH_INTERVAL_S = 0.0005
"""How long the writing thread, at each of the database's answers, waits at most for the one that judges; Python's own
5 ms, thirty times a batch, would take longer than to write it."""

Observer = Callable[[Batch, float], None]
"""Told of each committed batch, and of the seconds that its transaction took; must not raise."""


def nobody(batch: Batch, transaction_s: float) -> None:
    """Watch nothing."""


class _InFlight(NamedTuple):
    """A batch that was judged and is being written."""

    batch: Batch
    records: Sequence[BusRecord]
    ends: Mapping[int, int]
    """Partition → the offset after it."""
    wait: Callable[[], float]
    """Returns once it is committed, with the seconds that took; raises what went wrong."""


class Ingest:
    """One ingest process: a member of the bus's consumer group with a cache of the cases of its partitions."""

    def __init__(
        self,
        bus: Bus,
        store: Store,
        law: Law,
        *,
        batch_size: int = BATCH_SIZE,
        times: TimeSource | None = None,
        observe: Observer = nobody,
    ) -> None:
        self._store = store
        self._law = law
        self._batch_size = batch_size
        self._observe = observe
        self._partitions = bus.partitions(SUBMISSIONS_TOPIC)
        self.committed = threading.Event()
        """Set after every commit that left something in the outbox; for whoever delivers it to clear."""
        self.bus_time = times or BusTime(store)
        """The times of its messages; unless others are given, those of the bus held against the platform's clock."""
        self._cases = Cases(stored=self._stored_transfer)
        self._signatures = Signatures()
        self._next: dict[int, int] = {}
        self._ahead: list[BusRecord] = []
        """Read while the batch before was being written."""
        self._at_work: Sequence[BusRecord] = ()
        """Being read and judged."""
        self._in_flight: _InFlight | None = None
        self._last_read: Arrival | None = None
        self._incidents: dict[tuple[int, int], tuple[Incident, Arrival]] = {}
        """(partition, offset) → the incident of a message that is to be a dead letter, and what it arrives as."""
        self._writer: ThreadPoolExecutor | None = None
        self._switch_s = sys.getswitchinterval()
        if store.apart:
            self._writer = ThreadPoolExecutor(1, "ingest-writer")
            sys.setswitchinterval(min(self._switch_s, WRITER_SWITCH_INTERVAL_S))
        self._consumer = bus.consumer([SUBMISSIONS_TOPIC], GROUP, on_revoked=self._revoked)
        self._take_over_new()

    def wait(self, timeout_s: float) -> bool:
        """Wait at most so long for the next messages; returns whether a step has something to do.

        Raises BusError and StoreError, as `step`.
        """
        if self._in_flight is not None or self._ahead:
            return True
        try:
            self._take_over_new()
            self._ahead = self._poll(timeout_s)
        except BaseException:
            self._start_over()
            raise
        return bool(self._ahead)

    def step(self, now: int) -> int:
        """Take one batch in; returns the number of messages, 0 when nothing was left to do and all is committed.

        `now`: microseconds since 1970 UTC. Raises BusError (TimeJumped where a clock has jumped) and StoreError; the
        next step begins at what was committed.
        """
        with _no_collecting():
            try:
                return self._step(now)
            except BaseException as error:
                suspects = [*(self._in_flight.records if self._in_flight else ()), *self._at_work]
                self._start_over()
                if isinstance(error, OffsetFenced):
                    return 0
                if isinstance(error, KeysChanged):
                    return self._step(now)
                if not suspects or not isinstance(error, Exception) or isinstance(error, NO_MESSAGES_FAULT):
                    raise
            try:
                return self._sift(suspects, now)
            finally:
                self._start_over()

    def _step(self, now: int) -> int:
        self._take_over_new()
        records = self._ahead or self._poll(0.0)
        self._ahead = []
        if not records:
            self._finish()
            return 0
        self._take_in(self.bus_time.checked(records, now), now)
        if self._writer is not None:
            self._ahead = self._poll(READ_AHEAD_S)
        if not self._ahead:
            self._finish()
        return len(records)

    def _poll(self, timeout_s: float) -> list[BusRecord]:
        """The next records; of a partition that comes meanwhile none, since it is read from where the database says."""
        known = set(self._next)
        records = self._consumer.poll(self._batch_size, timeout_s)
        held = known & self._next.keys()
        self._take_over_new()
        return [record for record in records if record.partition in held]

    def _take_in(self, records: Sequence[BusRecord], now: int) -> None:
        """Judge them while the batch before is being written, and begin to write them."""
        self._at_work = records
        now = self.bus_time.recorded_at(records, now)
        batch = self._judge(records, now)
        self._finish(batch.touched)
        self._begin_writing(batch, records, now)
        self._at_work = ()

    def _sift(self, suspects: Sequence[BusRecord], now: int) -> int:
        """Take in by halves what did not go as a whole, until what raises stands alone and becomes a dead letter.

        Returns the number taken in. Raises what would be raised for a dead letter, too: that is no message's fault.
        """
        self._take_over_new()
        parts = [[r for r in suspects if r.offset >= self._next.get(r.partition, r.offset + 1)]]
        taken = 0
        while parts:
            part = parts.pop()
            if not part:
                continue
            held = dict(self._next)
            try:
                self._take_in(part, now)
                self._finish()
                taken += len(part)
            except Exception as error:
                if isinstance(error, NO_MESSAGES_FAULT):
                    raise
                if _place(part[0]) in self._incidents:
                    del self._incidents[_place(part[0])]
                    raise
                if len(part) == 1:
                    incident = incident_of(part[0], error)
                    self._incidents[_place(part[0])] = incident, unworkable(part[0], self._last_read, incident.number)
                self._start_over()
                self._take_over_new()
                if self._next != held:
                    self._incidents.pop(_place(part[0]), None)
                    break  # others have taken partitions over: what is left is read again
                half = len(part) // 2
                parts += [part[half:], part[:half]]
        return taken

    def _read(self, record: BusRecord) -> Arrival:
        if self._incidents and (found := self._incidents.get(_place(record))):
            return found[1]
        self._last_read = None
        self._last_read = read(record, self._partitions, self._signatures)
        return self._last_read

    def _judge(self, records: Sequence[BusRecord], now: int) -> Batch:
        """Read and judge one message after the other, so that each is judged while it is in the processor's caches."""
        missing = {
            record.key: record.partition
            for record in records
            if record.key not in self._cases and not is_misrouted(record, self._partitions)
        }
        with self._store.read() as work:
            self._cases.load(work, missing, now)
            self._signatures.follow(work.bulk)
            intake = Intake(self._cases, self._law, self._first_bytes, work.forwarded_at)
            batch = intake.judge(map(self._read, records))
        batch.keys_known = self._signatures.number
        if self._incidents:
            batch.incidents = [found[0] for r in records if (found := self._incidents.get(_place(r)))]
        return batch

    def _first_bytes(self, case: Case, submission: SubmissionId) -> bytes:
        """The bytes with which a submission first came; it may belong to the batch that is being written."""
        if self._in_flight is not None:
            self._in_flight.wait()
        with self._store.read() as work:
            return work.first_bytes(case.stream, *submission)

    def _stored_transfer(self, transfer_id: bytes) -> Transfer | None:
        """A transfer of whatever relationship, also where the batch that is being written begins it."""
        if self._in_flight is not None:
            self._in_flight.wait()
        with self._store.read() as work:
            return stored_transfer(work, transfer_id)

    def _begin_writing(self, batch: Batch, records: Sequence[BusRecord], now: int) -> None:
        ends = {record.partition: record.offset + 1 for record in records}
        moves = {partition: (self._next[partition], end) for partition, end in ends.items()}
        self._next.update(ends)
        if self._writer is None:
            seconds = self._commit(batch, moves, now)
            self._in_flight = _InFlight(batch, records, ends, lambda: seconds)
        else:
            self._in_flight = _InFlight(
                batch, records, ends, self._writer.submit(self._commit, batch, moves, now).result
            )

    def _commit(self, batch: Batch, moves: Mapping[int, tuple[int, int]], now: int) -> float:
        began = time.perf_counter()
        with self._store.write() as work:
            write_batch(work, batch, moves, now)
        if batch.outgoing:
            self.committed.set()
        return time.perf_counter() - began

    def _finish(self, judged: Collection[bytes] = ()) -> None:
        """Wait until the batch in flight is committed. `judged`: cases of the batch after it."""
        if self._in_flight is None:
            return
        batch, records, ends, wait = self._in_flight
        seconds = wait()
        self._in_flight = None
        for record in records if self._incidents else ():
            self._incidents.pop(_place(record), None)
        self._observe(batch, seconds)
        self._cases.settle(batch.touched, judged)
        self._consumer.commit({(SUBMISSIONS_TOPIC, p): end for p, end in ends.items() if p in self._next})

    def _start_over(self) -> None:
        """Forget all that is in memory: the store knows how far we came."""
        in_flight, self._in_flight, self._at_work = self._in_flight, None, ()
        if in_flight is not None:
            with suppress(Exception):  # whether it was committed or not, the stored offsets tell
                in_flight.wait()
        self._ahead = []
        self._next.clear()
        self._cases.clear()
        self.bus_time.forget()

    def at_end(self) -> bool:
        """Whether it holds partitions and has read everything that the bus has in them now. Raises BusError."""
        return self._consumer.at_end()

    def close(self) -> None:
        """Finish what is being written, and leave the group."""
        if self._writer is not None:
            self._writer.shutdown()
            sys.setswitchinterval(self._switch_s)
        self._consumer.close()

    def _take_over_new(self) -> None:
        """Start each partition that is not known where the database says, forgetting what was in memory of it.

        Unknown are new ones, and all of them after a batch that failed.
        """
        fresh = frozenset(p for _, p in self._consumer.assignment() if p not in self._next)
        if not fresh:
            return
        self._finish()
        with self._store.read() as work:
            offsets = work.next_offsets(SUBMISSIONS_TOPIC)
            self._cases.begin_partitions(work, fresh)
        self.bus_time.forget()
        for partition in fresh:
            self._consumer.seek((SUBMISSIONS_TOPIC, partition), offsets.get(partition, 0))
            self._next[partition] = offsets.get(partition, 0)

    def _revoked(self, partitions: frozenset[TopicPartition]) -> None:
        numbers = frozenset(p for _, p in partitions)
        self._cases.forget_partitions(numbers)
        for number in numbers:
            self._next.pop(number, None)


def _place(record: BusRecord) -> tuple[int, int]:
    return record.partition, record.offset


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
