"""The platform's metrics: what this process takes in, and how the whole nation stands when somebody asks."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from jinbao.bus.interface import Bus, BusError
from jinbao.platform.ingest.batch import Batch
from jinbao.platform.ingest.bus_time import TimeSource
from jinbao.platform.ingest.incidents import Incident
from jinbao.platform.outbox.log_key import policy_in
from jinbao.platform.outcome import Outcome
from jinbao.platform.projections.clocks import running_clocks
from jinbao.platform.projections.fund_ledger import ledger
from jinbao.platform.projections.last_heard import last_heard
from jinbao.platform.projections.positions import Positions
from jinbao.platform.projections.unexplained import missing_statements, unread_fen
from jinbao.platform.projections.unreceipted import unreceipted
from jinbao.platform.queries import ingest_counts, number_of_events
from jinbao.platform.reconciling.progress import reconciled_to
from jinbao.platform.store.store import Store, StoreError, UnitOfWork
from jinbao.rules.working_days import DUE_SOON_WORKING_DAYS, day_of, load_working_days
from jinbao.schemas.messages import SUBMISSIONS_TOPIC
from jinbao.service.alerts.conditions import adapter_silent
from jinbao.service.alerts.observation import disk, tail
from jinbao.service.health import Watch
from jinbao.service.logs import tell

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_NOT_TAKEN = frozenset({Outcome.REJECTED, Outcome.DEAD_LETTER})


class PlatformMetrics(Collector):
    """Told by ingest of every committed batch; asks database and bus for the rest at each scrape."""

    def __init__(self, registry: CollectorRegistry, store: Store, bus: Bus, bus_time: TimeSource, folder: Path) -> None:
        self._store, self._folder = store, folder
        free = Gauge("jinbao_disk_free_ratio", "Share of the data folder's disk that is free", registry=registry)
        free.set_function(lambda: disk(folder).free_bytes / disk(folder).size_bytes)
        in_doubt = Gauge(
            "jinbao_ingest_time_in_doubt",
            "1 while nothing is taken in since a clock has jumped: see jinbao platform confirm-time",
            registry=registry,
        )
        in_doubt.set_function(lambda: bus_time.in_doubt)
        self._bus = bus
        self._messages = Counter(
            "jinbao_ingest_messages",
            "Outcomes that this process committed; a parked message gets another one later",
            ["outcome"],
            registry=registry,
        )
        self._events = Counter("jinbao_ingest_events", "Events that this process appended", registry=registry)
        self._seconds = Histogram(
            "jinbao_ingest_transaction_seconds", "Transaction of one batch", buckets=_SECONDS, registry=registry
        )
        self._incidents = Counter(
            "jinbao_ingest_incidents", "Messages that met an internal error: dead letters", registry=registry
        )
        for outcome in Outcome:
            self._messages.labels(outcome.name.lower())
        registry.register(self)

    def __call__(self, batch: Batch, transaction_s: float) -> None:
        """Count a committed batch."""
        for row in batch.rows:
            self._messages.labels(row.outcome.name.lower()).inc()
        self._events.inc(len(batch.events))
        self._incidents.inc(len(batch.incidents))
        self._seconds.observe(transaction_s)

    def collect(self) -> Iterator[Metric]:
        """How the nation stands: every process of the platform tells the same."""
        up = GaugeMetricFamily("jinbao_platform_up", "1 while database and bus answer")
        try:
            with self._store.read() as work:
                standing = [*_standing(work)]
                taken = work.next_offsets(SUBMISSIONS_TOPIC)
            ends = self._bus.end_offsets(SUBMISSIONS_TOPIC)
        except (StoreError, BusError):
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield up
        yield from standing
        with suppress(StoreError), self._store.read() as work:  # a policy that cannot be read: the alert says so
            yield from [*_witnessed(work, self._folder)]
        lag = sum(max(0, end - taken.get(partition, 0)) for (_, partition), end in ends.items())
        yield GaugeMetricFamily("jinbao_ingest_lag", "Submissions on the bus that are not taken in yet", lag)


def tell_batch(batch: Batch, transaction_s: float) -> None:
    """Log every message of a committed batch by its ids and outcome, and the batch."""
    for row in batch.rows:
        tell(
            "message",
            logging.WARNING if row.outcome in _NOT_TAKEN else logging.INFO,
            outcome=row.outcome.name.lower(),
            code=row.code,
            field=row.field,
            type=row.type,
            sender=row.sender,
            event_id=_uuid(row.event_id),
            transfer_id=_uuid(row.transfer_id),
            partition=row.partition,
            offset=row.bus_offset,
        )
    tell("batch", messages=len(batch.rows), events=len(batch.events), transaction_s=round(transaction_s, 4))


def tell_incident(watch: Watch, incident: Incident) -> None:
    """Say that a message met an internal error and is a dead letter now, with where it happened; nobody's data."""
    place = f"{incident.topic}/{incident.partition}/{incident.bus_offset}"
    zh, en = (
        f"事故 {incident.number}：报文 {place} 遇到内部错误 {incident.error}，已列为死信，其他报文继续办理；"
        "修复后用 jinbao dead-letters replay 重发",
        f"incident {incident.number}: the message {place} met an internal error, {incident.error}; it is a dead letter "
        "now, and the others go on; once it is mended: jinbao dead-letters replay",
    )
    trace = [f"  {where}" for where in incident.trace]
    watch.say(
        "incident",
        ("\n".join([zh, *trace]), "\n".join([en, *trace])),
        logging.ERROR,
        number=incident.number,
        partition=incident.partition,
        offset=incident.bus_offset,
        error=incident.error,
        trace=list(incident.trace),
    )


