"""What all clerks of a province share: its systems, its pace, and the writing of a document into the local system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from jinbao.keys.key_ring import KeyRing
from jinbao.regional_adapter.forms.form import Form
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_system import LocalDocument
from jinbao.regional_adapter.office.actions import ACTIONS
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.office import Office
from jinbao.rules.payment_reference import make_payment_reference
from jinbao.rules.procedures import ClockRule, Milestone, Procedures, Role
from jinbao.schemas.messages import Agency, Fen
from jinbao.simulator.banks import Banks, BookEntry, OrderLine
from jinbao.simulator.clerks.case_file import CaseFile, Task, payment_key, stood_on
from jinbao.simulator.clerks.own_decision import decision_for
from jinbao.simulator.clerks.planted import planted_agency, planted_moment, planted_operator, planted_slip_day
from jinbao.simulator.own_files import OwnFiles
from jinbao.simulator.population.agencies import agency_of, change_of
from jinbao.simulator.scenario.courses import Courses
from jinbao.simulator.scenario.plan import Plan
from jinbao.simulator.scenario.seeded_random import derived, draw
from jinbao.simulator.virtual_clock import VirtualClock, office_instant

_LINES_AN_ORDER = 99_999
"""A payment line's number has five digits; a line is its transfer's own, so that no other case changes it."""
_OVERDUE_DAYS = 6
"""How much later one late clerk can be than another, working days."""
_NATIONAL_LIMIT = 15
"""Working days in which a clerk acts where its procedure has no clock for it (国办发〔2009〕66号 art. 8)."""
_SHARE_OF_CASE: dict[Role, int] = {"destination": 2, "origin": 4}
"""Tenths of a case's whole limit that these clerks take for each stage of theirs: the rest is post."""
_DEEMED_RECEIPT_DAYS = 2
"""By so many working days a clock starts later when the receipt is lost."""


D = TypeVar("D", bound="Clerk")


def _is_whole_case(clock: ClockRule) -> bool:
    return Milestone.application_accepted in clock.starts and Milestone.completed in clock.stops


@lru_cache(maxsize=65_536)
def _procedure_clocks(procedures: Procedures, province: str, day: date, counterpart: str) -> tuple[ClockRule, ...]:
    """The clocks of the procedure in force."""
    return procedures.in_force(province, day, counterpart).clocks


@lru_cache(maxsize=262_144)
def _drawn_share(seed: int, province: str, index: int, step: tuple[object, ...]) -> float:
    """Share of its limit that a step of a transfer takes; drawn once, asked for often."""
    slowness = draw(seed, province, "staff").uniform(2.0, 6.0)
    return draw(seed, index, *step).betavariate(2.0, slowness)


@lru_cache(maxsize=262_144)
def _drawn_below(seed: int, index: int, step: tuple[object, ...], most: int) -> int:
    """A number from 0 to `most` - 1 for a step of a transfer."""
    return draw(seed, index, *step).randrange(most)


@lru_cache(maxsize=65_536)
def _reference(payer: str, payee: str, day: date, purpose: str) -> str:
    """The reference of an order; asked for again whenever the clerk looks whether the bank has it."""
    return make_payment_reference(f"{payer}{payee}{day:%Y%m%d}{purpose}")


