"""A day of the nation on the embedded engines: how fast ingest is, against the plain idiom and the database's limit.

    python benchmarks/national_day.py --events 200000

All figures are events per second of one run on one machine; only their ratios mean something elsewhere.
`ingest_per_s`   submissions taken from the bus with everything that follows, batch by batch;
`naive_per_s`    the `eventsourcing` library's documented idiom on SQLite: one save and one board update an event;
`limit_per_s`    raw batched insertion of exactly the rows that ingest wrote, same tables and indexes, nothing else;
`replay_per_s`   every relationship loaded again from its stored facts.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

from naive import naive_rate

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import OutgoingRecord
from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.keys.sealing import seal
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.national_platform import NationalPlatform, topics
from jinbao.platform.store.mapper import decode_fact
from jinbao.platform.store.store import Store
from jinbao.platform.store.tables import metadata
from jinbao.rules.payment_reference import make_payment_reference
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas import messages as m
from jinbao.schemas.codec import encode, headers_for

EVENTS_A_CASE = 9
LIVE_CASES = 4_000
"""Cases under way at once: their messages come interleaved, as in life."""
BATCH = 2_000
AGENCY = m.Agency(
    name="合成社会保险基金管理局",
    telephone="000-00000000",
    address="合成市合成路1号",
    postcode="100000",
    bank_name="合成银行",
    account_title="合成社会保险基金支出户",
    account_number="0000000000000000",
)


class CaseWriter:
    """Writes the nine messages of an ordinary case, personal fields sealed."""

    def __init__(self, number: int, ring: EmbeddedKeyRing, draw: random.Random) -> None:
        self._draw = draw
        self._ring = ring
        self._number = number
        self.relationship = UUID(bytes=draw.randbytes(16))
        self._transfer = draw.randbytes(16)
        self._origin, self._destination = draw.sample(sorted(PROVINCES), 2)
        self._said = 0

    def _envelope(self, sender: str) -> m.Envelope:
        self._said += 1
        return m.Envelope(
            event_id=self._draw.randbytes(16),
            relationship_id=self.relationship.bytes,
            transfer_id=self._transfer,
            sender=sender,
            operator="desk-07",
            local_document=f"{sender}-2025-{self._number:08d}-{self._said}",
            occurred_at=1_740_000_000_000_000 + self._said * 3_600_000_000,
        )

    def _sealed(self, envelope: m.Envelope) -> m.Sealed:
        fields = {"name": "合成甲", "number": f"11010119900307{self._number % 10_000:04d}", "employer": "合成有限公司"}
        sealed = seal(self._ring, self.relationship, envelope.event_id, fields)
        return m.Sealed(key_id=sealed.key_id, ciphertext=sealed.ciphertext)

    def messages(self) -> Iterator[m.Submission]:
        """The case from application to completion."""
        day = date(2025, 3, 3)
        to, fro = self._destination, self._origin
        envelope = self._envelope(to)
        yield m.ApplicationAccepted(
            envelope=envelope,
            scheme="110",
            origin=fro,
            destination=to,
            accepted_on=day,
            personal=self._sealed(envelope),
            hukou_province=to,
        )
        envelope = self._envelope(to)
        yield m.ContactLetterIssued(
            envelope=envelope,
            letter_version=1,
            letter_number=f"L{self._number}",
            agency=AGENCY,
            personal=self._sealed(envelope),
        )
        yield m.ContactLetterReceived(envelope=self._envelope(fro), letter_version=1)
        yield m.OriginReviewPassed(envelope=self._envelope(fro), letter_version=1)
        own, pooling = self._draw.randrange(100_000, 3_000_000), self._draw.randrange(100_000, 3_000_000)
        envelope = self._envelope(fro)
        yield m.InformationSheetSent(
            envelope=envelope,
            sheet_version=1,
            letter_version=1,
            individual_before_1998=0,
            account_at_previous_year_end=own,
            current_year_principal=0,
            individual_total=own,
            pooling_total=pooling,
            total=own + pooling,
            first_month=202101,
            last_month=202412,
            months=48,
            rows=[self._year(year) for year in range(2021, 2025)],
            agency=AGENCY,
            personal=self._sealed(envelope),
        )
        reference = make_payment_reference(f"{fro}{self._number:010d}")
        yield m.FundsRemitted(
            envelope=self._envelope(fro),
            payment_reference=reference,
            payment_line=1,
            amount=own + pooling,
            purpose="transfer",
            remitted_on=day,
        )
        yield m.InformationSheetReceived(envelope=self._envelope(to), sheet_version=1)
        yield m.FundsReceived(
            envelope=self._envelope(to),
            payment_reference=reference,
            payment_line=1,
            amount=own + pooling,
            received_on=day,
        )
        yield m.TransferCompleted(
            envelope=self._envelope(to),
            sheet_version=1,
            individual_total=own,
            pooling_total=pooling,
            completed_on=day,
        )

    def _year(self, year: int) -> m.YearRow:
        return m.YearRow(
            year=year,
            first_month=year * 100 + 1,
            last_month=year * 100 + 12,
            months=12,
            province=self._origin,
            contribution_base_total=6_000_000,
            account_rate_bp=800,
            account_credit=480_000,
            account_interest=17_160,
            account_balance=497_160,
            pooling=720_000,
        )


def records(events: int, ring: EmbeddedKeyRing, seed: int) -> Iterator[OutgoingRecord]:
    """Submissions of many cases, interleaved."""
    draw = random.Random(seed)
    live: list[tuple[CaseWriter, Iterator[m.Submission]]] = []
    number = 0
    for _ in range(events):
        while len(live) < min(LIVE_CASES, events // EVENTS_A_CASE + 1):
            number += 1
            writer = CaseWriter(number, ring, draw)
            live.append((writer, writer.messages()))
        at = draw.randrange(len(live))
        writer, messages = live[at]
        message = next(messages)
        if isinstance(message, m.TransferCompleted):
            live[at] = live[-1]
            live.pop()
        data = encode(message)
        yield OutgoingRecord(m.SUBMISSIONS_TOPIC, writer.relationship.bytes, data, headers_for(message, data))


def fill(bus: EmbeddedBus, events: int, folder: Path, seed: int) -> None:
    """Put the day's submissions on the bus."""
    ring = EmbeddedKeyRing(folder / "keys.sqlite", bytes(64), seed=seed)
    bus.create_topics(topics())
    producer = bus.producer()
    chunk: list[OutgoingRecord] = []
    for record in records(events, ring, seed):
        chunk.append(record)
        if len(chunk) == 5_000:
            producer.send(chunk)
            chunk.clear()
    producer.send(chunk)
    producer.close()
    ring.close()


