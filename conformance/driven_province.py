"""A province of ours that does what instructions say: local system, office and adapter, step by step.

The kit plays the other provinces with it; the command `adapter conformance-driver` is the same as a candidate.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, cast

from jinbao.bus.interface import Bus, BusUnavailable
from jinbao.conformance.cut_bus import CutBus
from jinbao.conformance.instructions import Answer, Instruction, lacking
from jinbao.conformance.next_release import learn_folder
from jinbao.keys.key_ring import KeyRing
from jinbao.regional_adapter.exchange.adapter import RegionalAdapter
from jinbao.regional_adapter.local.local_records import Account, ContributionRow, Person
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.draft import OfficeError
from jinbao.regional_adapter.office.office import Office
from jinbao.rules.money import Fen
from jinbao.schemas.messages import Agency
from jinbao.service.province import Province

OPERATOR = "conformance"


def agency_of(province: str) -> Agency:
    """The invented agency that acts for a province."""
    return Agency(
        name=f"合成{province}社保中心",
        telephone="00000000000",
        address="合成市样本路1号",
        postcode="450000",
        bank_name="合成银行",
        account_title="合成社保基金收入户",
        account_number="1111111111",
    )


def now_us() -> int:
    """Microseconds since 1970 UTC."""
    return time.time_ns() // 1_000


class DrivenProvince:
    """One province in a data folder; its adapter runs between `start` and `stop`."""

    def __init__(self, folder: Path, code: str, bus: Bus, ring: KeyRing) -> None:
        self.province = code
        self.place = Province(folder, code, durable=False)
        self.network, self.ring = CutBus(bus), ring
        self.bus = cast(Bus, self.network)
        self._opened = ExitStack()
        self.local = self._opened.enter_context(closing(self.place.local_system()))
        self.local.keep_agency(agency_of(code))
        self.office = Office(self.local)
        self._running = ExitStack()
        self.adapter: RegionalAdapter | None = None
        self._does: dict[str, Callable[[Instruction], None]] = {
            "hello": lambda said: None,
            "bye": lambda said: None,
            "start": lambda said: self.start(),
            "stop": lambda said: self.stop(),
            "forget": lambda said: self.place.store_file.unlink(missing_ok=True),
            "cut-bus": lambda said: self.network.cut(),
            "restore-bus": lambda said: self.network.restore(),
            "upgrade": lambda said: learn_folder(Path(str(said.schemas))),
            "register": self._register,
            "apply": self._apply,
            "decide": self._decide,
            "pay": self._pay,
            "receive": self._receive,
        }

    def tell(self, instruction: Instruction) -> Answer:
        """Do it. What the office refuses is answered with its reason."""
        if instruction.do == "work":
            return Answer(ok=True, moved=self.work())
        if missing := lacking(instruction):
            return Answer(ok=False, error=f"{instruction.do} needs {', '.join(missing)}")
        try:
            self._does[instruction.do](instruction)
        except OfficeError as error:
            return Answer(ok=False, error=str(error))
        return Answer(ok=True)

    def work(self) -> bool:
        """Step the adapter until it finds nothing; False, since it then has nothing left to do."""
        moved = False
        try:
            while self.adapter is not None and self.adapter.step(now_us()):
                moved = True
        except BusUnavailable:
            if not self.network.is_cut:
                raise
        return moved

    def start(self) -> None:
        """Open the adapter's memory and join the bus."""
        if self.adapter is None:
            self.network.restore()
            store = self._running.enter_context(closing(self.place.store()))
            self.adapter = self._running.enter_context(closing(self.make_adapter(store)))

    def make_adapter(self, store: Any) -> RegionalAdapter:
        """The adapter between local system and bus."""
        return self.place.adapter(self.local, store, self.bus, self.ring, signer=self.place.signer())

    def stop(self) -> None:
        """Leave the bus as a process that is killed does: what was not sent stays where it is."""
        self._running.close()
        self.adapter = None

    def close(self) -> None:
        """Stop, and close the local system; bus and key ring are the caller's."""
        self.stop()
        self._opened.close()

    # --- what instructions ask for ---

    def _register(self, said: Instruction) -> None:
        assert said.person is not None
        self.local.register_person(self._person(said))
        if said.history:
            number = said.person.number
            self.local.register_account(Account(number=number))
            for year in said.history:
                row = ContributionRow(
                    number=number,
                    year=year.year,
                    first_month=year.first_month,
                    months=year.months,
                    contribution_base_total=Fen(year.base_total),
                    province=self.province,
                )
                self.local.register_contribution(row)

    def _person(self, said: Instruction) -> Person:
        assert said.person is not None
        told = said.person
        return Person(number=told.number, name=told.name, hukou_province=told.hukou_province, synthetic=True)

    def _apply(self, said: Instruction) -> None:
        assert said.person is not None
        assert said.case is not None
        if self.local.application(said.case) is not None:
            return  # the same record again: nothing new
        given = {
            "personal.number": said.person.number,
            "personal.name": said.person.name,
            "hukou_province": said.person.hukou_province,
            "origin": said.origin,
            "accepted_on": said.accepted_on and said.accepted_on.isoformat(),
        }
        case = self.office.case(said.case, now_us())
        self.office.submit(case, "accept-application", given, OPERATOR, now_us())

    def _decide(self, said: Instruction) -> None:
        assert said.decision is not None
        self._act(said, said.decision, dict(said.fields))

    def _pay(self, said: Instruction) -> None:
        given = {"amount": said.amount, "payment_reference": said.reference}
        self._act(said, "order-payment", {name: value for name, value in given.items() if value is not None})

    def _receive(self, said: Instruction) -> None:
        is_ours = bool(self.local.application(said.case or ""))
        given = {
            "payment_reference": said.reference,
            "payment_line": said.line,
            "amount": said.amount,
            "received_on": said.on and said.on.isoformat(),
        }
        self._act(said, "report-funds" if is_ours else "report-returned-funds", given)

    def _act(self, said: Instruction, action: str, given: dict[str, Any]) -> None:
        self.office.submit(self._case(said), action, given, OPERATOR, now_us(), again=False)

    def _case(self, said: Instruction) -> Case:
        """The case by its number here, or by its transfer's id. Raises OfficeError."""
        name = said.case if self.local.application(said.case or "") else said.transfer
        return self.office.find(name or "", now_us())