@dataclass(frozen=True, slots=True)
class Clerk:
    """One clerk of one province."""

    province: str
    seed: int
    clock: VirtualClock
    procedures: Procedures
    local: EmbeddedLocalSystem
    banks: Banks
    ring: KeyRing
    agency: Agency
    courses: Courses
    office: Office
    files: OwnFiles | None = None
    """The province's own files, by which it hands in what its clerks decide; None: they act at the office itself."""

    def as_a(self, kind: type[D]) -> D:
        """This province's clerk of another kind."""
        parts = (getattr(self, field.name) for field in fields(Clerk))
        return kind(*parts)

    def random(self, plan: Plan, *step: object) -> Random:
        """The generator of one step of one transfer."""
        return draw(self.seed, plan.index, *step)

    def after(self, day: date, working_days: int) -> date:
        """So many working days after the day."""
        return self.clock.after(day, working_days)

    def some_days_after(self, day: date, most: int, plan: Plan, *step: object) -> date:
        """One to `most` working days after the day, as drawn for the step."""
        return self.after(day, 1 + self.drawn_below(most, plan, *step))

    def drawn_below(self, most: int, plan: Plan, *step: object) -> int:
        """A number from 0 to `most` - 1, as drawn for the step."""
        return _drawn_below(self.seed, plan.index, step, most)

    def days_within(self, limit: int, plan: Plan, *step: object, least: int = 1) -> int:
        """Working days that a step takes that keeps its limit: quick provinces need a quarter of it, slow ones half."""
        share = _drawn_share(self.seed, self.province, plan.index, step)
        return min(limit, least + int(share * (limit - least + 1)))

    def days_beyond(self, limit: int, plan: Plan, *step: object) -> int:
        """Working days that a step takes that misses its limit, even where the receipt that starts it is deemed."""
        return limit + _DEEMED_RECEIPT_DAYS + 1 + self.random(plan, *step).randrange(_OVERDUE_DAYS)

    def clocks(self, role: Role, day: date, counterpart: str) -> list[ClockRule]:
        """The clocks of single stages for which this province is responsible in that role, for what starts on the day.

        `counterpart`: the other province of the case.
        """
        clocks = _procedure_clocks(self.procedures, self.province, day, counterpart)
        return [clock for clock in clocks if clock.responsible == role and not _is_whole_case(clock)]

    def limit(self, role: Role, stopped_by: Milestone, day: date, counterpart: str) -> int:
        """Working days for the stage that ends so: of its clock, else its share of the whole case's, or 15."""
        stages = [c.limit_working_days for c in self.clocks(role, day, counterpart) if stopped_by in c.stops]
        return min(stages, default=self.stage_limit(role, day, counterpart))

    def stage_limit(self, role: Role, day: date, counterpart: str) -> int:
        """Working days for a stage that has no clock of its own."""
        for clock in _procedure_clocks(self.procedures, self.province, day, counterpart):
            if _is_whole_case(clock):
                return max(2, clock.limit_working_days * _SHARE_OF_CASE[role] // 10)
        return _NATIONAL_LIMIT

    def task(self, file: CaseFile, day: date, action: str, key: str, **given: Any) -> Task:
        """An action of the office, to be done on the day; `given`: what the plan says and no document does."""
        return Task(day, lambda today: self.act(file, today, action, key, given))

    def bank_slip(self, file: CaseFile, day: date, action: str, entry: BookEntry, **given: Any) -> Task:
        """The report of a posting, to be made on the day."""
        given |= {"payment_reference": entry.reference, "payment_line": entry.line, "amount": entry.amount}
        day = planted_slip_day(file.plan, action, entry.booked_on, day, self.clock)
        return self.task(file, day, action, payment_key(entry.reference, entry.line), **given)

    def act(self, file: CaseFile, today: date, action: str, key: str, given: Mapping[str, Any]) -> None:
        """Do it as any clerk does: the office finds it possible, prefills its form and keeps the document.

        A province that writes files hands it in by one; then the document is there once the file was imported.
        """
        kind = ACTIONS[action].form.KIND
        moment, operator = self._moment(file, today, kind, key, 1), self._operator(file, kind)
        if self.files is not None and self._hand_in(self.files, file, action, key, operator, moment, given):
            return
        document = self.office.submit(self._case(file, today), action, given, operator, moment, key)
        file.written.setdefault(kind, []).append(document)

    def _case(self, file: CaseFile, today: date) -> Case:
        agency = planted_agency(file.plan, self.province, self.agency_on(today))
        return Case(self.local, file.case, agency, self.procedures, today, file.all_written(), file.all_came())

    @staticmethod
    def _hand_in(
        files: OwnFiles,
        file: CaseFile,
        action: str,
        key: str,
        operator: str,
        moment: int,
        given: Mapping[str, Any],
    ) -> bool:
        """Say it by file: money that names a letter by its bank slip, everything else as a decision."""
        letters = file.written.get("ContactLetterIssued")
        if action == "report-funds" and letters and all(d.key != key for d in file.written.get("FundsReceived", ())):
            return files.report_funds(file.case, letters[0].key, operator, moment, given)
        return files.decide(file.case, action, key, operator, moment, given)

    def _moment(self, file: CaseFile, day: date, kind: str, key: str, attempt: int) -> int:
        drawn = office_instant(day, self.random(file.plan, "written", file.part, kind, key, attempt))
        return planted_moment(file.plan, kind, day, drawn, self.clock)

    def _operator(self, file: CaseFile, kind: str) -> str:
        drawn = f"{self.province}-{derived(self.seed, file.plan.index, kind) % 20 + 1:02d}"
        return planted_operator(file.plan, kind, drawn)

    def write(
        self,
        file: CaseFile,
        day: date,
        form: Form | tuple[str, Mapping[str, Any]],
        key: str,
        *,
        attempt: int = 1,
        answers: UUID | None = None,
        written_on: date | None = None,
        person: str | None = None,
    ) -> None:
        """Write a document on the day (or dated back to `written_on`) and put it into the file.

        That is for what the plan says: mistakes, repetitions, a stranger's word, sheets and payments as the plan
        reckons them, and numbers of documents that begin something of their own. What an office would say just so is
        handed in by a province that writes files; everything else goes past the office.

        `person`: whose relationship it is about, where the record begins something of its own.
        """
        kind, fields = form if isinstance(form, tuple) else (form.KIND, form.fields)
        moment = self._moment(file, written_on or day, kind, key, attempt)
        operator = self._operator(file, kind)
        if self.files is not None and attempt == 1 and file.relationship is None and written_on in (None, day):
            case = self._case(file, day)
            said = decision_for(self.office, case, kind, key, fields, answers, person)
            if said is not None and self.files.decide(file.case, said[0], key, operator, moment, said[1]):
                return
        sequence = self.local.write_document(
            kind, key, file.case, fields, operator, moment, attempt, answers, file.relationship, person
        )
        document = LocalDocument(sequence, kind, key, attempt, file.case, operator, moment, answers, fields)
        file.written.setdefault(kind, []).append(document)

    def pay(
        self,
        file: CaseFile,
        day: date,
        payee: str,
        amount: Fen,
        purpose: str,
        *,
        transfer: UUID | None = None,
        named: UUID | None = None,
        bounces: bool = False,
    ) -> tuple[str, int]:
        """Give the bank a payment order; returns reference and line.

        All payments of one purpose from one province to another on one day go in one order, one line per person.
        `transfer`: what it is for, if not the file's; `named`: what the payee's statement names by a typing error.
        """
        reference, line = self.payment(file.plan, day, payee, purpose)
        transit = 1 + draw(self.seed, reference, "transit").randrange(3)
        self.banks.order(
            reference,
            self.province,
            payee,
            [OrderLine(line, transfer or file.transfer, amount, named, bounces)],
            ordered_on=day,
            credited_on=self.after(day, transit),
        )
        return reference, line

    def once_it_stands(self, planned: date, *rests_on: LocalDocument) -> date | None:
        """The day of something that acts outside: as planned, but after the platform has accepted what it rests on.

        None while one of these documents does not stand.
        """
        stood = [stood_on(document) for document in rests_on]
        if None in stood:
            return None
        return max([planned, *(self.after(day, 1) for day in stood if day is not None)])

    def agency_on(self, day: date) -> Agency:
        """The agency's contact and bank data on the day."""
        change = change_of(self.province, self.clock)
        return self.agency if change is None or day < change.valid_from else agency_of(self.province, change)

    def is_paid(self, plan: Plan) -> bool:
        """Whether a payment goes with the transfer, by the procedure in force on the day of the application."""
        applied = self.clock.calendar[plan.applied_on_day]
        return self.procedures.money(plan.origin, plan.destination, applied) == "per_person"

    def payment(self, plan: Plan, day: date, payee: str, purpose: str) -> tuple[str, int]:
        """Reference and line of the payment that this province orders on the day."""
        order, line = divmod(plan.index, _LINES_AN_ORDER)
        return _reference(self.province, payee, day, f"{purpose}{order or ''}"), line + 1
