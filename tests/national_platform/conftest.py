"""A relationship to say messages to, a whole platform on a real embedded bus and SQLite, and what is said to them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid5

import pytest

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import BusRecord, OutgoingRecord
from jinbao.bus.partitioner import partition_of
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.ingest.bus_time import TimeSource
from jinbao.platform.ingest.case_cache import Outcome
from jinbao.platform.national_platform import SUBMISSION_PARTITIONS, NationalPlatform, law_in_force
from jinbao.platform.projections.catalogue import TABLES
from jinbao.platform.store.store import Store
from jinbao.platform.store.tables import metadata
from jinbao.schemas import messages as m
from jinbao.schemas.codec import decode, encode, headers_for
from jinbao.schemas.headers import bus_key

sys.path.insert(0, str(Path(__file__).parent))

import paths_of_a_case
from told_transfer import NAMESPACE, Transfer, instant


@dataclass
class Relationship:
    """A pension relationship that hears messages: each is decided, and recorded when it is a fact."""

    law: Law
    aggregate: PensionRelationship
    facts: list[Fact] = field(default_factory=list)
    recorded: list[tuple[Fact, bytes, int]] = field(default_factory=list)
    """(Fact, event id, received_at)."""

    def hear(self, message: Any, at: int = instant("2025-03-03")) -> Any:
        decision = self.aggregate.decide(message, at, self.law)
        if isinstance(decision, Fact):
            self.aggregate.advance(decision, message.envelope.event_id, at)
            self.facts.append(decision)
            self.recorded.append((decision, message.envelope.event_id, at))
        return decision

    def hear_all(self, messages: Sequence[Any], at: int = instant("2025-03-03")) -> Any:
        """The last one's fact; all of them must be facts."""
        decision = None
        for message in messages:
            decision = self.hear(message, at)
            assert isinstance(decision, Fact), f"{message.NAME}: {decision}"
        return decision

    def of(self, transfer: Transfer) -> Any:
        return self.aggregate.transfer(transfer.transfer_id)

    def accounts(self) -> dict[str, int]:
        """What the facts' postings leave on each account, in fen."""
        totals: dict[str, int] = {}
        for fact in self.facts:
            for p in fact.then.postings:
                totals[p.account] = totals.get(p.account, 0) + p.personal + p.pooling + p.unallocated
        return {account: amount for account, amount in totals.items() if amount}

    def parts(self, account: str) -> tuple[int, int, int]:
        found = [p for fact in self.facts for p in fact.then.postings if p.account == account]
        return sum(p.personal for p in found), sum(p.pooling for p in found), sum(p.unallocated for p in found)


@pytest.fixture(scope="session")
def law() -> Law:
    return law_in_force()


NewRelationship = Callable[..., Relationship]


@pytest.fixture(scope="session")
def new_relationship(law: Law) -> NewRelationship:
    def begin(under: Law = law) -> Relationship:
        return Relationship(under, PensionRelationship.begin(UUID(bytes=Transfer().relationship_id), 0))

    return begin


@pytest.fixture
def relationship(new_relationship: NewRelationship) -> Relationship:
    return new_relationship()


@pytest.fixture
def transfer() -> Transfer:
    return Transfer()


@pytest.fixture(scope="session")
def transfer_of() -> type[Transfer]:
    return Transfer


@pytest.fixture(scope="session")
def at() -> Callable[..., int]:
    return instant


