"""The amount that moves with a transfer from employees' to employees' insurance, and the year rows of sheet 2.

国办发〔2009〕66号 art. 4: the personal account wholly, and 12 % of the actual bases since 1998 from the pooling fund.
All amounts are integer fen; each stored figure is rounded HALF_UP once, totals are sums of rounded figures [assumed].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from jinbao.rules.funds_figures import (
    Correction,
    FundsError,
    FundsInput,
    Plausibility,
    TransferAmounts,
    YearAmounts,
    YearInput,
)
from jinbao.rules.money import half_up, share
from jinbao.rules.transfer_parameters import InterestRate, TransferParameters, load_transfer_parameters

__all__ = [
    "Correction",
    "FundsError",
    "FundsInput",
    "Plausibility",
    "TransferAmounts",
    "YearAmounts",
    "YearInput",
    "compute_transfer",
    "credit",
    "interest_on_balance",
    "interest_on_credits",
]

FIRST_ACCOUNT_YEAR = 1998
"""Personal accounts of the national scale exist from this year on (国发〔1997〕26号)."""


@dataclass(slots=True)
class _Row:
    """A row on its way: the input, what of it moves, and what it earns."""

    given: YearInput
    path: str
    principal: int
    rate: Fraction
    employer_principal: int = 0
    interest: InterestRate | None = None
    on_balance: int | None = None
    on_credits: int | None = None
    balance: int | None = None
    employer_interest: int = 0


@dataclass(slots=True)
class _Work:
    """What one computation shares between its steps."""

    given: FundsInput
    parameters: TransferParameters
    corrections: list[Correction] = field(default_factory=list)

    @property
    def transfer_year(self) -> int:
        return self.given.remitted_on.year


def compute_transfer(given: FundsInput, parameters: TransferParameters | None = None) -> TransferAmounts:
    """The amounts of one transfer. Raises FundsError naming the field at fault, or the year without a rate."""
    work = _Work(given, parameters or load_transfer_parameters())
    moves = work.parameters.money_moves(given.remitted_on)
    if moves is None:
        raise FundsError(
            "remitted_on", "2010-01-01 起才有跨省转移规定 / there is no transfer of money before 2010-01-01"
        )
    rows = _rows(work)
    recorded = given.account_at_previous_year_end
    recomputed = _accrue(work, rows, strict=recorded is None)
    if given.temporary_account:
        _accrue_employer(work, rows)
    account = recorded if recorded is not None else recomputed
    assert account is not None, "a computed balance has all its rates"
    current = _credit_current_year(work, rows, account)
    years = tuple(_year_amounts(work, row) for row in rows)
    pooling = sum(year.pooling for year in years)
    individual = given.account_before_1998 + account + current
    return TransferAmounts(
        remitted_on=given.remitted_on,
        temporary_account=given.temporary_account,
        individual_before_1998=given.account_before_1998,
        account_at_previous_year_end=account,
        account_is_recorded=recorded is not None,
        current_year_principal=current,
        individual_total=individual,
        pooling_total=pooling,
        total=individual + pooling,
        money_moves=moves,
        provisional=(recorded is None or given.temporary_account) and any(year.provisional for year in years),
        years=years,
        corrections=tuple(work.corrections),
        plausibility=_plausibility(work, rows, recomputed),
    )


def interest_on_balance(balance: int, rate: Fraction) -> int:
    """A year's interest on the balance at its beginning, fen."""
    return share(balance, rate)


def interest_on_credits(principal: int, first_month: int, months: int, rate: Fraction) -> int:
    """A year's interest on its own monthly credits by the month-product method: r/12 · Σ c_m · (13 − m), fen.

    `principal` is the sum of equal credits in `months` months from `first_month` on.
    """
    if months == 0:
        return 0
    weights = sum(13 - month for month in range(first_month, first_month + months))
    return half_up(principal * weights * rate.numerator, 12 * months * rate.denominator)


def credit(contribution_base_total: int, months: int, rate: Fraction) -> int:
    """Principal of a row, fen: each monthly credit is rounded, the row is their sum."""
    if months == 0:
        return 0
    return months * half_up(contribution_base_total * rate.numerator, months * rate.denominator)


