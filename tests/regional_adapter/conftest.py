"""Builders for the adapter's tests: provinces with real local systems, stores and adapters on a real embedded bus."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import BusRecord, OutgoingRecord
from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.keys.open_key_ring import open_key_ring
from jinbao.regional_adapter.exchange.adapter import RegionalAdapter
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.forms.application import application_form
from jinbao.regional_adapter.forms.contact_letter import contact_letter
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_records import Account, Application, ContributionRow, Person
from jinbao.schemas.codec import decode
from jinbao.schemas.headers import bus_key, headers_for
from jinbao.schemas.messages import SUBMISSIONS_TOPIC, Agency, Record, inbox_topic

NUMBER = "11010519491231002X"
NAME = "合成甲样本"


@dataclass
class Province:
    """One province with everything behind and in front of its adapter."""

    code: str
    nation: Nation
    local: EmbeddedLocalSystem
    store: AdapterStore
    adapter: RegionalAdapter

    def run(self) -> None:
        """Step until nothing is left to do."""
        for _ in range(50):
            if self.adapter.step(0) == 0:
                return
        raise AssertionError("the adapter does not come to rest")

    def restart(self, *, lose_store: bool = False) -> None:
        """Stop the adapter and start it again, with or without what it remembers."""
        self.adapter.close()
        self.store.close()
        if lose_store:
            for file in self.store.path.parent.glob(self.store.path.name + "*"):
                file.unlink()
        self.store = AdapterStore(self.store.path, durable=False)
        self.adapter = self.nation.adapter_for(self.local, self.store)


@dataclass
class Nation:
    """A bus, a key ring and the provinces on them, in one folder."""

    folder: Path
    bus: EmbeddedBus
    ring: EmbeddedKeyRing
    provinces: dict[str, Province] = field(default_factory=dict)

    def province(self, code: str) -> Province:
        """The province, made on first use."""
        if code not in self.provinces:
            self.bus.create_topics({inbox_topic(code): 1})
            local = EmbeddedLocalSystem(self.folder / "local" / f"{code}.sqlite", code, durable=False)
            store = AdapterStore(self.folder / "adapters" / f"{code}.sqlite", durable=False)
            self.provinces[code] = Province(code, self, local, store, self.adapter_for(local, store))
        return self.provinces[code]

    def adapter_for(self, local: EmbeddedLocalSystem, store: AdapterStore) -> RegionalAdapter:
        return RegionalAdapter(local.province, local=local, bus=self.bus, key_ring=self.ring, store=store)

    def records(self, topic: str = SUBMISSIONS_TOPIC) -> list[BusRecord]:
        """Everything on a topic, in order of partition and offset."""
        consumer = self.bus.consumer([topic], "test")
        try:
            for partition in consumer.assignment():
                consumer.seek(partition, 0)
            found: list[BusRecord] = []
            while batch := consumer.poll(10_000):
                found += batch
            return found
        finally:
            consumer.close()

    def submissions(self) -> list[Record]:
        """Everything on the topic of submissions, decoded."""
        return [decode(record.value) for record in self.records()]

    def forward(self, message: Record, data: bytes, province: str, headers: tuple[tuple[str, bytes], ...] = ()) -> None:
        """Put a message into a province's inbox, as the platform's relay does."""
        producer = self.bus.producer()
        key = bus_key(message.envelope.relationship_id)  # type: ignore[attr-defined]
        all_headers = headers_for(message, data) + headers
        producer.send([OutgoingRecord(inbox_topic(province), key, data, all_headers)])
        producer.close()


@pytest.fixture
def bus_clock() -> Callable[[], int]:
    """What the bus stamps its records with, microseconds since 1970 UTC."""
    return lambda: time.time_ns() // 1_000


@pytest.fixture
def bare_nation(tmp_path: Path, bus_clock: Callable[[], int]) -> Iterator[Nation]:
    """A nation whose topics somebody else creates."""
    bus = EmbeddedBus(tmp_path / "bus.sqlite", durable=False, clock=bus_clock)
    ring = open_key_ring(tmp_path, seed=1)
    made = Nation(tmp_path, bus, ring)
    yield made
    for province in made.provinces.values():
        province.adapter.close()
        province.store.close()
        province.local.close()
    ring.close()
    bus.close()


@pytest.fixture
def nation(bare_nation: Nation) -> Nation:
    """A nation without a platform."""
    bare_nation.bus.create_topics({SUBMISSIONS_TOPIC: 4})
    return bare_nation


@pytest.fixture
def person() -> Person:
    return Person(
        number=NUMBER,
        name=NAME,
        sex="2",
        birth=date(1949, 12, 31),
        hukou_province="41",
        address="合成市样本路1号",
        telephone="00000000",
        employer_name="合成样本公司",
        employer_number="91350100M000100Y43",
        bank_account="0000000000000000",
        synthetic=True,
    )


@pytest.fixture
def application() -> Application:
    return Application(
        number="A-0001",
        person=NUMBER,
        origin="44",
        applied_on=date(2019, 9, 2),
        accepted_on=date(2019, 9, 3),
        certificate_number="C-77",
    )


@pytest.fixture
def agency() -> Agency:
    return Agency(
        name="合成省社保中心",
        telephone="00000001",
        address="合成市样本路2号",
        postcode="450000",
        bank_name="合成银行",
        account_title="合成省社保基金",
        account_number="1111111111",
        bank_line_number="222222222222",
    )


@pytest.fixture
def history() -> list[ContributionRow]:
    """Worked example A: Guangdong to Henan."""
    return [
        ContributionRow(number=NUMBER, year=year, months=months, contribution_base_total=base, province="44")
        for year, months, base in ((2017, 12, 4_800_000), (2018, 12, 6_000_000), (2019, 9, 5_400_000))
    ]


@pytest.fixture
def account() -> Account:
    return Account(number=NUMBER)


Apply = Callable[[Province], str]


@pytest.fixture
def apply(person: Person, application: Application, agency: Agency) -> Apply:
    """Register the application at a province and write what its desk would: acceptance and letter."""

    def at(destination: Province) -> str:
        local = destination.local
        local.register_person(person)
        local.register_application(application)
        accepted = application_form(application, person, destination.code)
        letter = contact_letter(application.number, accepted, agency)
        local.write_document(accepted.KIND, application.number, application.number, accepted.fields, "clerk", 1_000)
        local.write_document(letter.KIND, letter.letter_number, application.number, letter.fields, "clerk", 2_000)
        return application.number

    return at
