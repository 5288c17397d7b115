"""What is measured of a platform: taking in, the database's limit, replay, rebuild. All rates are events per second."""

from __future__ import annotations

import gc
import time
from uuid import UUID

from jinbao.bus.interface import Bus
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.audit.log.places import EMPTY, Entries, heads, newest_head
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.projections.runner import Runner
from jinbao.platform.store.bulk import Row
from jinbao.platform.store.event_log import decode_fact
from jinbao.platform.store.store import Store
from jinbao.platform.store.tables import metadata
from jinbao.platform.store.tree import append

BATCH = 2_000
GROWTH_FROM = 20_000
GROWTH_WINDOW = 10_000
PLAIN_REPLAYED = 1_000
"""Relationships that the library's own repository loads one by one."""


class Ingested:
    """When each batch of one run was done, by the clock and by this process's processor time."""

    def __init__(self, marks: list[tuple[int, float]], worked: list[tuple[int, float]]) -> None:
        self._marks = marks
        self._worked = worked

    @property
    def processor_s(self) -> float:
        """Of this process, for all of it."""
        return self._worked[-1][1] - self._worked[0][1]

    def rate(self, start: int = 0, end: int | None = None) -> float:
        """Between two numbers of events taken in, to the next batch."""
        return _rate(self._marks, start, end)

    @property
    def events(self) -> int:
        """Taken in altogether."""
        return self._marks[-1][0]

    def by_tenth(self) -> list[float]:
        """The rate of each tenth of the run."""
        tenth = self.events // 10
        if tenth < BATCH:
            return []  # a run too short to tell
        return [self.rate(i * tenth, (i + 1) * tenth) for i in range(10)]

    def growth(self, *, of_processor: bool = False) -> float | None:
        """Time per event at the end against that at 20,000 events in the store; None for a run too short to tell.

        By the clock, where other programs count, or by processor time, where waiting for the disk does not.
        """
        if self.events < GROWTH_FROM + 3 * GROWTH_WINDOW:
            return None
        marks = self._worked if of_processor else self._marks
        early = _rate(marks, GROWTH_FROM, GROWTH_FROM + GROWTH_WINDOW)
        return round(early / _rate(marks, self.events - GROWTH_WINDOW), 2)


def _rate(marks: list[tuple[int, float]], start: int, end: int | None = None) -> float:
    inside = [m for m in marks if m[0] >= start and (end is None or m[0] <= end + BATCH)]
    (first, began), (last, ended) = inside[0], inside[-1]
    return (last - first) / (ended - began)


def ingest(bus: Bus, store: Store, events: int) -> Ingested:
    """Take everything in, in this process."""
    platform = NationalPlatform(bus, store, batch_size=BATCH)
    marks, worked = [(0, time.perf_counter())], [(0, time.process_time())]
    done = 0
    while done < events:
        if platform.ingest.wait(1.0):
            done += platform.ingest.step(time.time_ns() // 1_000)
            marks.append((done, time.perf_counter()))
            worked.append((done, time.process_time()))
    platform.close()
    return Ingested(marks, worked)


def tree_processor_s(source: Store, target: Store) -> float:
    """Seconds of a processor for the transparency log's entries and tree alone, in the transactions of the source."""
    target.create()
    spent, before = 0.0, EMPTY
    with source.read() as work:
        entries = Entries(work.bulk)
        for head in list(heads(work.bulk)):
            rows: dict[str, list[Row]] = {}
            for each in entries.of(before, head):
                assert each.row is not None
                rows.setdefault(each.source.name, []).append(each.row)
            with target.write() as writing:
                began = time.process_time()
                append(writing.bulk, rows, head.recorded_at)
                spent += time.process_time() - began
            before = head
        with target.read() as made:
            assert newest_head(made.bulk).root == before.root
    return spent


def limit_rate(source: Store, target: Store, events: int) -> float:
    """Insert exactly the rows that ingest wrote, in as many transactions, without anything else."""
    with source.read() as work:
        tables = {
            table: [tuple(row) for row in work.bulk.connection.execute(table.select())]
            for table in metadata.sorted_tables
        }
    target.create()
    batches = -(-events // BATCH)
    gc.collect()
    start = time.perf_counter()
    for i in range(batches):
        with target.write() as work:
            for table, rows in tables.items():
                work.bulk.insert(table, rows[len(rows) * i // batches : len(rows) * (i + 1) // batches])
    return events / (time.perf_counter() - start)


def replay_rate(store: Store) -> float:
    """Load every relationship from its stored facts."""
    with store.read() as work:
        numbers = _relationships(store)
        start = time.perf_counter()
        events = 0
        current, relationship = 0, PensionRelationship.begin(UUID(int=0), 0)
        for stream, version, topic, state, submission, received_at, *_ in work.events.select_facts(list(numbers)):
            if stream != current:
                current, relationship = stream, PensionRelationship.begin(numbers[stream], 0)
            relationship.take(decode_fact(topic, state), submission, received_at)
            relationship.version = version
            events += 1
        return events / (time.perf_counter() - start)


def plain_replay_rate(store: Store) -> float:
    """Load relationships by the library's `repository.get`."""
    with store.read() as work:
        chosen = list(_relationships(store).values())[:PLAIN_REPLAYED]
        start = time.perf_counter()
        events = sum(work.streams(RELATIONSHIPS).repository.get(relationship).version for relationship in chosen)
        return events / (time.perf_counter() - start)


def rebuild_rate(store: Store) -> float:
    """Fold every read model again from the log."""
    runner = Runner(store)
    runner.catch_up()
    with store.read() as work:
        events = work.events.max_notification_id() or 0
    start = time.perf_counter()
    runner.rebuild()
    return events / (time.perf_counter() - start)


def _relationships(store: Store) -> dict[int, UUID]:
    with store.read() as work:
        found = work.bulk.execute("SELECT stream, key FROM streams ORDER BY stream")
        return {stream: UUID(bytes=relationship_id) for stream, relationship_id in found}
