"""What goes into the computation of a transfer and what comes out of it: values only, amounts in fen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from jinbao.rules.form import FormError


class FundsError(FormError):
    """The input does not allow an amount; `path` is the field at fault, like `years[2].months`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YearInput:
    """A year, or part of one, of contributions paid in one province."""

    year: int
    months: int
    """Months paid, 0 to 12, without a gap from `first_month` on; 0 only gives the year's interest rate."""
    contribution_base_total: int
    """Sum of the monthly bases, fen; spread evenly over the months."""
    first_month: int = 1
    account_rate: Fraction | None = None
    """The part of the base that the agency credited; None = the year's scale."""
    recorded_account: int | None = None
    """Principal in fact credited, fen; None = as `account_rate` gives it."""
    interest_rate: Fraction | None = None
    """None = the national table."""
    employer_rate: Fraction | None = None
    """For a temporary account, where the year's rate differs from the input's own."""
    province: str | None = None
    """The province paid in; carried through to the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FundsInput:
    """What the origin's records say about one person on the day of the remittance."""

    remitted_on: date
    years: Sequence[YearInput]
    account_before_1998: int = 0
    """Individual contributions before 1998 with interest, fen."""
    account_at_previous_year_end: int | None = None
    """Recorded balance (from 1998 on) at the end of the year before the remittance, fen; None = compute it."""
    temporary_account: bool = False
    employer_rate: Fraction | None = None
    """Employer's contribution rate; needed for a temporary account only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YearAmounts:
    """One row of sheet 2. Interest and balance are None before 1998, and where a recorded balance made rates needless.

    With a recorded balance and known rates they are recomputed, so the last balance may differ from the recorded one.
    The year of the transfer earns no interest here: the destination credits it for the whole year.
    """

    year: int
    first_month: int
    """YYYYMM."""
    last_month: int
    months: int
    province: str | None
    contribution_base_total: int
    account_rate: Fraction
    account_credit: int
    interest_rate: Fraction | None
    provisional: bool
    """The rate is not published yet: the latest one stands in for it."""
    interest_on_balance: int | None
    interest_on_credits: int | None
    account_balance: int | None
    """After this row; the year's last row has the balance at its end."""
    pooling: int
    """12 % of the bases; in a temporary account the employer's money with the year's interest."""

    @property
    def account_interest(self) -> int | None:
        """Interest credited for the year, fen."""
        if self.interest_on_balance is None or self.interest_on_credits is None:
            return None
        return self.interest_on_balance + self.interest_on_credits


@dataclass(frozen=True, slots=True)
class Correction:
    """A year whose recorded principal differs from the scale."""

    year: int
    recorded: int
    scale: int
    transferred: int
    article: str


@dataclass(frozen=True, slots=True)
class Plausibility:
    """A recorded balance held against its recomputation; for the clerk's eyes, never by itself a ground for return."""

    recomputed: int
    difference: int
    tolerance: int

    @property
    def within_tolerance(self) -> bool:
        """Whether different rounding alone can explain the difference."""
        return abs(self.difference) <= self.tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAmounts:
    """The figures of sheet 1 (AIC093, AIC089, AIC082, AIC083, AIC084, AIC102) with the rows of sheet 2, in fen."""

    remitted_on: date
    temporary_account: bool
    individual_before_1998: int
    account_at_previous_year_end: int
    account_is_recorded: bool
    """The balance was given and taken as it stands."""
    current_year_principal: int
    individual_total: int
    pooling_total: int
    total: int
    money_moves: bool
    """False = information only: the figures are told, no money is remitted."""
    provisional: bool
    """A rate is not published yet: settle later."""
    years: tuple[YearAmounts, ...]
    corrections: tuple[Correction, ...]
    plausibility: Plausibility | None

    @property
    def months(self) -> int:
        """Months paid in all rows."""
        return sum(row.months for row in self.years)
