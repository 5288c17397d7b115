"""What an office does beside its transfers: certificates, temporary accounts, money without a name, old documents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from jinbao.regional_adapter.forms.certificate import certificate
from jinbao.regional_adapter.forms.form import Form
from jinbao.regional_adapter.forms.lump_sum import document_supplied
from jinbao.regional_adapter.forms.payment import excess_returned, remittance, returned_funds_received
from jinbao.regional_adapter.forms.temporary_account import (
    TemporaryAccountSealedForm,
    contributions_recorded,
    temporary_account,
)
from jinbao.regional_adapter.forms.unassigned_funds import UnassignedFundsAssignedForm, UnassignedFundsReceivedForm
from jinbao.regional_adapter.forms.withdrawal import TransferClosedForm
from jinbao.regional_adapter.local.local_records import Account, ContributionRow, Person
from jinbao.rules.funds import credit
from jinbao.rules.special_cases import temporary_account_moves
from jinbao.rules.transfer_parameters import load_transfer_parameters
from jinbao.schemas.messages import Fen
from jinbao.simulator.clerks.case_file import CaseFile, Part, Task, came_on, payment_key, unassigned_to, wrote_on
from jinbao.simulator.clerks.clerk import Desk
from jinbao.simulator.scenario.special_cases import Rare

LEAVING_DAYS = 3
"""Working days before the application on which the origin certifies what was paid."""
RECORDS, _RECORD_EVERY_DAYS, _MONTHS_A_RECORD = 3, 5, 3
_TEMPORARY_BASE_FEN = 500_000
_INDIVIDUAL_RATE, _EMPLOYER_RATE_BP = Fraction(8, 100), 1600
_OLD_DOCUMENT_YEARS = 12
_HELD_AT_MOST_DAYS = 5


class SideDesk(Desk):
    """The parts CERTIFICATE, ACCOUNT, HOLDING, PAYER and DOCUMENT_HOLDER."""

    def next_task(self, file: CaseFile) -> Task | None:
        """The earliest thing to be done; None while others must act first."""
        steps = {
            Part.CERTIFICATE: self._certificate,
            Part.ACCOUNT: self._account,
            Part.HOLDING: self._holding,
            Part.PAYER: self._payer,
            Part.DOCUMENT_HOLDER: self._document,
        }[file.part]
        return min(steps(file), key=lambda task: task.day, default=None)

    def has_ended(self, file: CaseFile) -> bool:
        """Whether nothing more can come."""
        match file.part:
            case Part.CERTIFICATE:
                return len(file.written.get("CertificateIssued", ())) == file.plan.certificates
            case Part.ACCOUNT:
                return file.wrote("TemporaryAccountSealed") is not None
            case Part.HOLDING:
                return any(map(file.wrote, ("UnassignedFundsAssigned", "TransferClosed")))
            case Part.PAYER:
                return any((file.wrote("ReturnedFundsReceived"), file.got("UnassignedFundsAssigned")))
            case _:
                return file.wrote("LumpSumDocumentSupplied") is not None

    # --- certificate ---

    def _certificate(self, file: CaseFile) -> Iterator[Task]:
        """On leaving; a second one on the next day, where the first was lost."""
        issued = file.written.get("CertificateIssued", ())
        if len(issued) < file.plan.certificates:
            left = self.clock.calendar[max(0, file.plan.applied_on_day - LEAVING_DAYS)]
            version = len(issued) + 1
            yield Task(self.after(left, version - 1), lambda today: self._certify(file, today, version))

    def _certify(self, file: CaseFile, today: date, version: int) -> None:
        person = self._person(file)
        account, rows = self.local.account(person.number), self.local.contributions(person.number)
        assert account is not None, "the origin keeps the person's account"
        form = certificate(file.case, version, person, rows, account, self.agency_on(today), today)
        self.write(file, today, form, file.case, attempt=version, person=person.number)

    def _person(self, file: CaseFile) -> Person:
        assert file.person is not None, "the file is about a person"
        person = self.local.person(file.person)
        assert person is not None, "the counter has registered the person"
        return person

    # --- temporary account ---

    def _account(self, file: CaseFile) -> Iterator[Task]:
        """Opened after the refusal; months and money are recorded; since 2016-11-28 sealed when the person moves on."""
        refused = file.first.day_wrote("ApplicationRefused") if file.first else None
        if refused is None:
            return
        opened = file.wrote("TemporaryAccountOpened")
        recorded = len(file.written.get("ContributionsRecorded", ()))
        if opened is None:
            yield Task(self.after(refused, 1), lambda today: self._open_account(file, today))
        elif recorded < RECORDS:
            day = self.after(wrote_on(opened), _RECORD_EVERY_DAYS * (recorded + 1))
            yield Task(day, lambda today: self._record(file, today, recorded))
        elif file.wrote("TemporaryAccountSealed") is None:
            day = self.after(wrote_on(opened), _RECORD_EVERY_DAYS * (RECORDS + 1))
            if not temporary_account_moves(day):
                form = TemporaryAccountSealedForm(account_number=file.case, sealed_on=day)
                yield Task(day, lambda today: self.write(file, today, form, f"{file.case}-F"))

    def applicant(self, file: CaseFile) -> Person:
        """The person whose application was refused."""
        assert file.first is not None, "the account follows from an application"
        application = self.local.application(file.first.case)
        person = self.local.person(application.person) if application else None
        assert person is not None, "the counter has registered the applicant"
        return person

    def _open_account(self, file: CaseFile, today: date) -> None:
        person = self.applicant(file)
        account = Account(number=person.number, temporary=True, employer_rate_bp=_EMPLOYER_RATE_BP)
        self.local.register_account(account)
        form = temporary_account(file.case, person, today)
        self.write(file, today, form, file.case, person=person.number)

    def _record(self, file: CaseFile, today: date, so_far: int) -> None:
        number = self.applicant(file).number
        past = load_transfer_parameters().interest_rate(today.year - 1, today) is not None
        months = _MONTHS_A_RECORD if past else 1
        base = Fen(_TEMPORARY_BASE_FEN * months)
        row = ContributionRow(
            number=number,
            year=today.year - past,
            first_month=1 + so_far * months,
            months=months,
            contribution_base_total=base,
            province=self.province,
        )
        self.local.register_contribution(row)
        individual = credit(base, row.months, _INDIVIDUAL_RATE)
        employer = credit(base, row.months, Fraction(_EMPLOYER_RATE_BP, 10_000))
        form = contributions_recorded(file.case, row, individual, employer)
        self.write(file, today, form, f"{file.case}-{so_far + 1}")

    # --- money without a name ---

    def _holding(self, file: CaseFile) -> Iterator[Task]:
        """Reported as it came; some days later somebody has found out whose it is, or it goes back."""
        (credited, *_) = file.credits()
        held = file.wrote("UnassignedFundsReceived")
        returned = file.wrote("FundsReturned")
        if held is None:
            form: Form = UnassignedFundsReceivedForm(
                payer=credited.counterpart,
                amount=credited.amount,
                payment_reference=credited.reference,
                payment_line=credited.line,
                received_on=credited.booked_on,
            )
            whose = unassigned_to(self.province, credited.reference)
            day = self.after(credited.booked_on, 1)
            yield Task(day, lambda today: self.write(file, today, form, file.case, person=whose))
        elif file.plan.rare is Rare.MONEY_ASSIGNED:
            if not file.wrote("UnassignedFundsAssigned"):
                transfer = self.courses.application(file.plan).transfer
                form = UnassignedFundsAssignedForm(
                    assigned_to=transfer, reason_text="附言有误，经与转出地核对属于该业务"
                )
                day = self.some_days_after(wrote_on(held), _HELD_AT_MOST_DAYS, file.plan, "assigned")
                yield Task(day, lambda today: self.write(file, today, form, f"{file.case}-R"))
        elif returned is None:
            planned = self.some_days_after(wrote_on(held), _HELD_AT_MOST_DAYS, file.plan, "unknown")
            giving_back = self.once_it_stands(planned, held)
            amount, payer = credited.amount, credited.counterpart
            if giving_back is not None:
                yield Task(giving_back, lambda today: self._give_back(file, today, amount, payer))
        elif not file.wrote("TransferClosed"):
            form = TransferClosedForm(reason_text="来款不属于任何业务，已退回付款地")
            day = self.after(wrote_on(returned), 1)
            yield Task(day, lambda today: self.write(file, today, form, f"{file.case}-C"))

    def _give_back(self, file: CaseFile, today: date, amount: Fen, payer: str) -> None:
        held = file.wrote("UnassignedFundsReceived")
        assert held is not None
        reference, line = self.pay(file, today, payer, amount, "V")
        form = excess_returned(held.fields, amount, reference, line, today)
        self.write(file, today, form, payment_key(reference, line))

    def _payer(self, file: CaseFile) -> Iterator[Task]:
        """Told of money without a name: says that it paid it, where it has no other use for it, and takes it back."""
        told = file.got("UnassignedFundsReceived")
        if told is None or file.plan.rare is not Rare.UNKNOWN_MONEY_RETURNED:
            return
        reference, line = told.fields["payment_reference"], int(told.fields["payment_line"])
        if not file.wrote("FundsRemitted"):
            paid_on = date.fromisoformat(_day_in(reference))
            form: Form = remittance(Fen(told.fields["amount"]), reference, line, paid_on)
            key = payment_key(reference, line)
            yield Task(self.after(came_on(told), 1), lambda today: self.write(file, today, form, key))
        for entry in file.credits():
            if not file.wrote("ReturnedFundsReceived"):
                form = returned_funds_received(entry.amount, entry.reference, entry.line, entry.booked_on)
                key = payment_key(entry.reference, entry.line)
                day = self.after(entry.booked_on, 1)
                yield Task(day, lambda today, form=form, key=key: self.write(file, today, form, key))  # type: ignore[misc]

    # --- an old document ---

    def _document(self, file: CaseFile) -> Iterator[Task]:
        """The court's decision on which a back-payment here rested."""
        asked = file.got("LumpSumDocumentRequested")
        if asked is not None and not file.wrote("LumpSumDocumentSupplied"):
            day = self.some_days_after(came_on(asked), 2, file.plan, "old document")
            made = date(day.year - _OLD_DOCUMENT_YEARS, 3, 1)
            form = document_supplied("court", f"FY{self.province}{file.plan.index:07d}", made, asked, day)
            key = f"FY{file.plan.index:07d}"
            yield Task(day, lambda today: self.write(file, today, form, key, answers=asked.event_id))


def _day_in(reference: str) -> str:
    """The day of the order, which this province's references state."""
    day = reference[8:16]
    return f"{day[:4]}-{day[4:6]}-{day[6:]}"
