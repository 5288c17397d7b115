"""Offered transfers, which begin where the money lies: of temporary accounts, of what stayed behind, reversals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import ClassVar, Literal

from jinbao.regional_adapter.forms.form import person_fields, registered
from jinbao.regional_adapter.forms.information_sheet import information_sheet, sheet_given_back
from jinbao.regional_adapter.forms.payment import remittance
from jinbao.regional_adapter.forms.transfer_offer import TransferOfferedForm
from jinbao.regional_adapter.local.local_records import Account
from jinbao.regional_adapter.local.local_system import LocalDocument
from jinbao.rules.procedures import Milestone
from jinbao.rules.special_cases import temporary_account_moves
from jinbao.schemas.messages import Fen
from jinbao.schemas.personal_fields import PersonFields
from jinbao.simulator.clerks.case_file import CaseFile, Part, Task, came_on, payment_key, wrote_on
from jinbao.simulator.clerks.clerk import Clerk
from jinbao.simulator.clerks.reversal import Reversals
from jinbao.simulator.clerks.temporary_account import RECORDS
from jinbao.simulator.population.bookkeeping import recorded_balance
from jinbao.simulator.population.persons import lump_rows
from jinbao.simulator.scenario.courses import Course, account_number

OfferKind = Literal["temporary_move", "temporary_collection", "supplement", "reversal"]

_PURPOSES = {"temporary": "C", "supplement": "S", "reversal": "G"}

_WAITS: Mapping[str, tuple[str, int]] = {
    "temporary": ("TemporaryAccountSealed", 4),
    "supplement": ("LumpSumDocumentSupplied", 2),
    "reversal": ("TransferCompleted", 5),
}
"""What this province must have written before, and how many working days later at most it offers the transfer."""


class OfferedTransfers(Clerk):
    """What both sides of an offered transfer share."""

    def _course(self, file: CaseFile) -> Course:
        course = self.courses.offer(file.plan)
        assert course is not None, "the plan has such a transfer"
        return course

    def _is_paid_on(self, course: Course, offered_on: date) -> bool:
        """Whether a payment goes with what was offered on the day; a reversal goes the way of the first transfer."""
        if course.kind == "reversal":
            return self.is_paid(course.plan)
        return self.procedures.money(course.origin, course.destination, offered_on) == "per_person"


class OfferingClerk(OfferedTransfers):
    """The side where the money lies."""

    PARTS: ClassVar[tuple[Part, ...]] = (Part.OFFERING,)

    def next_task(self, file: CaseFile) -> Task | None:
        """The earliest thing to be done; None while others must act first."""
        return min(self._offering(file, self._course(file)), key=lambda task: task.day, default=None)

    def has_ended(self, file: CaseFile) -> bool:
        """Whether the other side completed it."""
        return file.got("TransferCompleted") is not None

    def _offering(self, file: CaseFile, course: Course) -> Iterator[Task]:
        offered, sheet = file.wrote("TransferOffered"), file.wrote("InformationSheetSent")
        receipt = file.got("InformationSheetReceived") or file.got("InformationSheetDeemedReceived")
        if offered is None:
            kind, most = _WAITS[course.kind]
            ready = file.first.day_wrote(kind) if file.first else None
            if course.kind == "temporary" and file.first and not ready:
                ready = self._may_move(file.first)
            if ready is not None:
                day = self.some_days_after(ready, most, file.plan, "offer")
                yield Task(day, lambda today: self._offer(file, today, course))
        elif sheet is None:
            day = self.some_days_after(wrote_on(offered), 2, file.plan, "offered sheet")
            yield Task(day, lambda today: self._send_sheet(file, today, course, offered))
        elif receipt is not None and not file.wrote("FundsRemitted") and self._is_paid_on(course, wrote_on(offered)):
            yield Task(self.after(came_on(receipt), 1), lambda today: self._pay(file, today, course, sheet))

    @staticmethod
    def _may_move(account: CaseFile) -> date | None:
        """The day on which an account was complete that need not be sealed, since it may still move."""
        last = account.day_wrote("ContributionsRecorded")
        complete = len(account.written.get("ContributionsRecorded", ())) == RECORDS
        return last if last and complete and temporary_account_moves(last) else None

    def _offer(self, file: CaseFile, today: date, course: Course) -> None:
        number, personal = self._person(file, course)
        named = file.first.transfer if file.first and course.kind != "temporary" else None
        account = account_number(file.plan) if course.kind == "temporary" else None
        form = TransferOfferedForm(
            kind=self._kind(course, today),
            origin=self.province,
            destination=course.destination,
            offered_on=today,
            letter_number=course.number,
            agency=self.agency_on(today),
            personal=personal,
            names=named,
            account_number=account,
        )
        self.write(file, today, form, course.number, person=number)

    @staticmethod
    def _kind(course: Course, today: date) -> OfferKind:
        if course.kind == "temporary":
            return "temporary_move" if temporary_account_moves(today) else "temporary_collection"
        return "supplement" if course.kind == "supplement" else "reversal"

    def _person(self, file: CaseFile, course: Course) -> tuple[str, PersonFields]:
        """Number and personal fields, from what the earlier file holds."""
        first = file.first
        assert first is not None, "an offer follows from something"
        if course.kind == "supplement":
            letter = first.letter()
            assert letter is not None
            personal = letter.fields["personal"]
            return personal["number"], person_fields(personal, PersonFields)
        before = first.first if course.kind == "temporary" else first
        application = self.local.application(before.case) if before else None
        person = self.local.person(application.person) if application else None
        assert person is not None, "the person applied here"
        return person.number, registered(person, PersonFields)

    def _send_sheet(self, file: CaseFile, today: date, course: Course, offered: LocalDocument) -> None:
        agency = self.agency_on(today)
        if course.kind == "reversal":
            received = file.first.got("InformationSheetSent") if file.first else None
            assert received is not None, "what is undone had a sheet"
            form = sheet_given_back(received, agency)
        else:
            number = offered.fields["personal"]["number"]
            account, rows = self.local.account(number), self.local.contributions(number)
            assert account is not None, "the money lies here"
            if course.kind == "supplement":
                rows = lump_rows(rows)
                balance = recorded_balance(rows, today)
                account = Account(number=number, account_at_previous_year_end=balance)
            form = information_sheet(offered, rows, account, agency, today, self.province).form
        self.write(file, today, form, f"{course.number}-I1", answers=None)

    def _pay(self, file: CaseFile, today: date, course: Course, sheet: LocalDocument) -> None:
        total, purpose = Fen(int(sheet.fields["total"])), _PURPOSES[course.kind]
        reference, line = self.pay(file, today, course.destination, total, purpose)
        form = remittance(total, reference, line, today)
        self.write(file, today, form, payment_key(reference, line))


class TakingClerk(OfferedTransfers, Reversals):
    """The side that it goes to."""

    PARTS: ClassVar[tuple[Part, ...]] = (Part.TAKING,)

    def next_task(self, file: CaseFile) -> Task | None:
        """The earliest thing to be done; None while others must act first."""
        return min(self._taking(file, self._course(file)), key=lambda task: task.day, default=None)

    def has_ended(self, file: CaseFile) -> bool:
        """Whether this side completed it, and whatever follows."""
        undone = file.first is None or file.first.wrote("TransferReversed") is not None
        return file.wrote("TransferCompleted") is not None and undone

    def _taking(self, file: CaseFile, course: Course) -> Iterator[Task]:
        sheet, completed = file.got("InformationSheetSent"), file.wrote("TransferCompleted")
        for credit in file.credits():
            key = payment_key(credit.reference, credit.line)
            if not any(d.key == key for d in file.written.get("FundsReceived", ())):
                day = self.after(credit.booked_on, self.drawn_below(2, file.plan, "report", key))
                yield self.bank_slip(file, day, "report-funds", credit, received_on=credit.booked_on)
        received, offered = file.wrote("FundsReceived"), file.got("TransferOffered")
        if sheet is None or offered is None:
            return
        if received is None and self._is_paid_on(course, came_on(offered)):
            return
        if completed is None:
            both_in = max(came_on(sheet), wrote_on(received)) if received else came_on(sheet)
            limit = self.limit("destination", Milestone.completed, both_in, course.origin)
            days = self.days_within(limit, file.plan, "offer completed")
            yield self.task(file, self.after(both_in, days), "complete", f"{course.number}-B")
        elif course.kind == "reversal" and file.first and not file.first.wrote("TransferReversed"):
            yield Task(self.after(wrote_on(completed), 1), lambda today: self._undo(file, today))