def _uuid(value: bytes | None) -> str | None:
    return None if value is None else str(UUID(bytes=value))


def _standing(work: UnitOfWork) -> Iterator[Metric]:
    yield from _counts(work)
    yield from _clocks(work)
    yield from _waiting(work)
    yield from _heard(work)
    yield from _read_models(work)
    yield _ledger(work)


def _counts(work: UnitOfWork) -> Iterator[Metric]:
    messages = GaugeMetricFamily("jinbao_messages", "Messages received, by present outcome", labels=["outcome"])
    for outcome, count in ingest_counts(work).items():
        if outcome != "received":
            messages.add_metric([outcome], count)
    yield messages
    yield GaugeMetricFamily("jinbao_events", "Length of the event log", number_of_events(work))


def _read_models(work: UnitOfWork) -> Iterator[Metric]:
    position = GaugeMetricFamily(
        "jinbao_projection_position", "Position up to which a read model has followed the log", labels=["projection"]
    )
    lag = GaugeMetricFamily(
        "jinbao_projection_lag", "Events of the log that a read model has not followed yet", labels=["projection"]
    )
    events = number_of_events(work)
    for stand in Positions(work).all():
        if not stand.building:
            position.add_metric([stand.name], stand.position)
            lag.add_metric([stand.name], max(0, events - stand.position))
    yield position
    yield lag


def _ledger(work: UnitOfWork) -> Metric:
    total = GaugeMetricFamily("jinbao_ledger_sum_fen", "Sum of all balances, which is 0", labels=["part"])
    rows = ledger(work)
    for part in ("personal", "pooling", "unallocated"):
        total.add_metric([part], sum(getattr(row, part) for row in rows))
    return total


def _heard(work: UnitOfWork) -> Iterator[Metric]:
    text = "When a sender's newest message came, seconds since 1970 UTC"
    heard, newest = GaugeMetricFamily("jinbao_last_heard_timestamp_seconds", text, labels=["sender"]), last_heard(work)
    for sender, received_at in newest.items():
        heard.add_metric([sender], received_at / 1_000_000)
    yield heard
    text = "Since when a province's adapter has neither receipted what was delivered nor said anything else, as an age"
    silent = GaugeMetricFamily("jinbao_unreceipted_seconds", text, labels=["province"])
    for finding in adapter_silent(unreceipted(work), newest, {}):
        silent.add_metric([str(finding.province)], time.time() - finding.since_us / 1_000_000)
    yield silent


def _witnessed(work: UnitOfWork, folder: Path) -> Iterator[Metric]:
    """Raises StoreError where the folder's policy cannot be read."""
    found = tail(work, policy_in(folder))
    age_s = 0.0 if found is None else time.time() - found.since_us / 1_000_000
    text = "Age of the oldest entry of the log that no quorum has cosigned, 0 for none"
    yield GaugeMetricFamily("jinbao_unwitnessed_seconds", text, age_s)
    text = "Entries at the log's end that no quorum has cosigned"
    yield GaugeMetricFamily("jinbao_unwitnessed_entries", text, 0 if found is None else found.entries)


def _clocks(work: UnitOfWork) -> Iterator[Metric]:
    today = day_of(time.time_ns() // 1_000)
    found = running_clocks(work, today, load_working_days())
    meaning = f"Running clocks: all, due within {DUE_SOON_WORKING_DAYS} working days, past due"
    clocks = GaugeMetricFamily("jinbao_clocks", meaning, labels=["state"])
    for state, count in found.items():
        clocks.add_metric([state], count)
    yield clocks


def _waiting(work: UnitOfWork) -> Iterator[Metric]:
    oldest = work.bulk.execute("SELECT MIN(received_at) FROM parked").scalar()
    age_s = 0.0 if oldest is None else time.time() - oldest / 1_000_000
    yield GaugeMetricFamily("jinbao_parked_oldest_seconds", "Age of the oldest parked message, 0 for none", age_s)
    left = unread_fen(work, reconciled_to(work))
    yield GaugeMetricFamily("jinbao_unexplained_fen", "What banks have booked and nothing explains yet, fen", left)
    text = "Working days of which no bank statement of a province tells"
    missing = GaugeMetricFamily("jinbao_missing_statement_days", text, labels=["province"])
    for province, days in missing_statements(work).items():
        missing.add_metric([province], days.number)
    yield missing
    undelivered = work.bulk.execute("SELECT COUNT(*) FROM outbox WHERE delivered_at IS NULL").scalar_one()
    yield GaugeMetricFamily("jinbao_outbox_waiting", "Outbox rows that the relay has not delivered", undelivered)
