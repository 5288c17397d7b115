"""Offices of several provinces with their adapters and a real platform between them; every word is a clerk's."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from jinbao.bus.embedded import EmbeddedBus
from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.keys.key_ring import KeyRing
from jinbao.keys.open_key_ring import open_key_ring
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.projections.case_board import case_of
from jinbao.platform.projections.clocks import clocks_of
from jinbao.platform.store.store import Store
from jinbao.regional_adapter.exchange.adapter import RegionalAdapter
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_records import Account, ContributionRow, Person
from jinbao.regional_adapter.local.local_system import LocalDocument
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.office import Office
from jinbao.rules.money import Fen
from jinbao.rules.working_days import day_of
from jinbao.schemas.messages import Agency

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def invented(serial: int) -> Person:
    """An invented person with a number whose check digit is right."""
    body = f"1101051949123{serial:04d}"
    check = "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]
    return Person(number=body + check, name=f"合成样本{serial}", sex="2", hukou_province="41", synthetic=True)


def now() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1_000


@dataclass
class Clerk:
    """A province's clerk: office, local system and adapter."""

    province: str
    local: EmbeddedLocalSystem
    store: AdapterStore
    adapter: RegionalAdapter
    office: Office
    said: dict[str, LocalDocument] = field(default_factory=dict)

    def case(self, name: str) -> Case:
        return self.office.find(name, now())

    def can(self, name: str) -> list[str]:
        return [action.name for action in self.office.actions(self.case(name))]

    def state(self, name: str) -> tuple[str, str, str]:
        found = self.office.situation(self.case(name))
        return found.state, found.turn, found.group

    def act(self, name: str, action: str, **given: Any) -> LocalDocument:
        """Submit an action on a case that is known, or begin one of that number."""
        case = self.case(name) if self.local.cases_called(name) else self.office.case(name, now())
        fields = {path.replace("__", "."): value for path, value in given.items()}
        return self.office.submit(case, action, fields, f"clerk-{self.province}", now())

    def document(self, written: LocalDocument) -> LocalDocument:
        """How a document stands now."""
        (found,) = self.local.outgoing(written.sequence - 1, 1)
        return found


@dataclass
class Country:
    """Clerks of several provinces, and the platform between them."""

    folder: Path
    bus: EmbeddedBus
    ring: EmbeddedKeyRing
    platform: NationalPlatform
    ring_of: Callable[[str], KeyRing] | None = None
    """The ring that a province's adapter works with, where that is not the country's own."""
    clerks: dict[str, Clerk] = field(default_factory=dict)
    persons: dict[str, Person] = field(default_factory=dict)

    def person(self, case: str) -> Person:
        """The person of a case, another one for each."""
        return self.persons.setdefault(case, invented(1000 + 2 * len(self.persons)))

    def insure(self, province: str, person: Person) -> None:
        """Register a person with account and history at a province."""
        local = self.clerk(province).local
        local.register_person(person)
        local.register_account(Account(number=person.number))
        for year, months, base in ((2017, 12, 4_800_000), (2018, 12, 6_000_000), (2019, 9, 5_400_000)):
            row = ContributionRow(
                number=person.number, year=year, months=months, contribution_base_total=Fen(base), province=province
            )
            local.register_contribution(row)

    def clerk(self, province: str) -> Clerk:
        if province not in self.clerks:
            local = EmbeddedLocalSystem(self.folder / "local" / f"{province}.sqlite", province, durable=False)
            store = AdapterStore(self.folder / "adapters" / f"{province}.sqlite", durable=False)
            ring = self.ring_of(province) if self.ring_of else self.ring
            adapter = RegionalAdapter(province, local=local, bus=self.bus, key_ring=ring, store=store)
            agency = Agency(
                name=f"合成{province}社保中心",
                telephone="00000001",
                address="合成市样本路2号",
                postcode="450000",
                bank_name="合成银行",
                account_title="合成社保基金",
                account_number="1111111111",
            )
            self.clerks[province] = Clerk(province, local, store, adapter, Office(local, agency))
        return self.clerks[province]

    def settle(self) -> None:
        """Let platform and adapters work until nothing is left."""
        idle = 0
        while idle < 2:
            done = sum(clerk.adapter.step(now()) for clerk in self.clerks.values()) + self.platform.step(now())
            idle = idle + 1 if done == 0 else 0

    def say(self, province: str, case: str, action: str, **given: Any) -> LocalDocument:
        """A clerk submits, everybody works, and the platform has accepted it."""
        clerk = self.clerk(province)
        written = clerk.act(case, action, **given)
        self.settle()
        stands = clerk.document(written)
        assert stands.state is DocumentState.ACCEPTED, f"{action}: {stands.state.name} {stands.code} {stands.field}"
        clerk.said[stands.kind] = stands
        transfer = clerk.local.transfer_of(stands.case)
        if transfer is not None:
            self.agree(stands.kind, transfer)
        return stands

    def agree(self, said: str, transfer: UUID) -> None:
        """Every party to the transfer sees the state, turn and next due day that the platform has."""
        with self.platform.store.read() as work:
            row = case_of(work, transfer)
            if row is None or row.state in ("moving", "moved"):
                return
            clocks = clocks_of(work, row.case_id)
        for clerk in self.clerks.values():
            for name in clerk.local.cases_called(transfer.hex):
                case = clerk.office.case(name, now())
                if case.role not in ("destination", "origin") or clerk.province not in (row.origin, row.destination):
                    continue
                found = clerk.office.situation(case)
                running = [c.due for c in clocks if c.ended_at is None and c.responsible == clerk.province]
                here = (found.state, found.turn, str(found.due) if found.due else None)
                there = (row.state, row.waiting_for, min(running, default=None))
                assert here == there, f"{clerk.province} after {said}"

    def to_letter(self, case: str, origin: str = "44", destination: str = "41", number: str | None = None) -> str:
        """An application taken at the counter and its letter; the name of the case at the origin."""
        person = self.person(case)
        self.insure(origin, person)
        self.say(
            destination,
            case,
            "accept-application",
            personal__number=number or person.number,
            personal__name=person.name,
            origin=origin,
            accepted_on=day_of(now()).isoformat(),
        )
        return str(self.say(destination, case, "issue-letter").key)

    def to_sheet(self, case: str, origin: str = "44", destination: str = "41") -> str:
        """Reviewed, and the sheet sent; the name of the case at the origin."""
        letter = self.to_letter(case, origin, destination)
        self.say(origin, letter, "pass-review")
        self.say(origin, letter, "send-sheet")
        return letter

    def to_confirmation(self, case: str, origin: str = "44", destination: str = "41") -> str:
        """Sheet and money in; the name of the case at the origin."""
        letter = self.to_sheet(case, origin, destination)
        self.say(origin, letter, "order-payment")
        self.say(destination, case, "report-funds")
        return letter


@contextmanager
def country_in(folder: Path) -> Iterator[Country]:
    """A country whose files lie in the folder, without clerks at first."""
    bus = EmbeddedBus(folder / "bus.sqlite", durable=False)
    ring = open_key_ring(folder, seed=1)
    store = Store(f"sqlite:///{folder / 'platform.sqlite'}")
    made = Country(folder, bus, ring, NationalPlatform(bus, store))
    yield made
    for clerk in made.clerks.values():
        clerk.adapter.close()
        clerk.store.close()
        clerk.local.close()
    made.platform.close()
    store.close()
    ring.close()
    bus.close()
