"""信息表: the origin's records of a person and the split of the money, year by year."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Agency, Amount, Province, Record, Sealed, Version, YearMonth


class YearRow(Record, frozen=True, gc=False, kw_only=True):
    """One row of sheet 2: a year, or part of one, of contributions paid in one province."""

    year: Annotated[int, msgspec.Meta(ge=1950, le=2999)]
    first_month: YearMonth
    last_month: YearMonth
    months: Annotated[int, msgspec.Meta(ge=0, le=12)]
    province: Province
    """The province paid in, not the one where the relationship lies."""
    contribution_base_total: Amount
    """Sum of the monthly bases, fen."""
    account_rate_bp: Annotated[int, msgspec.Meta(ge=0, le=10000)]
    """Rate to the personal account, basis points (800 = 8 %)."""
    account_credit: Amount
    """Principal credited in the year, fen."""
    account_interest: Amount
    """Interest credited for the year, fen (0 for the year of the transfer)."""
    account_balance: Amount
    """Balance at the year's end, fen."""
    pooling: Amount
    """12 % of the year's bases, fen; of a temporary account the employer's money."""
    credited_year: Annotated[int, msgspec.Meta(ge=1950, le=2999)] | None = None
    """Calendar year in which the account was credited, where it is another than the year paid for."""
    credited_month: Annotated[int, msgspec.Meta(ge=1, le=12)] | None = None
    """Month of that year in which all of it was credited; interest runs from it."""


class InformationSheetSent(Submission, frozen=True, gc=False, kw_only=True):
    """信息表: the origin sends the records and the split of the money."""

    NAME: ClassVar[str] = "InformationSheetSent"
    sheet_version: Version
    letter_version: Version
    individual_before_1998: Amount
    account_at_previous_year_end: Amount
    current_year_principal: Amount
    individual_total: Amount
    pooling_total: Amount
    total: Amount
    first_month: YearMonth
    last_month: YearMonth
    months: Annotated[int, msgspec.Meta(ge=0, le=1200)]
    rows: list[YearRow]
    agency: Agency
    personal: Sealed
    withheld_months: Annotated[int, msgspec.Meta(ge=0, le=1200)] | None = None
    """Months that stay behind for want of a document or for arrears."""
    withheld_amount: Amount | None = None
    """Fen that stay behind with them."""
