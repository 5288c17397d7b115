"""How a synthetic province has kept personal accounts in its own books: yearly, at a rate of its own before 2016."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from jinbao.regional_adapter.local.local_records import ContributionRow
from jinbao.rules.funds import credit, interest_on_balance, interest_on_credits
from jinbao.rules.transfer_parameters import load_transfer_parameters
from jinbao.schemas.messages import Fen

PROVINCIAL_RATE = Fraction(3, 100)
"""Invented: what the synthetic provinces have paid on accounts before the national rates."""


def interest_rate(year: int, on: date) -> Fraction:
    """The rate that the books of a synthetic province show for the year on a day."""
    national = load_transfer_parameters().interest_rate(year, on)
    return PROVINCIAL_RATE if national is None else national.rate


def recorded_balance(rows: Iterable[ContributionRow], on: date) -> Fen:
    """Recorded account on a day, at the end of the year before, with interest, by the month-product method."""
    before_year = on.year
    by_year: dict[int, list[ContributionRow]] = {}
    for row in rows:
        if 1998 <= row.year < before_year:
            by_year.setdefault(row.year, []).append(row)
    balance = 0
    for year in range(min(by_year, default=before_year), before_year):
        rate = interest_rate(year, on)
        added: int = interest_on_balance(Fen(balance), rate)
        for row in by_year.get(year, ()):
            principal = credit(row.contribution_base_total, row.months, Fraction(row.account_rate_bp, 10_000))
            added += principal + interest_on_credits(principal, row.first_month, row.months, rate)
        balance += added
    return Fen(balance)
