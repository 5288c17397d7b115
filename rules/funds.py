"""The amount that moves with a transfer from employees' to employees' insurance, and the year rows of sheet 2.

国办发〔2009〕66号 art. 4: the personal account wholly, and 12 % of the actual bases since 1998 from the pooling fund.
All amounts are integer fen; each stored figure is rounded HALF_UP once, totals are sums of rounded figures [assumed].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from jinbao.rules.funds_account import (
    accrue,
    balance_of,
    credit,
    interest_on_balance,
    interest_on_credits,
)
from jinbao.rules.funds_figures import (
    Correction,
    FundsError,
    FundsInput,
    Overlap,
    Plausibility,
    TransferAmounts,
    YearAmounts,
    YearInput,
)
from jinbao.rules.funds_rows import Row, corrections, overlaps, read_rows
from jinbao.rules.money import NO_FEN, Fen, share, sum_fen
from jinbao.rules.procedures import MoneyWay, ProcedureError, load_procedures
from jinbao.rules.transfer_parameters import (
    InterestRate,
    TemporaryAccountRule,
    TransferParameters,
    load_transfer_parameters,
)

__all__ = [
    "Correction",
    "FundsError",
    "FundsInput",
    "Overlap",
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
class _Work:
    """What one computation shares between its steps."""

    given: FundsInput
    parameters: TransferParameters
    rows: list[Row]

    @property
    def transfer_year(self) -> int:
        return self.given.remitted_on.year

    def earning(self) -> list[Row]:
        """Rows whose principal was credited before the year of the transfer, and earned interest."""
        return [row for row in self.rows if FIRST_ACCOUNT_YEAR <= row.credited_year < self.transfer_year]


def _way(given: FundsInput) -> MoneyWay:
    """How the money moves: by the procedure of the two provinces on the day of the remittance. Raises FundsError."""
    try:
        return load_procedures().money(given.province or "", given.destination or "", given.remitted_on)
    except ProcedureError as error:
        raise FundsError(
            "remitted_on", "2010-01-01 起才有跨省转移规定 / there is no transfer of money before 2010-01-01"
        ) from error


def compute_transfer(given: FundsInput, parameters: TransferParameters | None = None) -> TransferAmounts:
    """The amounts of one transfer. Raises FundsError naming the field at fault, or the year without a rate."""
    parameters = parameters or load_transfer_parameters()
    way = _way(given)
    work = _Work(given, parameters, read_rows(given, parameters))
    recorded = given.account_at_previous_year_end
    recomputed = _recomputed(work)
    adjustment = NO_FEN if recorded is None else _scale_adjustment(work)
    computed = _accrue(work, strict=recorded is None)
    _accrue_employer(work)
    account = computed if recorded is None else Fen(recorded + adjustment)
    assert account is not None, "a computed balance has all its rates"
    if account < 0:
        raise FundsError(
            "account_at_previous_year_end",
            "小于超比例记入、不转移的部分 / is less than what was credited above the scale and stays",
        )
    current = _credit_current_year(work, account)
    years = tuple(_year_amounts(work, row) for row in work.rows)
    pooling = sum_fen(year.pooling for year in years)
    individual = Fen(given.account_before_1998 + account + current)
    return TransferAmounts(
        remitted_on=given.remitted_on,
        temporary_rule=_temporary_rule(work),
        individual_before_1998=given.account_before_1998,
        account_at_previous_year_end=account,
        account_is_recorded=recorded is not None,
        scale_adjustment=adjustment,
        current_year_principal=current,
        individual_total=individual,
        pooling_total=pooling,
        total=Fen(individual + pooling),
        money=way,
        provisional=_is_provisional(work, years),
        years=years,
        corrections=corrections(work.rows, parameters),
        overlaps=overlaps(given),
        plausibility=_plausibility(work, recomputed),
    )


def _is_provisional(work: _Work, years: Sequence[YearAmounts]) -> bool:
    """Whether a year's interest was not published by the day; a recorded balance bears the previous year's."""
    if work.given.account_at_previous_year_end:
        previous = _rate_of(work, strict=False)(work.transfer_year - 1)
        if previous is not None and previous.provisional:
            return True
    return any(year.provisional for year in years)


def _recomputed(work: _Work) -> Fen | None:
    """The balance as the rows were credited, to be held against a recorded one; None where a rate is missing."""
    if work.given.account_at_previous_year_end is None:
        return None
    credits = [row.credit(row.recorded) for row in work.earning()]
    steps = accrue(credits, work.transfer_year, _rate_of(work, strict=False))
    return None if steps is None else balance_of(steps)


def _scale_adjustment(work: _Work) -> Fen:
    """What moves more or less than a recorded balance: its rows at the scale less the same rows as they were credited.

    Both are reckoned from the earliest year on since which all rates are known; before the first row off the scale
    they do not differ.
    """
    rows = work.earning()
    first_off = min((row.credited_year for row in rows if row.recorded != row.principal), default=None)
    if first_off is None:
        return NO_FEN
    known, first = _rate_of(work, strict=False), first_off
    while first > min(row.credited_year for row in rows) and known(first - 1) is not None:
        first -= 1
    counted = [row for row in rows if row.credited_year >= first]
    balances = []
    for credits in ([row.credit(row.principal) for row in counted], [row.credit(row.recorded) for row in counted]):
        steps = accrue(credits, work.transfer_year, _rate_of(work, strict=True))
        assert steps is not None, "strict: a missing rate is an error"
        balances.append(balance_of(steps))
    return Fen(balances[0] - balances[1])


def _accrue(work: _Work, strict: bool) -> Fen | None:
    """Give each row its interest and balance up to the end of the year before the remittance; returns that balance.

    Adds a row for each gap year in which the balance earns interest. Not strict: None where a rate is missing.
    """
    earning = work.earning()
    steps = accrue([row.credit(row.principal) for row in earning], work.transfer_year, _rate_of(work, strict))
    if steps is None:
        return None
    for step in steps:
        row = earning[step.credit] if step.credit is not None else _gap_row(work, step.year)
        row.interest, row.on_balance, row.on_credits = step.rate, step.on_balance, step.on_credits
        row.balance = step.balance
    work.rows.sort(key=lambda row: row.order)
    return balance_of(steps)


def _temporary_rule(work: _Work) -> TemporaryAccountRule | None:
    given = work.given
    return work.parameters.temporary_account(given.province, given.remitted_on) if given.temporary_account else None


def _accrue_employer(work: _Work) -> None:
    """A temporary account's employer money earns the same interest, where the place's rule says so."""
    rule = _temporary_rule(work)
    if rule is None or not rule.employer_interest:
        return
    earning = [row for row in work.rows if row.credited_year < work.transfer_year]
    credits = [row.credit(row.employer_principal) for row in earning]
    steps = accrue(credits, work.transfer_year, _rate_of(work, strict=True))
    assert steps is not None, "strict: a missing rate is an error"
    for step in steps:
        row = earning[step.credit] if step.credit is not None else _gap_row(work, step.year)
        row.employer_interest = Fen(step.on_balance + step.on_credits)
        row.interest = row.interest or step.rate
    work.rows.sort(key=lambda row: row.order)


def _gap_row(work: _Work, year: int) -> Row:
    """A row for a year in which nothing was credited."""
    row = Row(YearInput(year=year, months=0, contribution_base_total=NO_FEN), "years", NO_FEN, NO_FEN, Fraction(0))
    scale = work.parameters.scale(year)
    row.rate = scale.rate if scale is not None else row.rate
    work.rows.append(row)
    return row


def _credit_current_year(work: _Work, account: Fen) -> Fen:
    """Whatever was credited in the year of the remittance: principal only, without interest; returns its sum."""
    current = NO_FEN
    for row in work.rows:
        if row.credited_year == work.transfer_year:
            current = Fen(current + row.principal)
            row.on_balance = row.on_credits = NO_FEN
            row.balance = Fen(account + current)
    return current


def _rate_of(work: _Work, strict: bool) -> Callable[[int], InterestRate | None]:
    """The interest of a year: as a row credited in it gives it, else the national one as known on the day."""

    def rate_of(year: int) -> InterestRate | None:
        rows = [row for row in work.rows if row.credited_year == year]
        given = {row.given.interest_rate for row in rows if row.given.interest_rate is not None}
        if len(given) > 1:
            raise FundsError(
                f"{rows[-1].path}.interest_rate", "同一年度的利率不一致 / the year's rows give different rates"
            )
        rate = InterestRate(given.pop(), provisional=False) if given else None
        rate = rate or work.parameters.interest_rate(year, work.given.remitted_on)
        if rate is None and strict:
            raise FundsError(
                f"{rows[0].path}.interest_rate" if rows else "years",
                f"缺 {year} 年记账利率，请在该年一行给出（无缴费的年度可用 months 为 0 的一行）/ "
                f"no interest rate for {year}: give it in that year's row (a row with months 0 for a gap year)",
            )
        return rate

    return rate_of


def _year_amounts(work: _Work, row: Row) -> YearAmounts:
    year = row.given
    if work.given.temporary_account:
        pooling = Fen(row.employer_principal + row.employer_interest)
    else:
        rate = work.parameters.pooling_rate(year.year)
        pooling = share(year.contribution_base_total, rate.rate) if rate else NO_FEN
    return YearAmounts(
        year=year.year,
        first_month=year.year * 100 + year.first_month,
        last_month=year.year * 100 + max(year.first_month, year.first_month + year.months - 1),
        months=year.months,
        province=year.province,
        credited_year=row.credited_year,
        credited_month=year.credited_month,
        contribution_base_total=year.contribution_base_total,
        account_rate=row.rate,
        employer_rate=row.employer_rate,
        account_credit=row.principal,
        interest_rate=row.interest.rate if row.interest else None,
        provisional=row.interest is not None and row.interest.provisional,
        interest_on_balance=row.on_balance,
        interest_on_credits=row.on_credits,
        account_balance=row.balance,
        pooling=pooling,
    )


def _plausibility(work: _Work, recomputed: Fen | None) -> Plausibility | None:
    recorded = work.given.account_at_previous_year_end
    years = {row.credited_year for row in work.rows if row.balance is not None}
    years.discard(work.transfer_year)
    if recorded is None or recomputed is None or not years:
        return None
    return Plausibility(
        recomputed, Fen(recorded - recomputed), Fen(len(years) * work.parameters.tolerance_fen_per_year)
    )
