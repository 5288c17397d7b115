"""Builders for the platform's tests: what provinces say about one transfer, a relationship to say it to, and a whole
platform on a real embedded bus and SQLite. All persons are synthetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec
import pytest

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import BusRecord, OutgoingRecord
from jinbao.bus.partitioner import partition_of
from jinbao.platform.aggregates.consequences import Law
from jinbao.platform.aggregates.facts import Fact
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.case_cache import Outcome
from jinbao.platform.national_platform import SUBMISSION_PARTITIONS, NationalPlatform, law_in_force
from jinbao.platform.store.store import Store
from jinbao.platform.store.tables import metadata
from jinbao.rules.payment_reference import make_payment_reference
from jinbao.rules.working_days import end_of_day
from jinbao.schemas import messages as m
from jinbao.schemas.codec import decode, encode, headers_for
from jinbao.schemas.headers import bus_key
from jinbao.schemas.transfer_ids import transfer_id

NAMESPACE = UUID("3b0e5c53-6f0f-5c12-8c0b-0a3c5d0f9e11")
DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
SHEET = (0, 933_425, 432_000, 1_944_000)
"""Example A of the rules: before 1998, account, current year, pooling; 33 094.25 yuan in all."""
TOTAL = sum(SHEET)
AGENCY = m.Agency(
    name="示例社保中心",
    telephone="010-00000000",
    address="示例路1号",
    postcode="450000",
    bank_name="示例银行",
    account_title="示例收入户",
    account_number="0000 0000 0001",
)
SEALED = m.Sealed(key_id=b"k" * 16, ciphertext=b"c" * 64)


def instant(day: str, hour: int = 10) -> int:
    """Microseconds since 1970 UTC of an hour of a day in Shanghai."""
    return end_of_day(date.fromisoformat(day)) - DAY_US + hour * HOUR_US


@dataclass
class Transfer:
    """What is said about one transfer: every method makes one message, with an id of its own each time."""

    person: int = 1
    origin: str = "44"
    destination: str = "41"
    application: str = ""
    happened: int = instant("2025-03-03", 9)
    said: int = 0
    began_as: int | None = None
    """The person under whose number it began, if it was another one."""
    relationship_id: bytes = field(init=False)
    transfer_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.application = self.application or f"HA-{self.person}"
        self.relationship_id = uuid5(NAMESPACE, f"person {self.person}").bytes
        self._begin(self.destination)

    def _begin(self, province: str) -> None:
        whose = uuid5(NAMESPACE, f"person {self.person if self.began_as is None else self.began_as}")
        self.transfer_id = transfer_id(whose, province, self.application).bytes

    def _say(self, kind: type[m.Submission], sender: str, values: dict[str, Any], over: dict[str, Any]) -> Any:
        self.said += 1
        over = dict(over)
        envelope = m.Envelope(
            event_id=over.pop("event_id", None)
            or uuid5(NAMESPACE, f"{self.relationship_id.hex()} {self.application} {self.said}").bytes,
            relationship_id=self.relationship_id,
            transfer_id=self.transfer_id,
            sender=over.pop("sender", sender),
            operator="clerk-1",
            local_document=self.application,
            occurred_at=over.pop("occurred_at", self.happened),
        )
        return kind(envelope=envelope, **{**values, **over})

    def apply(self, **over: Any) -> Any:
        values = {
            "scheme": "110",
            "origin": self.origin,
            "destination": self.destination,
            "accepted_on": date(2025, 3, 3),
            "personal": SEALED,
        }
        return self._say(m.ApplicationAccepted, self.destination, values, over)

    def refuse(self, reason: str = "NOT_INSURED_HERE", **over: Any) -> Any:
        values = {"reason_code": reason, "reason_text": "本地无参保关系"}
        return self._say(m.ApplicationRefused, self.destination, values, over)

    def letter(self, version: int = 1, **over: Any) -> Any:
        values = {"letter_version": version, "letter_number": f"L{version}", "agency": AGENCY, "personal": SEALED}
        return self._say(m.ContactLetterIssued, self.destination, values, over)

    def letter_received(self, version: int = 1, **over: Any) -> Any:
        return self._say(m.ContactLetterReceived, self.origin, {"letter_version": version}, over)

    def letter_deemed(self, version: int = 1, **over: Any) -> Any:
        return self._say(m.ContactLetterDeemedReceived, m.PLATFORM, {"letter_version": version}, over)

    def review(self, version: int = 1, **over: Any) -> Any:
        return self._say(m.OriginReviewPassed, self.origin, {"letter_version": version}, over)

    def return_letter(self, reason: str = "BANK_DATA_INVALID", version: int = 1, **over: Any) -> Any:
        values = {"letter_version": version, "reason_code": reason, "reason_text": "账户信息有误"}
        return self._say(m.TransferReturned, self.origin, values, over)

    def sheet(self, version: int = 1, parts: tuple[int, int, int, int] = SHEET, letter: int = 1, **over: Any) -> Any:
        individual = sum(parts[:3])
        values = {
            "sheet_version": version,
            "letter_version": letter,
            "individual_before_1998": parts[0],
            "account_at_previous_year_end": parts[1],
            "current_year_principal": parts[2],
            "individual_total": individual,
            "pooling_total": parts[3],
            "total": individual + parts[3],
            "first_month": 201701,
            "last_month": 201909,
            "months": 33,
            "rows": [],
            "agency": AGENCY,
            "personal": SEALED,
        }
        return self._say(m.InformationSheetSent, self.origin, values, over)

    def sheet_received(self, version: int = 1, **over: Any) -> Any:
        return self._say(m.InformationSheetReceived, self.destination, {"sheet_version": version}, over)

    def sheet_deemed(self, version: int = 1, **over: Any) -> Any:
        return self._say(m.InformationSheetDeemedReceived, m.PLATFORM, {"sheet_version": version}, over)

    def reference(self, payment: int) -> str:
        return make_payment_reference(f"{self.person}X{self.origin}{self.application.replace('-', '')}P{payment}")

    def _payment(self, payment: int, amount: int) -> dict[str, Any]:
        return {"payment_reference": self.reference(payment), "payment_line": 1, "amount": amount}

    def remit(self, payment: int = 1, amount: int = TOTAL, **over: Any) -> Any:
        purpose = "transfer" if payment == 1 else "top_up"
        values = {**self._payment(payment, amount), "purpose": purpose, "remitted_on": date(2025, 3, 3)}
        return self._say(m.FundsRemitted, self.origin, values, over)

    def receive(self, payment: int = 1, amount: int = TOTAL, **over: Any) -> Any:
        values = {**self._payment(payment, amount), "received_on": date(2025, 3, 4)}
        return self._say(m.FundsReceived, self.destination, values, over)

    def mismatch(
        self, received: int, request: str = "top_up", version: int = 1, expected: int = TOTAL, **over: Any
    ) -> Any:
        values = {
            "sheet_version": version,
            "expected": expected,
            "received": received,
            "request": request,
            "text": "金额与信息表不符",
        }
        return self._say(m.MismatchReported, self.destination, values, over)

    def give_back(self, amount: int, payment: int = 9, of: int = 1, **over: Any) -> Any:
        values = {
            **self._payment(payment, amount),
            "returned_reference": self.reference(of),
            "returned_line": 1,
            "returned_on": date(2025, 3, 5),
        }
        return self._say(m.FundsReturned, self.destination, values, over)

    def got_back(self, amount: int, payment: int = 9, **over: Any) -> Any:
        values = {**self._payment(payment, amount), "received_on": date(2025, 3, 6)}
        return self._say(m.ReturnedFundsReceived, self.origin, values, over)

    def complete(self, version: int = 1, parts: tuple[int, int, int, int] = SHEET, **over: Any) -> Any:
        values = {
            "sheet_version": version,
            "individual_total": sum(parts[:3]),
            "pooling_total": parts[3],
            "completed_on": date(2025, 3, 7),
        }
        return self._say(m.TransferCompleted, self.destination, values, over)

    def ask_withdrawal(self, version: int = 1, **over: Any) -> Any:
        values = {"letter_version": version, "reason_text": "本人申请"}
        return self._say(m.WithdrawalRequested, self.destination, values, over)

    def withdraw(self, **over: Any) -> Any:
        return self._say(m.TransferWithdrawn, self.destination, {"reason_text": "本人申请"}, over)

    def close(self, **over: Any) -> Any:
        return self._say(m.TransferClosed, self.destination, {"reason_text": "不再办理"}, over)

    def warn(self, clock: str, due: str, run: int = 1, **over: Any) -> Any:
        values = {"clock": clock, "clock_run": run, "due": date.fromisoformat(due)}
        return self._say(m.DeadlineApproaching, m.PLATFORM, values, over)

    def miss(self, clock: str, due: str, run: int = 1, **over: Any) -> Any:
        values = {"clock": clock, "clock_run": run, "due": date.fromisoformat(due)}
        return self._say(m.DeadlineMissed, m.PLATFORM, values, over)

    def lump_sum(self, months: int = 40, paid_on: str = "2015-05-04", paid_in: str = "44", **over: Any) -> Any:
        values = {
            "letter_version": 1,
            "months": months,
            "amount": 1_200_000,
            "paid_on": date.fromisoformat(paid_on),
            "paid_in": paid_in,
        }
        return self._say(m.LumpSumFound, self.origin, values, over)

    def ask_document(self, paid_in: str = "44", **over: Any) -> Any:
        return self._say(m.LumpSumDocumentRequested, self.origin, {"paid_in": paid_in}, over)

    def document(self, kind: str = "commitment", day: str = "2025-03-05", **over: Any) -> Any:
        values = {"document": kind, "document_number": "W-1", "document_date": date.fromisoformat(day)}
        return self._say(m.LumpSumDocumentSupplied, self.origin, values, over)

    def notice(self, **over: Any) -> Any:
        values = {"notice_number": "G-1", "notified_on": date(2025, 3, 5), "text": "告知内容"}
        return self._say(m.LumpSumNoticeSent, self.origin, values, over)

    def arrears(self, months: int = 3, own_part: int = 96_000, **over: Any) -> Any:
        values = {"letter_version": 1, "months": months, "own_part": own_part}
        return self._say(m.ArrearsReported, self.origin, values, over)

    def settle(self, amount: int = 96_000, **over: Any) -> Any:
        return self._say(m.ArrearsSettled, self.origin, {"paid_on": date(2025, 3, 6), "amount": amount}, over)

    def decline(self, **over: Any) -> Any:
        return self._say(m.ArrearsDeclined, self.origin, {"declined_on": date(2025, 3, 6)}, over)

    def bounce(self, payment: int = 1, amount: int = TOTAL, **over: Any) -> Any:
        values = {**self._payment(payment, amount), "bounced_on": date(2025, 3, 5), "reason_text": "账号有误"}
        return self._say(m.PaymentBounced, self.origin, values, over)

    def unknown_money(self, payment: int = 1, amount: int = TOTAL, **over: Any) -> Any:
        values = {**self._payment(payment, amount), "payer": self.origin, "received_on": date(2025, 3, 4)}
        return self._say(m.UnassignedFundsReceived, self.destination, values, over)

    def assign_money(self, to: bytes, **over: Any) -> Any:
        values = {"assigned_to": to, "reason_text": "已查明"}
        return self._say(m.UnassignedFundsAssigned, self.destination, values, over)

    def freeze(self, cause: str = "death", **over: Any) -> Any:
        values = {"cause": cause, "happened_on": date(2025, 3, 5), "document_number": "S-1"}
        return self._say(m.TransferFrozen, self.destination, values, over)

    def offer(self, kind: str, names: bytes | None = None, account: str | None = None, **over: Any) -> Any:
        self._begin(self.origin)
        values = {
            "kind": kind,
            "origin": self.origin,
            "destination": self.destination,
            "offered_on": date(2025, 3, 3),
            "letter_number": "Z-1",
            "agency": AGENCY,
            "personal": SEALED,
            "names": names,
            "account_number": account,
        }
        return self._say(m.TransferOffered, self.origin, values, over)

    def reverse(self, reversal: bytes, **over: Any) -> Any:
        return self._say(m.TransferReversed, self.origin, {"reversal": reversal, "reason_text": "误转"}, over)

    def correct_identity(self, to: bytes, reason: str = "upgraded_15_to_18", **over: Any) -> Any:
        values = {"reason": reason, "new_relationship_id": to, "personal": SEALED}
        return self._say(m.IdentityCorrected, self.destination, values, over)

    def annul(self, message: Any, **over: Any) -> Any:
        values = {"annulled_event_id": message.envelope.event_id, "reason_text": "登记有误"}
        return self._say(m.FactAnnulled, message.envelope.sender, values, over)

    def change_agency(self, **over: Any) -> Any:
        values = {"reason": "merged", "valid_from": date(2025, 3, 5), "agency": AGENCY}
        return self._say(m.AgencyChanged, self.origin, values, over)

    def clear_overlap(self, refund: int = 96_000, payment: int = 20, months: int = 3, **over: Any) -> Any:
        line = self._payment(payment, refund)
        values = {
            "first_month": 201701,
            "last_month": 201703,
            "months": months,
            "kept_province": self.destination,
            "payment_reference": line["payment_reference"],
            "payment_line": 1,
            "refund": refund,
            "paid_on": date(2025, 3, 10),
        }
        return self._say(m.OverlapCleared, self.destination, values, over)

    def redate(self, clock: str, old: str, new: str, run: int = 1, calendar: str = "amended", **over: Any) -> Any:
        days = {"old_due": date.fromisoformat(old), "new_due": date.fromisoformat(new)}
        values = {"clock": clock, "clock_run": run, "calendar": calendar, **days}
        return self._say(m.ClockRedated, m.PLATFORM, values, over)

    def tell_person(self, about: str = "TransferCompleted", **over: Any) -> Any:
        values = {"about": about, "informed_on": date(2025, 3, 10), "means": "letter", "text": "告知内容"}
        return self._say(m.PersonInformed, self.destination, values, over)

    def tell_employer(self, about: str = "TransferCompleted", **over: Any) -> Any:
        values = {"about": about, "informed_on": date(2025, 3, 10), "means": "letter", "text": "告知内容"}
        return self._say(m.EmployerInformed, self.destination, values, over)

    def certificate(self, number: str = "PZ-1", version: int = 1, **over: Any) -> Any:
        values = {
            "certificate_number": number,
            "certificate_version": version,
            "first_month": 201701,
            "last_month": 201909,
            "months": 33,
            "account_kind": "general",
            "agency": AGENCY,
            "personal": SEALED,
        }
        return self._about_the_person(m.CertificateIssued, values, over)

    def open_account(self, number: str = "LS-1", **over: Any) -> Any:
        values = {"account_number": number, "opened_on": date(2015, 1, 5), "personal": SEALED}
        return self._about_the_person(m.TemporaryAccountOpened, values, over)

    def contribute(self, number: str = "LS-1", individual: int = 384_000, employer: int = 960_000, **over: Any) -> Any:
        months = {"first_month": 201501, "last_month": 201512, "months": 12}
        values = {"account_number": number, **months, "individual": individual, "employer": employer}
        return self._about_the_person(m.ContributionsRecorded, values, over)

    def seal_account(self, number: str = "LS-1", **over: Any) -> Any:
        values = {"account_number": number, "sealed_on": date(2020, 1, 6)}
        return self._about_the_person(m.TemporaryAccountSealed, values, over)

    def _about_the_person(self, kind: type[m.Submission], values: dict[str, Any], over: dict[str, Any]) -> Any:
        message = self._say(kind, self.origin, values, over)
        envelope = msgspec.structs.replace(message.envelope, transfer_id=m.NO_TRANSFER)
        return msgspec.structs.replace(message, envelope=envelope)

    def until_origin_review(self) -> list[Any]:
        return [self.apply(), self.letter(), self.letter_received()]

    def until_transfer(self) -> list[Any]:
        return [*self.until_origin_review(), self.review()]

    def until_confirmation(self, amount: int = TOTAL) -> list[Any]:
        return [
            *self.until_transfer(),
            self.sheet(),
            self.remit(1, amount),
            self.sheet_received(),
            self.receive(1, amount),
        ]

    def until_mismatch(self, amount: int, request: str) -> list[Any]:
        return [*self.until_confirmation(amount), self.mismatch(amount, request)]

    def both_in(self, amount: int = TOTAL, **sheet: Any) -> list[Any]:
        """Sheet and money, each sent and received."""
        return [self.sheet(**sheet), self.sheet_received(), self.remit(1, amount), self.receive(1, amount)]

    def whole(self) -> list[Any]:
        return [*self.until_confirmation(), self.complete()]


@dataclass
class Relationship:
    """A pension relationship that hears messages: each is decided, and recorded when it is a fact."""

    law: Law
    aggregate: PensionRelationship
    facts: list[Fact] = field(default_factory=list)

    def hear(self, message: Any, at: int = instant("2025-03-03")) -> Any:
        decision = self.aggregate.decide(message, at, self.law)
        if isinstance(decision, Fact):
            self.aggregate.record(decision, submission=message.envelope.event_id, received_at=at, recorded_at=at)
            self.facts.append(decision)
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

    TABLES = tuple(metadata.tables)
    READ_MODELS = ("case_board", "clocks", "flows", "ledger_entries", "ledger_balances", "settlement_cases")

    def __init__(
        self,
        folder: Path,
        *,
        law: Law | None = None,
        batch_size: int = 2_000,
        simulated: bool = False,
        expects_incidents: bool = False,
    ) -> None:
        self.folder = folder
        self.expects_incidents = expects_incidents
        self.now = instant("2025-03-03")
        self.bus = EmbeddedBus(folder / "bus.db", durable=False, clock=lambda: self.now)
        self.store = Store(f"sqlite:///{folder / 'platform.db'}", durable=False)
        self.national = NationalPlatform(self.bus, self.store, law=law, batch_size=batch_size, simulated=simulated)
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

    def outcomes(self) -> list[tuple[str, str | None]]:
        """(outcome, code) of the intake's rows, in order."""
        return [
            (Outcome(outcome).name, code)
            for outcome, code in self.rows("SELECT outcome, code FROM intake ORDER BY position")
        ]

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
    return _every_path


