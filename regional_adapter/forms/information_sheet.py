"""信息表: the information sheet's form, prefilled from the letter, the contribution history and `rules.funds`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Annotated, ClassVar

import msgspec

from jinbao.regional_adapter.forms.form import Form, Source, person_fields
from jinbao.regional_adapter.local.local_records import Account, ContributionRow
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.rules.funds import FundsError, FundsInput, TransferAmounts, YearAmounts, YearInput, compute_transfer
from jinbao.rules.money import NO_FEN, sum_fen
from jinbao.rules.transfer_parameters import TransferParameters
from jinbao.schemas.messages import Agency, Amount, Fen, Months, Version, YearMonth, YearRow
from jinbao.schemas.personal_fields import PersonFields

_BASIS_POINTS = 10_000
OFFER_VERSION = 1
"""An offer stands for the first letter of its transfer."""


class InformationSheetForm(Form, frozen=True, kw_only=True):
    """信息表: the records and the split of the money (AIC093, AIC089, AIC082, AIC083, AIC084, AIC102), year by year."""

    KIND: ClassVar[str] = "InformationSheetSent"
    sheet_version: Annotated[Version, Source.COUNTED]
    letter_version: Annotated[Version, Source.LETTER]
    individual_before_1998: Annotated[Amount, Source.FUNDS]
    account_at_previous_year_end: Annotated[Amount, Source.FUNDS]
    current_year_principal: Annotated[Amount, Source.FUNDS]
    individual_total: Annotated[Amount, Source.FUNDS]
    pooling_total: Annotated[Amount, Source.FUNDS]
    total: Annotated[Amount, Source.FUNDS]
    first_month: Annotated[YearMonth, Source.HISTORY]
    last_month: Annotated[YearMonth, Source.HISTORY]
    months: Annotated[Months, Source.HISTORY]
    rows: Annotated[list[YearRow], Source.FUNDS]
    agency: Annotated[Agency, Source.AGENCY]
    personal: Annotated[PersonFields, Source.LETTER]
    withheld_months: Annotated[Months | None, Source.HISTORY] = None
    withheld_amount: Annotated[Amount | None, Source.HISTORY] = None


@dataclass(frozen=True, slots=True)
class ReckonedSheet:
    """The prefilled sheet and the computation behind it, with corrections and explanation for the clerk."""

    form: InformationSheetForm
    amounts: TransferAmounts


def information_sheet(
    letter: IncomingDocument | LocalDocument,
    history: Sequence[ContributionRow],
    account: Account,
    agency: Agency,
    remitted_on: date,
    origin: str,
    version: int = 1,
    parameters: TransferParameters | None = None,
    left_behind: Sequence[LocalDocument] = (),
) -> ReckonedSheet:
    """The sheet for the letter, or for this province's own offer, as of the day of the remittance.

    `left_behind`: the back-payments found here (LumpSumFound) that have no document: their months and money, and no
    others, are withheld, and `history` is the rest. Raises FundsError where the history allows no amount, or holds no
    month at all.
    """
    amounts = compute_transfer(funds_input(history, account, remitted_on, origin), parameters)
    paid = [row for row in amounts.years if row.months]
    if not paid:
        raise FundsError("years", "没有缴费记录 / there is no month of contributions")
    form = InformationSheetForm(
        sheet_version=version,
        letter_version=letter.fields.get("letter_version", OFFER_VERSION),
        individual_before_1998=amounts.individual_before_1998,
        account_at_previous_year_end=amounts.account_at_previous_year_end,
        current_year_principal=amounts.current_year_principal,
        individual_total=amounts.individual_total,
        pooling_total=amounts.pooling_total,
        total=amounts.total,
        first_month=min(row.first_month for row in paid),
        last_month=max(row.last_month for row in paid),
        months=amounts.months,
        rows=[_row(row, origin) for row in amounts.years if _moves_something(row)],
        agency=agency,
        personal=person_fields(letter.fields["personal"], PersonFields),
        withheld_months=sum(int(found.fields["months"]) for found in left_behind) if left_behind else None,
        withheld_amount=sum_fen(Fen(found.fields["amount"]) for found in left_behind) if left_behind else None,
    )
    return ReckonedSheet(form, amounts)


def sheet_given_back(sheet: IncomingDocument, agency: Agency, version: int = 1) -> InformationSheetForm:
    """The sheet of a reversal: what the sheet of the first transfer said goes back as it came."""
    came = msgspec.convert(sheet.fields, type=InformationSheetForm)
    return msgspec.structs.replace(
        came,
        sheet_version=version,
        letter_version=OFFER_VERSION,
        agency=agency,
        withheld_months=None,
        withheld_amount=None,
    )


def funds_input(history: Sequence[ContributionRow], account: Account, remitted_on: date, origin: str) -> FundsInput:
    """The origin's records in the form in which the rules take them."""
    return FundsInput(
        remitted_on=remitted_on,
        account_before_1998=account.account_before_1998,
        account_at_previous_year_end=account.account_at_previous_year_end,
        temporary_account=account.is_temporary(remitted_on),
        employer_rate=Fraction(account.employer_rate_bp, _BASIS_POINTS),
        province=origin,
        years=[
            YearInput(
                year=row.year,
                months=row.months,
                first_month=row.first_month,
                contribution_base_total=row.contribution_base_total,
                account_rate=Fraction(row.account_rate_bp, _BASIS_POINTS),
                recorded_account=row.recorded_account,
                province=row.province,
                credited_year=row.credited_year,
                credited_month=row.credited_month,
                interest_rate=None if row.interest_rate_bp is None else Fraction(row.interest_rate_bp, _BASIS_POINTS),
            )
            for row in history
        ],
    )


def _moves_something(row: YearAmounts) -> bool:
    """A year without contributions has its row only where it earned interest."""
    return bool(row.months or row.account_credit or row.account_interest or row.pooling)


def _row(row: YearAmounts, origin: str) -> YearRow:
    """One row of sheet 2. A gap year bears the origin's code; interest and balance are 0 where the rules state none."""
    return YearRow(
        year=row.year,
        first_month=row.first_month,
        last_month=row.last_month,
        months=row.months,
        province=row.province or origin,
        contribution_base_total=row.contribution_base_total,
        account_rate_bp=int(row.account_rate * _BASIS_POINTS),
        account_credit=row.account_credit,
        account_interest=row.account_interest or NO_FEN,
        account_balance=row.account_balance or NO_FEN,
        pooling=row.pooling,
        credited_year=row.credited_year if row.credited_year != row.year else None,
        credited_month=row.credited_month,
    )