def _rows(work: _Work) -> list[_Row]:
    """The input's rows, checked, in order of time, with what of each year's principal moves."""
    rows = [_row(work, year, f"years[{index}]") for index, year in enumerate(work.given.years)]
    rows.sort(key=lambda row: (row.given.year, row.given.first_month))
    for earlier, later in pairwise(rows):
        one, two = earlier.given, later.given
        if one.year == two.year and two.months and one.first_month + one.months > two.first_month and one.months:
            raise FundsError(f"{later.path}.months", "与另一行的月份重叠 / another row has the same months")
    work.corrections.sort(key=lambda correction: correction.year)
    return rows


def _row(work: _Work, year: YearInput, path: str) -> _Row:
    if not 1950 <= year.year <= work.transfer_year:
        raise FundsError(
            f"{path}.year", "应在 1950 年与转移年度之间 / must lie between 1950 and the year of remittance"
        )
    if not 0 <= year.months <= 12:
        raise FundsError(f"{path}.months", "应为 0 至 12 / must be 0 to 12")
    if not 1 <= year.first_month <= 12:
        raise FundsError(f"{path}.first_month", "应为 1 至 12 / must be 1 to 12")
    if year.first_month + year.months > 13:
        raise FundsError(f"{path}.months", "超出该年 12 月 / the months run past December")
    if year.months == 0 and year.contribution_base_total:
        raise FundsError(f"{path}.months", "有缴费基数但月数为 0 / a base is given, but no months")
    if year.contribution_base_total < 0 or (year.recorded_account or 0) < 0:
        raise FundsError(path, "金额不能为负 / amounts must not be negative")
    row = _Row(year, path, *_principal(work, year))
    if work.given.temporary_account:
        rate = year.employer_rate if year.employer_rate is not None else work.given.employer_rate
        if rate is None:
            raise FundsError("employer_rate", "临时账户须给出单位费率 / a temporary account needs the employer's rate")
        row.employer_principal = credit(year.contribution_base_total, year.months, rate)
    return row


def _principal(work: _Work, year: YearInput) -> tuple[int, Fraction]:
    """What of the year's principal moves, and its rate; a difference from the scale is noted as a correction.

    Above the scale the excess stays; below it the origin computes by the scale and corrects its record. A temporary
    account moves wholly; what lies before 1998 is in `account_before_1998`.
    """
    scale = work.parameters.scale(year.year)
    if scale is None:
        return 0, year.account_rate or Fraction(0)
    rate = scale.rate if year.account_rate is None else year.account_rate
    recorded = year.recorded_account
    if recorded is None:
        recorded = credit(year.contribution_base_total, year.months, rate)
    if work.given.temporary_account:
        return recorded, rate
    by_scale = credit(year.contribution_base_total, year.months, scale.rate)
    if recorded == by_scale:
        return recorded, scale.rate
    stands = work.given.account_at_previous_year_end is not None and year.year < work.transfer_year
    transferred = recorded if stands else by_scale
    article = f"{scale.article}; 人社厅发〔2017〕7号"
    work.corrections.append(Correction(year.year, recorded, by_scale, transferred, article))
    return transferred, rate if stands else scale.rate


def _accrue(work: _Work, rows: list[_Row], strict: bool) -> int | None:
    """Carry the account from year to year up to the end of the year before the remittance; returns its balance.

    Adds a row for each gap year in which the balance earns interest. Not strict: None where a rate is missing.
    """
    earning = [row for row in rows if FIRST_ACCOUNT_YEAR <= row.given.year < work.transfer_year]
    balance = 0
    for year in range(earning[0].given.year if earning else work.transfer_year, work.transfer_year):
        of_year = [row for row in earning if row.given.year == year]
        if not balance and not any(row.principal for row in of_year):
            for row in of_year:
                row.on_balance = row.on_credits = row.balance = 0
            continue
        rate = _rate(work, year, of_year, strict)
        if rate is None:
            for row in rows:
                row.interest = row.on_balance = row.on_credits = row.balance = None
            return None
        if not of_year:
            gap = YearInput(year=year, months=0, contribution_base_total=0)
            of_year = [_Row(gap, "years", *_principal(work, gap))]
            rows.extend(of_year)
        opening = balance
        for position, row in enumerate(of_year):
            row.interest = rate
            row.on_balance = interest_on_balance(opening, rate.rate) if position == 0 else 0
            row.on_credits = interest_on_credits(row.principal, row.given.first_month, row.given.months, rate.rate)
            balance += row.principal + row.on_balance + row.on_credits
            row.balance = balance
    rows.sort(key=lambda row: (row.given.year, row.given.first_month))
    return balance