def _every_path(people: Sequence[int] = range(1, 14)) -> list[Any]:
    said: list[Any] = []
    person = iter(people)
    said += Transfer(next(person)).whole()
    refused = Transfer(next(person))
    said += [refused.apply(), refused.refuse()]
    returned = Transfer(next(person), "32")
    said += [*returned.until_origin_review(), returned.return_letter(), returned.letter(2)]
    said += [returned.letter_received(2), returned.review(2), returned.receive(), returned.sheet(letter=2)]
    said += [returned.sheet_received(), returned.complete(), returned.remit()]
    short = Transfer(next(person), "33", "34")
    said += [*short.until_mismatch(TOTAL - 500, "top_up"), short.remit(2, 500), short.receive(2, 500), short.complete()]
    excess = Transfer(next(person), "31", "51")
    said += [*excess.until_mismatch(TOTAL + 700, "take_back_excess"), excess.give_back(700), excess.complete()]
    said += [excess.got_back(700)]
    wrong, less = Transfer(next(person), "11", "43"), (0, 933_425, 432_000, 1_943_000)
    said += [*wrong.until_mismatch(TOTAL - 1_000, "correct_sheet"), wrong.sheet(2, less), wrong.sheet_received(2)]
    said += [wrong.complete(2, less)]
    early = Transfer(next(person))
    said += [early.apply(), early.withdraw()]
    agreed = Transfer(next(person))
    said += [*agreed.until_transfer(), agreed.ask_withdrawal(), agreed.return_letter("WITHDRAWAL_AGREED")]
    said += [agreed.withdraw()]
    closed = Transfer(next(person))
    said += [*closed.until_origin_review(), closed.return_letter("PERSON_NOT_FOUND"), closed.close()]
    collector = next(person)
    first, second = Transfer(collector, "44", "41", "HA-10a"), Transfer(collector, "32", "41", "HA-10b")
    elsewhere = Transfer(collector, "11", "50", "CQ-10")
    said += [first.apply(), second.apply(), elsewhere.apply(), second.letter(), *first.until_transfer()[1:]]
    disordered = Transfer(next(person))
    said += [*reversed(disordered.until_transfer()), disordered.letter(sender="44"), disordered.close(sender="11")]
    repeated = Transfer(next(person))
    application = repeated.apply()
    other = repeated.apply(event_id=application.envelope.event_id, origin="45")
    said += [application, application, other, other, application]
    never = Transfer(next(person))
    said += [never.sheet(), never.letter()]
    return said


