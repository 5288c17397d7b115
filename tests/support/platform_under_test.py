"""A platform on a real bus and database under a folder; time is what the test says it is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from support.told_transfer import instant

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import BusRecord, OutgoingRecord
from jinbao.platform.aggregates.law import Law
from jinbao.platform.ingest.bus_time import TimeSource
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.outcome import Outcome
from jinbao.platform.projections.catalogue import TABLES
from jinbao.platform.store.store import Store
from jinbao.platform.store.tables import metadata
from jinbao.schemas import messages as m
from jinbao.schemas.codec import decode, encode, headers_for
from jinbao.schemas.headers import record_key
from jinbao.transparency.signing import SigningKey


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
        log_key: SigningKey | None = None,
    ) -> None:
        self.folder = folder
        self.expects_incidents = expects_incidents
        self.now = instant("2025-03-03")
        self.bus = EmbeddedBus(folder / "bus.db", durable=False, clock=lambda: self.now)
        self.store = Store(f"sqlite:///{folder / 'platform.db'}", durable=False)
        self.national = NationalPlatform(
            self.bus, self.store, law=law, batch_size=batch_size, times=times, follows=follows, log_key=log_key
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
        key = record_key(message.envelope)
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
        """All rows, but for the marks and signed checkpoints: each bus and log has an identity of its own."""
        found = {name: self.table(name) for name in self.TABLES if name != "marks"}
        return found | {"tree_heads": [row[:-1] for row in found["tree_heads"]]}

    def but_for_batches(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows but those that are one a batch and province, or a batch, or hashes over them in that order."""
        by_batch = ("outbox", "tree_heads", "tree_tiles")
        return {name: rows for name, rows in self.everything().items() if name not in by_batch}

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
