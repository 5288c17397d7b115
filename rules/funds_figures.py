"""Inputs and results of the computation of a transfer: values only, amounts in fen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from jinbao.rules.form import FormError
from jinbao.rules.money import NO_FEN, Fen
from jinbao.rules.procedures import MoneyWay
from jinbao.rules.transfer_parameters import TemporaryAccountRule


class FundsError(FormError):
    """The input does not allow an amount; `path` is the field at fault, like `years[2].months`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YearInput:
    """A year, or part of one, of contributions paid in one province."""

    year: int
    months: int
    """Months paid, 0 to 12, without a gap from `first_month` on; 0 only gives the year's interest rate."""
    contribution_base_total: Fen
    """Sum of the monthly bases, fen, which are the same in every month: another base is another row."""
    first_month: int = 1
    credited_year: int | None = None
    """Year in which the account was credited, where it is another than `year` (arrears paid later); None = `year`."""
    credited_month: int | None = None
    """Month of `credited_year` in which all was credited; interest runs from it. Not needed in the transfer year."""
    account_rate: Fraction | None = None
    """The part of the base that the agency credited; None = the year's scale."""
    recorded_account: Fen | None = None
    """Principal in fact credited, fen; None = as `account_rate` gives it."""
    interest_rate: Fraction | None = None
    """Interest of the year in which the row was credited; None = the national table."""
    employer_rate: Fraction | None = None
    """For a temporary account, where the year's rate differs from the input's own."""
    province: str | None = None
    """The province paid in; carried through to the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FundsInput:
    """What the origin's records say about one person on the day of the remittance."""

    remitted_on: date
    years: Sequence[YearInput]
    account_before_1998: Fen = NO_FEN
    """Individual contributions before 1998 with interest, fen."""
    account_at_previous_year_end: Fen | None = None
    """Recorded balance (from 1998 on) at the end of the year before the remittance, fen; None = compute it."""
    temporary_account: bool = False
    employer_rate: Fraction | None = None
    """Employer's contribution rate; needed for a temporary account only."""
    province: str | None = None
    """The province that keeps the account; its rule on temporary accounts counts, and rows without one are its own."""
    destination: str | None = None
    """The province that it moves to: with the first it decides how the money moves."""


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
    credited_year: int
    credited_month: int | None
    """None where each month was credited as it was paid, or in the year of the transfer."""
    contribution_base_total: Fen
    account_rate: Fraction
    employer_rate: Fraction | None
    """What moves of the base as the employer's money of a temporary account; None in other accounts."""
    account_credit: Fen
    interest_rate: Fraction | None
    provisional: bool
    """The rate was not published by the day of the remittance: the latest one then stands in for it."""
    interest_on_balance: Fen | None
    interest_on_credits: Fen | None
    account_balance: Fen | None
    """After this row; the year's last row has the balance at its end."""
    pooling: Fen
    """12 % of the bases; in a temporary account the employer's money, with the year's interest where it bears any."""

    @property
    def account_interest(self) -> Fen | None:
        """Interest credited for the year, fen."""
        if self.interest_on_balance is None or self.interest_on_credits is None:
            return None
        return Fen(self.interest_on_balance + self.interest_on_credits)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Months paid in two provinces at once: they move, and the destination clears them (先转后清)."""

    first_month: int
    """YYYYMM."""
    last_month: int
    provinces: tuple[str | None, str | None]

    @property
    def months(self) -> int:
        """Months that count once when cleared."""
        return self.last_month - self.first_month + 1


@dataclass(frozen=True, slots=True)
class Correction:
    """A row whose recorded principal differs from the scale; what is transferred is the scale."""

    year: int
    recorded: Fen
    scale: Fen
    article: str


@dataclass(frozen=True, slots=True)
class Plausibility:
    """A recorded balance held against its recomputation; for the clerk's eyes, never by itself a ground for return."""

    recomputed: Fen
    difference: Fen
    tolerance: Fen

    @property
    def within_tolerance(self) -> bool:
        """Whether different rounding alone can explain the difference."""
        return abs(self.difference) <= self.tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferAmounts:
    """The figures of sheet 1 (AIC093, AIC089, AIC082, AIC083, AIC084, AIC102) with the rows of sheet 2, in fen."""

    remitted_on: date
    temporary_rule: TemporaryAccountRule | None
    """The rule by which a temporary account moved; None for an ordinary one."""
    individual_before_1998: Fen
    account_at_previous_year_end: Fen
    account_is_recorded: bool
    """The balance was given; it moves as it stands, but for the scale."""
    scale_adjustment: Fen
    """What a recorded balance moves more (below the scale) or less (above it, negative) than it says, with interest."""
    current_year_principal: Fen
    individual_total: Fen
    pooling_total: Fen
    total: Fen
    money: MoneyWay
    """Unless it is `per_person` the figures are told, and no money is remitted with them."""
    provisional: bool
    """A rate was not published by the day of the remittance: settle later."""
    years: tuple[YearAmounts, ...]
    """In order of crediting."""
    corrections: tuple[Correction, ...]
    overlaps: tuple[Overlap, ...]
    plausibility: Plausibility | None

    @property
    def temporary_account(self) -> bool:
        """Whether it is a temporary account, which moves wholly."""
        return self.temporary_rule is not None

    @property
    def months(self) -> int:
        """Months paid in all rows; overlapping ones count once only when the destination has cleared them."""
        return sum(row.months for row in self.years)