@pytest.fixture(scope="session")
def every_rare_path() -> Callable[..., list[Any]]:
    """Messages of a small nation that reaches every rarer turn; what one person says is in its order."""
    return _every_rare_path


def _every_rare_path(people: Sequence[int] = range(101, 126)) -> list[Any]:
    person = iter(people)
    return [
        *_partial_and_supplement(next(person)),
        *_lump_sum_with_document(next(person)),
        *_temporary_accounts(next(person), next(person)),
        *_several_origins(next(person)),
        *_money_astray(next(person), next(person), next(person)),
        *_undone(next(person)),
        *_frozen(next(person), next(person), next(person)),
        *_taken_back(next(person), next(person)),
        *_other_number(next(person), next(person)),
        *_aftermath(next(person)),
        *_settled_by_period(next(person)),
    ]


def _settled_by_period(person: int) -> list[Any]:
    case = Transfer(person, "51", "50", application="CQ-1")
    return [*case.until_transfer(), case.sheet(), case.sheet_received(), case.complete()]


def _partial_and_supplement(person: int) -> list[Any]:
    first, later, rest = Transfer(person), Transfer(person, application="GD-S1"), (0, 1_000_000, 0, 200_000)
    partial = first.both_in(withheld_months=40, withheld_amount=1_200_000)
    said = [*first.until_transfer(), first.lump_sum(), first.notice(), first.tell_person("LumpSumNoticeSent")]
    said += [*partial, first.complete(), first.document(), later.offer("supplement", first.transfer_id)]
    said += [later.sheet(1, rest), later.sheet_received(), later.remit(1, 1_200_000), later.receive(1, 1_200_000)]
    return [*said, later.complete(1, rest)]


