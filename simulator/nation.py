"""The synthetic nation: 32 provinces, their banks and the platform, moved through virtual days; all wired here.

Everything that can fail is handed in at this one place. A day begins with the banks and the clerks; then rounds follow
until nobody has anything left to say. A run that was stopped, or killed, goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import Bus
from jinbao.keys.embedded_key_ring import open_key_ring
from jinbao.platform.aggregates.consequences import Law
from jinbao.platform.deadlines import SweepPolicy
from jinbao.platform.national_platform import NationalPlatform, law_in_force, topics
from jinbao.platform.projections.reconciliation import BankEntry, OpenItem, open_items
from jinbao.platform.queries import case_cash
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.regional_adapter.adapter import RegionalAdapter
from jinbao.regional_adapter.adapter_store import AdapterStore
from jinbao.regional_adapter.embedded_local_system import EmbeddedLocalSystem
from jinbao.rules.procedures import DEFAULT_PROCEDURE
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import inbox_topic
from jinbao.simulator.agencies import agency_of
from jinbao.simulator.applicants import Applicants
from jinbao.simulator.banks import Banks
from jinbao.simulator.courses import application_of, courses_of
from jinbao.simulator.desk import Desk
from jinbao.simulator.distribution import ORIGINS
from jinbao.simulator.faults import PlannedFaults
from jinbao.simulator.law import amended, amendment_day, simulated_law
from jinbao.simulator.office import Office
from jinbao.simulator.plan import Incident, Plan, make_plan
from jinbao.simulator.rounds import Rounds
from jinbao.simulator.run_state import Run, RunState
from jinbao.simulator.side_desk import LEAVING_DAYS
from jinbao.simulator.summary import summary
from jinbao.simulator.virtual_clock import VirtualClock, round_instant

DEFAULT_START = date(2025, 1, 2)
_LONGEST_LIMIT = 60
"""Working days after the last one that due dates may reach."""


@dataclass(frozen=True, slots=True)
class DayReport:
    """What one virtual day brought."""

    day: date
    number: int
    """Working days of the run, counted from 1."""
    rounds: int
    tasks: int
    """Things that clerks did."""
    messages: int
    """Submissions that the platform took in."""


class Nation:
    """A run in a folder. `begin` starts one, `resume` opens one; both hold the folder's files until `close`."""

    def __init__(
        self,
        folder: Path,
        state: RunState,
        *,
        open_bus: Callable[[Path], Bus] | None = None,
        store: Store | None = None,
    ) -> None:
        """`open_bus` and `store` replace the embedded engines of the folder."""
        self.folder = folder
        self._state = state
        self.run = run = state.load()
        shipped = law_in_force(run.procedure)
        as_released = VirtualClock(run.start, run.days, shipped.working_days)
        self._law = simulated_law(shipped, as_released)
        self._amended_law = amended(self._law, as_released)
        self._amendment = amendment_day(as_released)
        self.clock = VirtualClock(run.start, run.days, self._amended_law.working_days)
        self.plans = [make_plan(run.seed, index, run.days) for index in range(run.transfers)]
        self._courses = {course.transfer: course for plan in self.plans for course in courses_of(plan)}
        self.ring = open_key_ring(folder, seed=run.seed)
        self.bus = open_bus(folder) if open_bus else EmbeddedBus(folder / "bus.sqlite", durable=False)
        self.bus.create_topics(topics())
        planned = {application_of(p).transfer: p.incident for p in self.plans}
        self._faults = PlannedFaults({t: incident for t, incident in planned.items() if incident is not None})
        self.rounds = Rounds(self.bus, state.path, fault=self._faults, durable=False)
        self.banks = Banks(folder / "banks.sqlite", durable=False)
        self.store = store or Store(f"sqlite:///{folder / 'platform.sqlite'}", durable=False)
        is_amended = self._amendment is not None and (self.today, run.collected or run.round > 0) > (
            self._amendment,
            False,
        )
        self.platform = self._platform(self._amended_law if is_amended else self._law)
        self._adapter_stores: dict[str, AdapterStore] = {}
        self.offices = {province: self._office(province) for province in sorted(PROVINCES)}
        self._applications: dict[int, list[Plan]] = {}
        self._leavings: dict[int, list[Plan]] = {}
        for plan in self.plans:
            self._applications.setdefault(plan.applied_on_day, []).append(plan)
            if plan.certificates:
                self._leavings.setdefault(max(0, plan.applied_on_day - LEAVING_DAYS), []).append(plan)
        if (run.day, run.collected or run.round > 0) > (self._loss_day, False):
            self._faults.let_receipts_pass(self._forgetful)
        self._applicants = Applicants(run.seed, self.plans, self.clock, self.ring, self.offices)
        self._recall()

    # --- wiring ---

    @classmethod
    def begin(
        cls,
        folder: Path,
        *,
        seed: int,
        transfers: int,
        days: int,
        start: date = DEFAULT_START,
        procedure: str = DEFAULT_PROCEDURE,
        **engines: Any,
    ) -> Nation:
        """A new run in an empty folder.

        Raises RunExistsError where the folder holds anything, CalendarError where the days leave the calendar, and
        ProcedureError where there is no such procedure.
        """
        _ = VirtualClock(start, days + _LONGEST_LIMIT, law_in_force(procedure).working_days).calendar
        run = Run(seed=seed, transfers=transfers, start=start, days=days, procedure=procedure)
        return cls(folder, RunState(folder, run), **engines)

    @classmethod
    def resume(cls, folder: Path, **engines: Any) -> Nation:
        """The run that the folder holds. Raises NoRunError."""
        return cls(folder, RunState(folder), **engines)

    def _platform(self, law: Law) -> NationalPlatform:
        return NationalPlatform(self.rounds.seen_by("00"), self.store, law=law, policy=SweepPolicy(), simulated=True)

    def _amend_calendar(self) -> None:
        """The platform is started again with the next release of the calendar."""
        self.platform.close()
        self.platform = self._platform(self._amended_law)

    def _office(self, province: str) -> Office:
        local = EmbeddedLocalSystem(self.folder / "local" / f"{province}.sqlite", province, durable=False)
        desk = Desk(
            province,
            self.run.seed,
            self.clock,
            self._law.procedures,
            local,
            self.banks,
            self.ring,
            agency_of(province),
        )
        return Office(desk, self._adapter(local), self._courses.get, self._plan_of_line)

    def _adapter(self, local: EmbeddedLocalSystem) -> RegionalAdapter:
        province = local.province
        store = AdapterStore(self.folder / "adapters" / f"{province}.sqlite", durable=False)
        self._adapter_stores[province] = store
        return RegionalAdapter(
            province,
            local=local,
            bus=self.rounds.seen_by(province),
            key_ring=self.ring,
            store=store,
            simulated=True,
        )

    def _recall(self) -> None:
        """Put the files of a run that has begun before back in order, office by office."""
        for day in range(self.run.day + 1):
            for plan in self._leavings.get(day, ()):
                self._applicants.reopen_certificate(plan)
            for plan in self._applications.get(day, ()):
                self._applicants.reopen(plan)
        for office in self.offices.values():
            office.recall()

    # --- an adapter loses its memory ---

    @property
    def _loss_day(self) -> int:
        """The day on which one adapter loses its own store: it says everything again, and nothing counts twice."""
        return self.run.days * 4 // 5

    @property
    def _forgetful(self) -> str:
        """The smallest origin whose receipt for a letter was lost, so that the receipt comes after all, or any."""
        lost = [p.origin for p in self.plans if p.incident is Incident.LETTER_RECEIPT_LOST]
        return min(lost or sorted(PROVINCES), key=lambda province: (ORIGINS[province], province))

    def _lose_a_store(self) -> None:
        province = self._forgetful
        self._faults.let_receipts_pass(province)
        office = self.offices[province]
        office.adapter.close()
        store = self._adapter_stores[province]
        store.close()
        for file in store.path.parent.glob(f"{store.path.name}*"):
            file.unlink()
        office.adapter = self._adapter(office.local)

    def plan_of(self, transfer: UUID) -> Plan | None:
        """The plan of a transfer; None where it is none of this nation's."""
        course = self._courses.get(transfer)
        return None if course is None else course.plan

    def _plan_of_line(self, line: int) -> Plan | None:
        """The plan whose payments bear that line number; the first, in a nation so large that numbers come again."""
        return self.plans[line - 1] if 0 < line <= len(self.plans) else None

    def close(self) -> None:
        """Leave the bus and close all files."""
        for office in self.offices.values():
            office.close()
        for store in self._adapter_stores.values():
            store.close()
        self.platform.close()
        self.store.close()
        self.rounds.close()
        self.bus.close()
        self.banks.close()
        self.ring.close()
        self._state.close()

    def __enter__(self) -> Nation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- time ---

    @property
    def finished(self) -> bool:
        """Whether all days are over."""
        return self.run.day >= self.run.days

    @property
    def today(self) -> date:
        """The virtual day that comes next, or the last one of a finished run."""
        return self.clock.calendar[min(self.run.day, self.run.days - 1)]

    def run_day(self) -> DayReport:
        """One working day: banks, clerks, then rounds until nobody has anything to say."""
        assert not self.finished, "the run is over"
        began = time.perf_counter()
        run, today = self.run, self.today
        tasks = self._office_hours(today) if run.round == 0 and not run.collected else 0
        messages = self._rounds(today)
        report = DayReport(today, run.day + 1, run.round, tasks, messages)
        run.day, run.round, run.collected = run.day + 1, 0, False
        run.worked_us += round((time.perf_counter() - began) * 1_000_000)
        self._state.save(run)
        self.rounds.forget_released()
        return report

    def _office_hours(self, today: date) -> int:
        """What people, clerks and banks do by day; done again after a kill, it changes nothing."""
        if self.run.day == self._loss_day:
            self._lose_a_store()
        if today == self._amendment:
            self._amend_calendar()
        self.banks.post(today)
        for plan in self._leavings.get(self.run.day, ()):
            self._applicants.leave(plan, today)
        for plan in self._applications.get(self.run.day, ()):
            self._applicants.apply(plan, today)
        tasks = 0
        for office in self.offices.values():
            with office.local.batch():
                office.read_post()
                tasks += office.work(today)
        self.banks.post(today)
        return tasks

    def _rounds(self, today: date) -> int:
        """Rounds until all outboxes are relayed, all inboxes read, and nothing is held back.

        The first round hears every adapter, later ones those who were written to in the round before; after a round
        that another process began, that is not known, and all are heard.
        """
        run, taken = self.run, 0
        taken_up = run.collected
        speaking = everybody = list(self.offices.values())
        while True:
            now = self.rounds.now = round_instant(today, run.round)
            if not run.collected:
                self._until_idle(*(office.adapter.step for office in speaking), now=now)
                if run.round == 0:
                    self.platform.sweep.step(now)
                run.collected = True
                self._state.save(run)
            quiet = self.rounds.is_quiet()
            self.rounds.release()
            taken += self._until_idle(self.platform.ingest.step, now=now)
            relayed = self._until_idle(self.platform.relay.step, now=now)
            if quiet and not relayed:
                return taken
            run.round, run.collected = run.round + 1, False
            self._state.save(run)
            if not taken_up:
                speaking = [office for office in everybody if inbox_topic(office.province) in self.rounds.addressed]
            taken_up = False
            self.rounds.addressed.clear()

    @staticmethod
    def _until_idle(*steps: Callable[[int], int], now: int) -> int:
        done = 0
        for step in steps:
            while count := step(now):
                done += count
        return done

    # --- results ---

    def open_items(self) -> list[OpenItem]:
        """Every difference between the banks' books and the ledger, by province, case and payment."""
        by_province: dict[str, list[BankEntry]] = {province: [] for province in self.offices}
        for e in self.banks.entries():
            by_province[e.province].append(BankEntry(e.province, e.transfer_id, e.reference, e.line, e.amount))
        with self.store.read() as work:
            return [
                item
                for province, entries in by_province.items()
                for item in open_items(work, province, self._named(work, province, entries))
            ]

    def _named(self, work: UnitOfWork, province: str, entries: list[BankEntry]) -> list[BankEntry]:
        """The postings; one that names no case is put to the one that the ledger has its payment under."""
        known = {(reference, line): t for (t, reference, line), amount in case_cash(work, province).items() if amount}
        return [
            replace(e, transfer_id=known.get((e.reference, e.line), e.transfer_id)) if self._is_nameless(e) else e
            for e in entries
        ]

    def _is_nameless(self, entry: BankEntry) -> bool:
        course = self._courses.get(entry.transfer_id)
        return course is not None and course.kind == "nameless"

    def summary(self) -> dict[str, Any]:
        """The result so far, as `jinbao simulate --json` prints it."""
        return summary(self.store, self.run.transfers, self.run.worked_us)
