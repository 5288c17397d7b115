"""Temporary accounts: opened after a refusal for the person's age, kept, and sealed when the person moves on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import ClassVar

from jinbao.regional_adapter.forms.temporary_account import (
    TemporaryAccountSealedForm,
    contributions_recorded,
    temporary_account,
)
from jinbao.regional_adapter.local.local_records import Account, ContributionRow, Person
from jinbao.rules.funds import credit
from jinbao.rules.special_cases import temporary_account_moves
from jinbao.rules.transfer_parameters import load_transfer_parameters
from jinbao.schemas.messages import Fen
from jinbao.simulator.clerks.case_file import CaseFile, Part, Task, wrote_on
from jinbao.simulator.clerks.clerk import Clerk

RECORDS, _RECORD_EVERY_DAYS, _MONTHS_A_RECORD = 3, 5, 3

_TEMPORARY_BASE_FEN = 500_000

_INDIVIDUAL_RATE, _EMPLOYER_RATE_BP = Fraction(8, 100), 1600


class AccountClerk(Clerk):
    """Keeps a temporary account."""

    PARTS: ClassVar[tuple[Part, ...]] = (Part.ACCOUNT,)

    def next_task(self, file: CaseFile) -> Task | None:
        """The next entry of the account."""
        return next(self._account(file), None)

    def has_ended(self, file: CaseFile) -> bool:
        """Whether the account is sealed."""
        return file.wrote("TemporaryAccountSealed") is not None

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
