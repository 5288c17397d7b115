"""信息表: the information sheet, prefilled from the letter, the contribution history and `rules.funds`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import msgspec

from jinbao.regional_adapter.forms import PERSONAL_OF_LETTER, Form, Source
from jinbao.regional_adapter.local.local_records import Account, ContributionRow
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.rules.funds import (
    FundsError,
    FundsInput,
    TransferAmounts,
    YearAmounts,
    YearInput,
    compute_transfer,
)
from jinbao.rules.transfer_parameters import TransferParameters
from jinbao.schemas.messages import Agency

_BASIS_POINTS = 10_000
OFFER_VERSION = 1
"""An offer stands for the first letter of its transfer."""

SUMS = (
    "individual_before_1998",
    "account_at_previous_year_end",
    "current_year_principal",
    "individual_total",
    "pooling_total",
    "total",
)
"""The figures of sheet 1 (AIC093, AIC089, AIC082, AIC083, AIC084, AIC102)."""
_ROW_FROM_HISTORY = (
    "year",
    "first_month",
    "last_month",
    "months",
    "province",
    "contribution_base_total",
    "credited_year",
    "credited_month",
)
_ROW_FROM_FUNDS = ("account_rate_bp", "account_credit", "account_interest", "account_balance", "pooling")


@dataclass(frozen=True, slots=True)
class SheetForm:
    """The prefilled sheet and the computation behind it, with corrections and explanation for the clerk."""

    form: Form
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
) -> SheetForm:
    """InformationSheetSent for the letter, or for this province's own offer, as of the day of the remittance.

    `left_behind`: the back-payments found here (LumpSumFound) that have no document: their months and money, and no
    others, are withheld, and `history` is the rest. Raises FundsError where the history allows no amount, or holds no
    month at all.
    """
    amounts = compute_transfer(funds_input(history, account, remitted_on, origin), parameters)
    paid = [row for row in amounts.years if row.months]
    if not paid:
        raise FundsError("years", "没有缴费记录 / there is no month of contributions")
    own = msgspec.to_builtins(agency)
    known = letter.fields["personal"]
    personal = {name: known[name] for name in PERSONAL_OF_LETTER if known.get(name) is not None}
    fields: dict[str, Any] = {
        "sheet_version": version,
        "letter_version": letter.fields.get("letter_version", OFFER_VERSION),
        **{name: getattr(amounts, name) for name in SUMS},
        "first_month": min(row.first_month for row in paid),
        "last_month": max(row.last_month for row in paid),
        "months": amounts.months,
        "rows": [_row(row, origin) for row in amounts.years if _moves_something(row)],
        "agency": own,
        "personal": personal,
    }
    sources = {"sheet_version": Source.COUNTED, "letter_version": Source.LETTER}
    sources |= dict.fromkeys(SUMS, Source.FUNDS) | dict.fromkeys(
        ("first_month", "last_month", "months"), Source.HISTORY
    )
    sources |= {f"rows.{name}": Source.HISTORY for name in _ROW_FROM_HISTORY}
    sources |= {f"rows.{name}": Source.FUNDS for name in _ROW_FROM_FUNDS}
    sources |= {f"agency.{name}": Source.AGENCY for name in own}
    sources |= {f"personal.{name}": Source.LETTER for name in personal}
    if left_behind:
        fields["withheld_months"] = sum(int(found.fields["months"]) for found in left_behind)
        fields["withheld_amount"] = sum(int(found.fields["amount"]) for found in left_behind)
        sources |= {"withheld_months": Source.HISTORY, "withheld_amount": Source.HISTORY}
    return SheetForm(Form("InformationSheetSent", fields, sources), amounts)


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


def _row(row: YearAmounts, origin: str) -> dict[str, Any]:
    """One row of sheet 2. A gap year bears the origin's code; interest and balance are 0 where the rules state none."""
    fields = {
        "year": row.year,
        "first_month": row.first_month,
        "last_month": row.last_month,
        "months": row.months,
        "province": row.province or origin,
        "contribution_base_total": row.contribution_base_total,
        "account_rate_bp": int(row.account_rate * _BASIS_POINTS),
        "account_credit": row.account_credit,
        "account_interest": row.account_interest or 0,
        "account_balance": row.account_balance or 0,
        "pooling": row.pooling,
    }
    if row.credited_year != row.year:
        fields["credited_year"] = row.credited_year
    if row.credited_month is not None:
        fields["credited_month"] = row.credited_month
    return fields
