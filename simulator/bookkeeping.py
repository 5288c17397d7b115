"""How a synthetic province has kept personal accounts in its own books: yearly, at a rate of its own before 2016."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from jinbao.regional_adapter.local_records import ContributionRow
from jinbao.rules.funds import credit, interest_on_balance, interest_on_credits
from jinbao.rules.transfer_parameters import load_transfer_parameters
from jinbao.schemas.messages import Fen

FIRST_NATIONAL_YEAR = 2016
"""From this year on the interest rate is national (人社部发〔2017〕31号)."""
PROVINCIAL_RATE = Fraction(3, 100)
"""Invented: what the synthetic provinces have paid on accounts before the national rate."""


def interest_rate(year: int) -> Fraction:
    """The rate that the books of a synthetic province have used for the year."""
    national = load_transfer_parameters().interest_rate(year)
    return PROVINCIAL_RATE if year < FIRST_NATIONAL_YEAR or national is None else national.rate


def recorded_balance(rows: Iterable[ContributionRow], before_year: int) -> Fen:
    """Recorded account at the end of the year before `before_year`, with interest, by the month-product method."""
    by_year: dict[int, list[ContributionRow]] = {}
    for row in rows:
        if 1998 <= row.year < before_year:
            by_year.setdefault(row.year, []).append(row)
    balance = 0
    for year in range(min(by_year, default=before_year), before_year):
        rate = interest_rate(year)
        added = interest_on_balance(balance, rate)
        for row in by_year.get(year, ()):
            principal = credit(row.contribution_base_total, row.months, Fraction(row.account_rate_bp, 10_000))
            added += principal + interest_on_credits(principal, row.first_month, row.months, rate)
        balance += added
    return Fen(balance)