class Platform:
    """A platform on a real bus and database under a folder; time is what the test says it is."""

    READ_MODELS = tuple(table.name for table in TABLES)
    TABLES = (*metadata.tables, *READ_MODELS)

    def __init__(
        self,
        folder: Path,
        *,
        law: Law | None = None,
        batch_size: int = 2_000,
        times: TimeSource | None = None,
        expects_incidents: bool = False,
        follows: bool = True,
    ) -> None:
        self.folder = folder
        self.expects_incidents = expects_incidents
        self.now = instant("2025-03-03")
        self.bus = EmbeddedBus(folder / "bus.db", durable=False, clock=lambda: self.now)
        self.store = Store(f"sqlite:///{folder / 'platform.db'}", durable=False)
        self.national = NationalPlatform(
            self.bus, self.store, law=law, batch_size=batch_size, times=times, follows=follows
        )
        self.producer = self.bus.producer()

    @property
    def ingest(self) -> Any:
        return self.national.ingest

    def send(self, *messages: Any) -> None:
        """Put messages on the bus as an adapter does."""
        self.producer.send([self.record(message) for message in messages])

    def record(self, message: Any) -> OutgoingRecord:
        data = encode(message)
        key = bus_key(message.envelope.relationship_id)
        return OutgoingRecord(m.SUBMISSIONS_TOPIC, key, data, headers_for(message, data))

    def send_raw(self, value: bytes, *, key: bytes = b"k" * 16, headers: Any = ()) -> None:
        self.producer.send([OutgoingRecord(m.SUBMISSIONS_TOPIC, key, value, headers)])

    def run(self, now: int | None = None) -> None:
        """Step until nothing moves."""
        self.now = now or self.now
        while self.national.step(self.now):
            pass

    def take(self, *messages: Any, now: int | None = None) -> None:
        """Send and run."""
        self.now = now or self.now
        self.send(*messages)
        self.run()

    def sweep(self, now: int) -> int:
        """Let the deadline sweep speak at that time, and run; returns how much it said."""
        self.now = now
        said = self.national.sweep.run(now)
        self.run()
        return said

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.store.read() as work:
            return [tuple(row) for row in work.bulk.connection.exec_driver_sql(sql, values)]

    def table(self, name: str) -> list[tuple[Any, ...]]:
        return sorted(self.rows(f"SELECT * FROM {name}"), key=repr)

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows, but for the marks: each bus has an identity of its own."""
        return {name: self.table(name) for name in self.TABLES if name != "marks"}

    def received(self) -> list[Any]:
        """Every outcome in the order given, whether it is a row of the log or of the intake; `data` are the bytes."""
        columns = (
            "stream, {event_id}, sender, {outcome}, {code}, {field}, first, partition, bus_offset, received_at, bytes"
        )
        log = columns.format(event_id="submission AS event_id", outcome="1 AS outcome", code="NULL", field="NULL")
        intake = columns.format(event_id="event_id", outcome="outcome", code="code", field="field")
        found = self.rows(
            f"SELECT position AS log, 0 AS row, NULL AS type, {log} FROM events UNION ALL "
            f"SELECT log_position, position, type, {intake} FROM intake ORDER BY log, row"
        )
        return [_received(*row) for row in found]

    def outcomes(self) -> list[tuple[str, str | None]]:
        """(outcome, code) of every message, and of every later outcome of one that waited, in order."""
        return [(row.outcome.name, row.code) for row in self.received()]

    def inbox(self, province: str) -> list[Any]:
        """What others said and the answers that were ever delivered to a province, decoded; outcomes apart: `told`."""
        return [m_ for m_ in self._delivered(province) if not isinstance(m_, m.SubmissionOutcomes)]

    def told(self, province: str) -> list[m.SubmissionOutcome]:
        """What a province was ever told of its own messages, in order."""
        delivered = self._delivered(province)
        return [told for m_ in delivered if isinstance(m_, m.SubmissionOutcomes) for told in m_.outcomes]

    def _delivered(self, province: str) -> list[Any]:
        return [decode(record.value) for record in self.inbox_records(province)]

    def inbox_records(self, province: str) -> list[BusRecord]:
        reader = self.bus.consumer([m.inbox_topic(province)], "test")
        try:
            reader.seek((m.inbox_topic(province), 0), 0)
            return reader.poll(100_000)
        finally:
            reader.close()

    @property
    def watched(self) -> bool:
        """Whether an internal error is a failure of the test."""
        return not self.expects_incidents and bool(self.rows("SELECT 1 FROM sqlite_master WHERE name = 'intake'"))

    def close(self) -> None:
        self.national.close()
        self.producer.close()
        self.bus.close()
        self.store.close()


def _received(log: int, row: int, kind: str | None, *values: Any) -> SimpleNamespace:
    names = ("stream", "event_id", "sender", "outcome", "code", "field", "first", "partition", "bus_offset")
    found = SimpleNamespace(**dict(zip((*names, "received_at", "data"), values, strict=True)), event=0 if row else log)
    found.outcome = Outcome(found.outcome)
    found.type = kind or (decode(found.data).NAME if not row else None)
    return found


NewPlatform = Callable[..., Platform]


@pytest.fixture
def new_platform(tmp_path: Path) -> Iterator[NewPlatform]:
    """Makes platforms, each under a folder of its own name; the same name opens the same files again."""
    opened: list[Platform] = []

    def open_platform(name: str = "one", **options: Any) -> Platform:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        opened.append(Platform(folder, **options))
        return opened[-1]

    yield open_platform
    incidents = [p.rows("SELECT field FROM intake WHERE code = 'INTERNAL_ERROR'") for p in opened if p.watched]
    for platform in opened:
        platform.close()
    assert not any(incidents), "a defect shows as a dead letter, where a test expects none"


@pytest.fixture
def platform(new_platform: NewPlatform) -> Platform:
    return new_platform()


@pytest.fixture(scope="session")
def neighbours() -> list[int]:
    """Persons whose messages all travel in one partition, so that their order on the bus is the order of sending."""
    key = [(n, uuid5(NAMESPACE, f"person {n}").bytes) for n in range(1, 1_500)]
    return [n for n, relationship_id in key if partition_of(bus_key(relationship_id), SUBMISSION_PARTITIONS) == 0]


@pytest.fixture(scope="session")
def every_path() -> Callable[..., list[Any]]:
    """Messages of a small nation that reaches every path: the normal one, refusal, return, mismatches, withdrawals,
    several origins, and messages that are late, early, repeated, forged and wrong."""
    return paths_of_a_case.every_path


@pytest.fixture(scope="session")
def every_exceptional_path() -> Callable[..., list[Any]]:
    """Messages of a small nation that takes every exceptional procedure; what one person says is in its order."""
    return paths_of_a_case.every_exceptional_path
