"""临时基本养老保险缴费账户: the forms of a temporary account, the contributions in it, its seal. Amounts are fen."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from jinbao.regional_adapter.forms.form import Form, RegisteredApplicant, Source, as_applicant, registered
from jinbao.regional_adapter.local.local_records import ContributionRow, Person
from jinbao.schemas.messages import Amount, Fen, Months, Text, YearMonth
from jinbao.schemas.personal_fields import PersonFields


class TemporaryAccountOpenedForm(Form, frozen=True, kw_only=True):
    """Opened for a person whom the age rule leaves with the origin."""

    KIND: ClassVar[str] = "TemporaryAccountOpened"
    account_number: Annotated[Text, Source.COUNTED]
    opened_on: Annotated[date, Source.CLERK]
    personal: RegisteredApplicant


class ContributionsRecordedForm(Form, frozen=True, kw_only=True):
    """Months and money recorded in the account."""

    KIND: ClassVar[str] = "ContributionsRecorded"
    account_number: Annotated[Text, Source.COUNTED]
    first_month: Annotated[YearMonth, Source.HISTORY]
    last_month: Annotated[YearMonth, Source.HISTORY]
    months: Annotated[Months, Source.HISTORY]
    individual: Annotated[Amount, Source.HISTORY]
    employer: Annotated[Amount, Source.HISTORY]


class TemporaryAccountSealedForm(Form, frozen=True, kw_only=True):
    """封存: the person has moved on."""

    KIND: ClassVar[str] = "TemporaryAccountSealed"
    account_number: Annotated[Text, Source.COUNTED]
    sealed_on: Annotated[date, Source.CLERK]


def temporary_account(number: str, person: Person, opened_on: date) -> TemporaryAccountOpenedForm:
    """The opening, with the person's record."""
    personal = as_applicant(registered(person, PersonFields))
    return TemporaryAccountOpenedForm(account_number=number, opened_on=opened_on, personal=personal)


def contributions_recorded(
    number: str, row: ContributionRow, individual: Fen, employer: Fen
) -> ContributionsRecordedForm:
    """One row of the history of a temporary account."""
    return ContributionsRecordedForm(
        account_number=number,
        first_month=row.first_year_month,
        last_month=row.last_year_month,
        months=row.months,
        individual=individual,
        employer=employer,
    )
