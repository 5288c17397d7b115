"""The synthetic nation: 32 provinces, their banks and the platform, moved through virtual days; all wired here.

Everything that can fail is handed in at this one place. A day begins with the banks and the clerks; then rounds follow
until nobody has anything left to say. A run that was stopped, or killed, goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID

from jinbao.bus.interface import BusError
from jinbao.keys.open_key_ring import open_key_ring
from jinbao.platform.national_platform import law_in_force, topics
from jinbao.platform.projections.reconciliation import OpenItem
from jinbao.platform.store.store import StoreError
from jinbao.regional_adapter.exchange.belonging import open_own_ring
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.office.office import Office as DocumentOffice
from jinbao.rules.procedures import DEFAULT_PROCEDURE
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import PLATFORM
from jinbao.service.province import Province
from jinbao.simulator.banks import Banks, Delay
from jinbao.simulator.clerks.certificate import LEAVING_DAYS
from jinbao.simulator.clerks.clerk import Clerk
from jinbao.simulator.clerks.counter import Applicants
from jinbao.simulator.clerks.office import RefusedRowError
from jinbao.simulator.engines import Engines
from jinbao.simulator.ingest_processes import IngestProcesses, IngestTask
from jinbao.simulator.law import changing_law
from jinbao.simulator.nation_books import nation_open_items
from jinbao.simulator.planted_changes import plant_changes
from jinbao.simulator.platform_side import PlatformSide
from jinbao.simulator.population.agencies import agency_of
from jinbao.simulator.population.people import People
from jinbao.simulator.provinces import Provinces, Surroundings
from jinbao.simulator.provinces_forms import check_forms, open_forms
from jinbao.simulator.rounds import Rounds
from jinbao.simulator.run_state import NoRunError, Run, RunState
from jinbao.simulator.scenario.courses import Courses
from jinbao.simulator.scenario.distribution import ORIGINS
from jinbao.simulator.scenario.faults import PlannedFaults
from jinbao.simulator.scenario.plan import Incident, Plan
from jinbao.simulator.scenario.plants import plans_of
from jinbao.simulator.signing import begin_log, hand_chains, take_chains
from jinbao.simulator.summary import summary
from jinbao.simulator.virtual_clock import VirtualClock, round_instant
from jinbao.simulator.witnesses import Witnesses

DEFAULT_START = date(2025, 1, 2)
_LONGEST_LIMIT = 60
"""Working days after the last one that due dates may reach."""
_WITHOUT_ENGINES = (
    "其中的国家另有总线和数据库，请用 --bus 和 --database 指明",
    "its nation has bus and database elsewhere: name them by --bus and --database",
)
_WITH_ENGINES = (
    "其中的国家用该目录自己的文件，请去掉 --bus 和 --database",
    "its nation runs on files in that folder: leave --bus and --database out",
)


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

    def __init__(self, folder: Path, state: RunState, engines: Engines | None = None) -> None:
        """`engines`: those of the folder, unless others are named."""
        self.folder = folder
        self.engines = engines or Engines.of(folder)
        self._open(state)

    delay: Delay | None = None  # what the banks leave on its way

    def _open(self, state: RunState) -> None:
        """Open everything; when something cannot be opened, what was is closed again."""
        self._opened = ExitStack()
        with ExitStack() as opened:
            opened.callback(state.close)
            self._state = state
            self.run = run = state.load()
            law = self._law = changing_law(run)
            self.clock = VirtualClock(run.start, run.days, law.amended.working_days)
            self._drawn = plans_of(run.seed, run.transfers, run.days, run.plant)
            self.plans = self._drawn if run.sample is None else [self._drawn[index] for index in run.sample]
            self.bus = self.engines.open_bus()
            opened.callback(self.bus.close)
            self.bus.create_topics(topics())
            open_ring = partial(open_key_ring, self.folder, seed=run.seed)
            self.ring = open_own_ring(self.bus, (), lambda expected: open_ring(expected=expected))
            opened.callback(self.ring.close)
            people = People(run.seed, self._drawn, self.clock, self.ring)
            self.courses = Courses(people.relationship_of)
            self._courses = {course.transfer: course for plan in self.plans for course in self.courses.of(plan)}
            planned = {self.courses.application(p).transfer: p.incident for p in self.plans}
            self._faults = PlannedFaults({t: incident for t, incident in planned.items() if incident is not None})
            self.rounds = Rounds(self.bus, state.path, fault=self._faults, durable=False)
            opened.callback(self.rounds.close)
            file = self.folder / "banks.sqlite"
            self.banks = opened.enter_context(closing(Banks(file, durable=False, delay=self.delay)))
            self.store = self.engines.open_store()
            opened.callback(self.store.close)
            self.store.create()
            self._log_key, self.rounds.signers = begin_log(self.folder, self.store, run.start, run.procedure)
            take_chains(self.folder, self.rounds)
            opened.callback(hand_chains, self.folder, self.rounds)
            begun = (self.today, run.collected or run.round > 0)
            is_amended = law.amendment is not None and begun > (law.amendment, False)
            self.platform = self._platform(is_amended=is_amended)
            opened.callback(lambda: self.platform.close())
            self.provinces = Provinces(
                Surroundings(
                    self.folder,
                    self.bus,
                    self.rounds.seen_by,
                    self.ring,
                    self._clerk_for,
                    self._courses.get,
                    self._plan_of_line,
                    self.engines.bus_url,
                    self.engines.adapters_apart,
                )
            )
            opened.callback(self.provinces.close)
            self.offices = self.provinces.offices
            witnesses = Witnesses(self.folder, self.bus, self.store, self._log_key.verifier)
            self._witnesses = opened.enter_context(closing(witnesses))
            self._assign_plans()
            if (run.day, run.collected or run.round > 0) > (self._loss_day, False):
                self._faults.let_receipts_pass(self._forgetful)
            self._applicants = Applicants(run.seed, people, self.courses, self.clock, self.offices)
            self._recall()
            self._opened = opened.pop_all()

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
        sample: Sequence[int] | None = None,
        engines: Engines | None = None,
        forms: str | None = None,
        plant: str | None = None,
    ) -> Nation:
        """A new run in an empty folder, and where `engines` are named, on a bus and a database that nobody has used.

        `forms`: those in which provinces hand in what they know (`provinces_forms`); None: they write no files.
        `plant`: which irregularities auditors shall find; None: none.
        `sample` runs only those of the `transfers` drawn: each has the same script and the same person as among all.

        Raises UnknownFormsError, TooFewTransfersError, RunExistsError where the folder holds anything,
        EnginesUsedError, CalendarError where the days leave the calendar, ProcedureError where there is no such
        procedure, BusError and StoreError.
        """
        _ = VirtualClock(start, days + _LONGEST_LIMIT, law_in_force(procedure).working_days).calendar
        check_forms(forms)
        RunState.check_new(folder)
        if engines is not None:
            engines.prepare()
        run = Run(seed=seed, transfers=transfers, start=start, days=days, procedure=procedure, forms=forms, plant=plant)
        run.sample, run.own_engines = None if sample is None else tuple(sample), engines is None
        plans_of(seed, transfers, days, plant)
        return cls(folder, RunState(folder, run), engines)

    @classmethod
    def resume(cls, folder: Path, engines: Engines | None = None) -> Nation:
        """The run that the folder holds, on the engines that it began on.

        Raises NoRunError, also where it began on other engines than are named now; BusError and StoreError.
        """
        state = RunState(folder)
        if state.load().own_engines != (engines is None):
            state.close()
            zh, en = _WITHOUT_ENGINES if engines is None else _WITH_ENGINES
            raise NoRunError(f"{folder}：{zh}", f"{folder}: {en}")
        return cls(folder, state, engines)

    def recover(self) -> None:
        """Open everything anew after an engine failed: the day goes on in the round in which it broke off.

        Raises BusError and StoreError while an engine is not back; call it again then.
        """
        with suppress(BusError, StoreError):
            self.close()
        self._open(RunState(self.folder))

    def _platform(self, *, is_amended: bool) -> PlatformSide:
        law = self._law.amended if is_amended else self._law.released
        bus = self.rounds.seen_by(PLATFORM)
        if not self.engines.ingest_apart:
            return PlatformSide(bus, self.store, law, log_key=self._log_key)
        task = IngestTask(self.run, is_amended, self.engines.database_url, self.engines.bus_url)
        ingest = IngestProcesses(task, self.engines.ingest_processes, self.bus, self.store)
        return PlatformSide(bus, self.store, law, ingest, self._log_key)

    def _amend_calendar(self) -> None:
        """The platform is started again with the next release of the calendar."""
        self.platform.close()
        self.platform = self._platform(is_amended=True)

    def _assign_plans(self) -> None:
        """Put each plan under the days on which its person comes to a counter."""
        self._applications: dict[int, list[Plan]] = {}
        self._leavings: dict[int, list[Plan]] = {}
        for plan in self.plans:
            self._applications.setdefault(plan.applied_on_day, []).append(plan)
            if plan.certificates:
                self._leavings.setdefault(max(0, plan.applied_on_day - LEAVING_DAYS), []).append(plan)

    def _clerk_for(self, local: EmbeddedLocalSystem) -> Clerk:
        procedures, agency = self._law.released.procedures, agency_of(local.province)
        local.keep_agency(agency)  # as its adapter would: pages prefill their forms from it
        office = DocumentOffice(local, agency, procedures)
        return Clerk(
            local.province,
            self.run.seed,
            self.clock,
            procedures,
            local,
            self.banks,
            self.ring,
            agency,
            self.courses,
            office,
            open_forms(self.run.forms, local, Province(self.folder, local.province).documents),
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
        self._faults.let_receipts_pass(self._forgetful)
        self.provinces.lose_memory(self._forgetful)

    def _plan_of_line(self, line: int) -> Plan | None:
        """The plan whose payments bear that line number; the first, in a nation so large that numbers come again."""
        return self._drawn[line - 1] if 0 < line <= len(self._drawn) else None

    def close(self) -> None:
        """Leave the bus and close all files."""
        self._opened.close()

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
        self.platform.follow()
        self.platform.close_day(today)
        self.provinces.tell_uses(self.store)
        self.platform.relay(0)  # nothing waits any more: it signs what was told
        self._witnesses.cosign_on(run.day, run.days)
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
        if today == self._law.amendment:
            self._amend_calendar()
        self.banks.post(today)
        leaving, applying = self._leavings.get(self.run.day, ()), self._applications.get(self.run.day, ())
        for plan in leaving:
            self._applicants.leave(plan, today)
        for plan in applying:
            self._applicants.apply(plan, today)
        for office in self.offices.values():
            if bad := office.hand_in(today):
                raise RefusedRowError(bad)
        self._applicants.open_files(leaving, applying)
        tasks = 0
        for office in self.offices.values():
            office.read_post()
            if office.is_due(today):
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
        speaking = everybody = set(self.offices)
        while True:
            now = self.rounds.now = round_instant(today, run.round)
            if not run.collected:
                for province in sorted(speaking):
                    self.provinces.hear(province, now)
                if run.round == 0:
                    plant_changes(run, now, self.store, self.rounds.seen_by(PLATFORM), self._log_key)
                    self.platform.sweep(now)
                run.collected = True
                self._state.save(run)
            quiet = self.rounds.is_quiet()
            self.rounds.release()
            taken += self.platform.take_in(now)
            relayed = self.platform.relay(now)
            if quiet and not relayed:
                return taken
            run.round, run.collected = run.round + 1, False
            self._state.save(run)
            written_to = self.provinces.written_to(self.rounds.addressed)
            self.rounds.addressed.clear()
            speaking = everybody if taken_up else written_to
            taken_up = False

    # --- results ---

    def open_items(self) -> list[OpenItem]:
        """Every difference between the banks' books and the ledger, by province, case and payment."""
        return nation_open_items(self.store, self.banks, self.offices, self._is_nameless)

    def _is_nameless(self, transfer: UUID) -> bool:
        course = self._courses.get(transfer)
        return course is not None and course.kind == "nameless"

    def summary(self) -> dict[str, Any]:
        """The result so far, as `jinbao simulate --json` prints it."""
        told = summary(self.store, len(self.plans), self.run.worked_us)
        return {**told, "set_aside": sum(len(office.set_aside) for office in self.offices.values())}