def _lump_sum_with_document(person: int) -> list[Any]:
    t = Transfer(person, "33", "34")
    said = [t.certificate(), t.certificate(version=2), t.apply(certificate_number="PZ-1"), *t.until_transfer()[1:]]
    said += [
        t.lump_sum(paid_on="2019-05-06", paid_in="32"),
        t.ask_document("32"),
        t.document("commitment", sender="32"),
    ]
    said += [t.document("audit", "2019-05-05", sender="32"), t.arrears(), t.settle(), *t.both_in(), t.complete()]
    return said


def _temporary_accounts(collected: int, moved: int) -> list[Any]:
    whole = (0, 1_344_000, 0, 0)
    said: list[Any] = []
    for person, kind, day in (
        (collected, "temporary_collection", "2025-03-03"),
        (moved, "temporary_move", "2016-11-01"),
    ):
        t = Transfer(person)
        said += [t.open_account(), t.contribute()]
        said += [t.seal_account(), t.contribute()] if person == collected else []
        said += [t.offer(kind, account="LS-1", offered_on=date.fromisoformat(day)), t.sheet(1, whole)]
        said += [t.remit(1, 1_344_000), t.sheet_received(), t.receive(1, 1_344_000), t.complete(1, whole)]
    return said


def _several_origins(person: int) -> list[Any]:
    first, second, third = (Transfer(person, o, "41", f"HA-{o}") for o in ("44", "32", "33"))
    said = [first.apply(), second.apply(), third.apply(), third.letter(), second.letter(), second.letter_received()]
    said += [second.return_letter(), third.letter_received(), third.review(), third.lump_sum(paid_in="33")]
    said += [third.notice(), *first.until_transfer()[1:], *first.both_in(), second.letter(2), first.complete()]
    said += [*third.both_in(withheld_months=40, withheld_amount=1_200_000), second.letter_received(2), second.review(2)]
    return [*said, *second.both_in(letter=2), third.complete(), second.complete()]


