"""The messages of synthetic ordinary cases, nine each and interleaved as in life, personal fields sealed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from uuid import UUID

from jinbao.bus.interface import Bus, OutgoingRecord
from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.keys.sealing import seal
from jinbao.platform.national_platform import topics
from jinbao.rules.payment_reference import make_payment_reference
from jinbao.rules.provinces import PROVINCES
from jinbao.rules.schemes import ENTERPRISE_EMPLOYEES
from jinbao.schemas import messages as m
from jinbao.schemas.codec import encode, headers_for
from jinbao.schemas.derived_ids import transfer_id
from jinbao.schemas.headers import bus_key
from jinbao.simulator.scenario.plan import SETTLED_PAIR

_OTHER_CASES_FROM = 50_000_000
EVENTS_A_CASE = 9
LIVE_CASES = 2_000
"""Cases under way at once: after nine times as many events the mixture of messages is steady."""
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
        self._origin, self._destination = draw.sample(sorted(PROVINCES), 2)
        while {self._origin, self._destination} == SETTLED_PAIR:  # no money follows their cases one by one
            self._origin, self._destination = draw.sample(sorted(PROVINCES), 2)
        self._transfer = transfer_id(self.relationship, self._destination, self._document(self._destination, 1)).bytes
        self._said = 0

    def _document(self, sender: str, said: int) -> str:
        return f"{sender}-2025-{self._number:08d}-{said}"

    def _envelope(self, sender: str) -> m.Envelope:
        self._said += 1
        return m.Envelope(
            event_id=self._draw.randbytes(16),
            relationship_id=self.relationship.bytes,
            transfer_id=self._transfer,
            sender=sender,
            operator="desk-07",
            local_document=self._document(sender, self._said),
            occurred_at=1_740_000_000_000_000 + self._said * 3_600_000_000,
        )

    def _sealed(self, envelope: m.Envelope) -> m.Sealed:
        fields = {"name": "合成甲", "number": f"11010119900307{self._number % 10_000:04d}", "employer": "合成有限公司"}
        sealed = seal(self._ring.key_for(self.relationship), envelope.event_id, fields)
        return m.Sealed(key_id=sealed.key_id, ciphertext=sealed.ciphertext)

    def messages(self) -> Iterator[m.Submission]:
        """The case from application to completion."""
        day = date(2025, 3, 3)
        to, fro = self._destination, self._origin
        envelope = self._envelope(to)
        yield m.ApplicationAccepted(
            envelope=envelope,
            scheme=ENTERPRISE_EMPLOYEES,
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
        yield from self._sheet_and_money(day)

    def _sheet_and_money(self, day: date) -> Iterator[m.Submission]:
        to, fro = self._destination, self._origin
        rows = [self._year(year) for year in range(2021, 2025)]
        own, pooling = self._draw.randrange(100_000, 3_000_000), sum(row.pooling for row in rows)
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
            rows=rows,
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


def submissions(events: int, ring: EmbeddedKeyRing, seed: int, first: int = 0) -> Iterator[m.Submission]:
    """What many cases say, interleaved; they are numbered after `first`."""
    draw = random.Random(seed)
    live: list[tuple[CaseWriter, Iterator[m.Submission]]] = []
    number = first
    for _ in range(events):
        while len(live) < min(LIVE_CASES, events // EVENTS_A_CASE + 1):
            number += 1
            writer = CaseWriter(number, ring, draw)
            live.append((writer, writer.messages()))
        at = draw.randrange(len(live))
        message = next(live[at][1])
        if isinstance(message, m.TransferCompleted):
            live[at] = live[-1]
            live.pop()
        yield message


def record(message: m.Submission) -> OutgoingRecord:
    """The message as an adapter sends it."""
    data = encode(message)
    return OutgoingRecord(
        m.SUBMISSIONS_TOPIC, bus_key(message.envelope.relationship_id), data, headers_for(message, data)
    )


def arriving(count: int, folder: Path, seed: int, run: int = 0) -> list[OutgoingRecord]:
    """Records of cases that are none of the day's, nor of another run in the same folder."""
    with closing(EmbeddedKeyRing(folder / "keys.sqlite", bytes(64), seed=seed)) as ring:
        return [record(message) for message in submissions(count, ring, seed + run, first=_OTHER_CASES_FROM)]


def fill(bus: Bus, events: int, folder: Path, seed: int) -> None:
    """Put the day's submissions on the bus."""
    ring = EmbeddedKeyRing(folder / "keys.sqlite", bytes(64), seed=seed)
    bus.create_topics(topics())
    producer = bus.producer()
    chunk: list[OutgoingRecord] = []
    for message in submissions(events, ring, seed):
        chunk.append(record(message))
        if len(chunk) == 5_000:
            producer.send(chunk)
            chunk.clear()
    if chunk:
        producer.send(chunk)
    producer.close()
    ring.close()