def _credit_current_year(work: _Work, rows: Sequence[_Row], account: int) -> int:
    """The year of the remittance: principal only, without interest; returns its sum."""
    current = 0
    for row in rows:
        if row.given.year == work.transfer_year:
            current += row.principal
            row.on_balance = row.on_credits = 0
            row.balance = account + current
    return current


def _accrue_employer(work: _Work, rows: list[_Row]) -> None:
    """A temporary account's employer money earns the same interest; each row gets its year's."""
    balance = 0
    years = sorted({row.given.year for row in rows if row.given.year < work.transfer_year})
    for year in range(years[0] if years else work.transfer_year, work.transfer_year):
        of_year = [row for row in rows if row.given.year == year]
        if not balance and not any(row.employer_principal for row in of_year):
            continue
        rate = _rate(work, year, of_year, strict=True)
        assert rate is not None
        if not of_year:
            of_year = [_Row(YearInput(year=year, months=0, contribution_base_total=0), "years", 0, Fraction(0))]
            rows.extend(of_year)
        opening = balance
        for position, row in enumerate(of_year):
            months, first = row.given.months, row.given.first_month
            row.employer_interest = interest_on_credits(row.employer_principal, first, months, rate.rate)
            row.employer_interest += interest_on_balance(opening, rate.rate) if position == 0 else 0
            row.interest = row.interest or rate
            balance += row.employer_principal + row.employer_interest
    rows.sort(key=lambda row: (row.given.year, row.given.first_month))


def _rate(work: _Work, year: int, rows: Sequence[_Row], strict: bool) -> InterestRate | None:
    """The year's interest: as a row gives it, else the national table."""
    given = {row.given.interest_rate for row in rows if row.given.interest_rate is not None}
    if len(given) > 1:
        raise FundsError(
            f"{rows[-1].path}.interest_rate", "同一年度的利率不一致 / the year's rows give different rates"
        )
    rate = InterestRate(given.pop(), provisional=False) if given else work.parameters.interest_rate(year)
    if rate is None and strict:
        raise FundsError(
            f"{rows[0].path}.interest_rate" if rows else "years",
            f"缺 {year} 年记账利率，请在该年一行给出（无缴费的年度可用 months 为 0 的一行）/ "
            f"there is no interest rate for {year}: give it in that year's row (a row with months 0 for a gap year)",
        )
    return rate


def _year_amounts(work: _Work, row: _Row) -> YearAmounts:
    year = row.given
    if work.given.temporary_account:
        pooling = row.employer_principal + row.employer_interest
    else:
        rate = work.parameters.pooling_rate(year.year)
        pooling = share(year.contribution_base_total, rate.rate) if rate else 0
    return YearAmounts(
        year=year.year,
        first_month=year.year * 100 + year.first_month,
        last_month=year.year * 100 + max(year.first_month, year.first_month + year.months - 1),
        months=year.months,
        province=year.province,
        contribution_base_total=year.contribution_base_total,
        account_rate=row.rate,
        account_credit=row.principal,
        interest_rate=row.interest.rate if row.interest else None,
        provisional=row.interest is not None and row.interest.provisional,
        interest_on_balance=row.on_balance,
        interest_on_credits=row.on_credits,
        account_balance=row.balance,
        pooling=pooling,
    )


def _plausibility(work: _Work, rows: Sequence[_Row], recomputed: int | None) -> Plausibility | None:
    recorded = work.given.account_at_previous_year_end
    years = {row.given.year for row in rows if row.balance is not None}
    years.discard(work.transfer_year)
    if recorded is None or recomputed is None or not years:
        return None
    return Plausibility(recomputed, recorded - recomputed, len(years) * work.parameters.tolerance_fen_per_year)