def _money_astray(bounced: int, unknown: int, late: int) -> list[Any]:
    t = Transfer(bounced)
    said = [*t.until_transfer(), t.sheet(), t.sheet_received(), t.remit(), t.bounce(), t.receive()]
    said += [t.remit(2), t.receive(2), t.complete()]
    t, holding, other = (Transfer(unknown, application=a) for a in ("HA-U", "UNKNOWN-1", "UNKNOWN-2"))
    said += [*t.until_transfer(), t.sheet(), t.sheet_received(), t.remit()]
    said += [holding.unknown_money(payment_reference=t.reference(1)), holding.assign_money(t.transfer_id)]
    said += [t.receive(), t.complete(), other.unknown_money(), other.give_back(TOTAL), other.close()]
    t = Transfer(late, "31", "51")
    return [*said, *t.whole(), t.receive(2, 5_000), t.give_back(5_000, of=2), t.got_back(5_000)]


def _undone(person: int) -> list[Any]:
    first, back = Transfer(person), Transfer(person, "41", "44", "HA-B1")
    offer = back.offer("reversal", first.transfer_id)
    return [*first.whole(), offer, *back.both_in(), back.complete(), first.reverse(back.transfer_id)]


def _frozen(completed: int, given_back: int, taken_back: int) -> list[Any]:
    t = Transfer(completed)
    said = [*t.until_confirmation(), t.freeze(), t.complete()]
    t = Transfer(given_back, "11", "43")
    said += [*t.until_confirmation(), t.freeze("pension_started", sender="11"), t.close(), t.give_back(TOTAL)]
    said += [t.close(), t.got_back(TOTAL)]
    t = Transfer(taken_back)
    mistake = t.freeze("nationality_lost")
    return [*said, *t.until_transfer(), mistake, t.annul(mistake), *t.both_in(), t.complete()]