def ingest_rate(bus: EmbeddedBus, store: Store, events: int) -> tuple[float, list[float]]:
    """Events per second, and the same for each tenth of the run."""
    platform = NationalPlatform(bus, store, batch_size=BATCH)
    marks = [time.perf_counter()]
    done, now = 0, 1_750_000_000_000_000
    while taken := platform.ingest.step(now):
        done += taken
        now += 1_000_000
        if done * 10 >= events * len(marks):
            marks.append(time.perf_counter())
    platform.close()
    assert done == events, f"{done} of {events} submissions came through"
    spans = [after - before for before, after in zip(marks, marks[1:], strict=False)]
    return events / (marks[-1] - marks[0]), [events / 10 / span for span in spans]


def limit_rate(source: Store, folder: Path, events: int) -> float:
    """Insert exactly the rows that ingest wrote, in as many transactions, without anything else."""
    with source.read() as work:
        tables = {
            table: [tuple(row) for row in work.bulk.connection.execute(table.select())]
            for table in metadata.sorted_tables
        }
    target = Store(f"sqlite:///{folder}/limit.sqlite")
    target.create()
    batches = -(-events // BATCH)
    gc.collect()
    start = time.perf_counter()
    for i in range(batches):
        with target.write() as work:
            for table, rows in tables.items():
                work.bulk.insert(table, rows[len(rows) * i // batches : len(rows) * (i + 1) // batches])
    spent = time.perf_counter() - start
    target.close()
    return events / spent


def replay_rate(store: Store) -> float:
    """Load every relationship from its stored facts."""
    with store.read() as work:
        numbers = {r[0]: UUID(bytes=r[1]) for r in work.bulk.connection.exec_driver_sql("SELECT stream, relationship_id FROM streams")}
        start = time.perf_counter()
        events = 0
        current, relationship = 0, PensionRelationship.begin(UUID(int=0), 0)
        for stream, version, topic, state, submission in work.events.select_facts(list(numbers)):
            if stream != current:
                current, relationship = stream, PensionRelationship.begin(numbers[stream], 0)
            relationship.take(decode_fact(topic, state), submission)
            relationship.version = version
            events += 1
        return events / (time.perf_counter() - start)


def main() -> None:
    """Run and print JSON."""
    parser = argparse.ArgumentParser(description="A day of the nation on the embedded engines")
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bus, store = EmbeddedBus(folder / "bus.sqlite"), Store(f"sqlite:///{folder}/platform.sqlite")
        sys.stderr.write(f"filling the bus with {options.events} submissions\n")
        fill(bus, options.events, folder, options.seed)
        gc.collect()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        ingest, tenths = ingest_rate(bus, store, options.events)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
        result = {
            "events": options.events,
            "ingest_per_s": round(ingest),
            "ingest_per_s_by_tenth": [round(rate) for rate in tenths],
            "memory_grown_mib": grown,
            "naive_per_s": round(naive_rate(folder, min(options.events, 5_000))),
            "limit_per_s": round(limit_rate(store, folder, options.events)),
            "replay_per_s": round(replay_rate(store)),
        }
        result["ingest_over_naive"] = round(result["ingest_per_s"] / result["naive_per_s"], 1)  # type: ignore[operator]
        result["ingest_over_limit"] = round(result["ingest_per_s"] / result["limit_per_s"], 2)  # type: ignore[operator]
        store.close()
        bus.close()
    sys.stdout.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