def _taken_back(letter: int, money: int) -> list[Any]:
    t = Transfer(letter)
    issued = t.letter()
    said = [t.apply(), issued, t.annul(issued), t.letter(), t.letter_received(), t.annul(issued)]
    t = Transfer(money)
    paid, sheet = t.remit(), t.sheet()
    said += [*t.until_transfer(), sheet, t.annul(sheet), t.sheet(), t.sheet_received(), paid, t.annul(paid)]
    return [*said, t.remit(1, TOTAL), t.receive(), t.complete()]


def _other_number(wrong: int, right: int) -> list[Any]:
    before = Transfer(wrong)
    after = Transfer(right, application=before.application, began_as=wrong)
    said = [*before.until_transfer(), before.sheet(), before.remit(), before.correct_identity(after.relationship_id)]
    after.said = 100
    said += [before.sheet_received(), after.sheet_received(), after.receive(payment_reference=before.reference(1))]
    live, stays = Transfer(right, "32", application="HA-live"), Transfer(wrong, "32", application="HA-stays")
    said += [after.complete(), live.apply(), *stays.until_origin_review()]
    return [*said, stays.correct_identity(after.relationship_id), stays.review()]


def _aftermath(person: int) -> list[Any]:
    t = Transfer(person)
    said = [*t.until_transfer(), t.change_agency(), t.arrears(), t.decline(), *t.both_in(), t.complete()]
    return [*said, t.clear_overlap(), t.clear_overlap(), t.tell_person(), t.tell_employer(), t.tell_person()]
