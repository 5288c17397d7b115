"""An account year by year: principal as it was credited, and interest by the month-product method; integer fen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from jinbao.rules.money import NO_FEN, Fen, half_up, share
from jinbao.rules.transfer_parameters import InterestRate


@dataclass(frozen=True, slots=True)
class Credit:
    """Principal credited in equal parts in `months` months of one year."""

    year: int
    """Year of crediting, which need not be the year that was paid for."""
    first_month: int
    months: int
    principal: Fen


@dataclass(frozen=True, slots=True)
class Step:
    """What one credit, or one year without any, adds to the account."""

    credit: int | None
    """Position of the credit; None for a year in which only the balance earned interest."""
    year: int
    rate: InterestRate | None
    """None where there was nothing yet to earn interest."""
    on_balance: Fen
    on_credits: Fen
    balance: Fen
    """After this step; the year's last step has the balance at its end."""


def accrue(
    credits: Sequence[Credit], until: int, rate_of: Callable[[int], InterestRate | None]
) -> tuple[Step, ...] | None:
    """Carry an empty account through its years, the last of them `until` − 1; None where a rate is missing.

    `credits` are in order of their years. A year's opening balance earns its interest once, in the year's first step.
    """
    steps: list[Step] = []
    balance = NO_FEN
    by_year: dict[int, list[int]] = {}
    for index, credit_ in enumerate(credits):
        by_year.setdefault(credit_.year, []).append(index)
    for year in range(min(by_year, default=until), until):
        found = by_year.get(year, [])
        if not balance and not any(credits[index].principal for index in found):
            steps += [Step(index, year, None, NO_FEN, NO_FEN, NO_FEN) for index in found]
            continue
        rate = rate_of(year)
        if rate is None:
            return None
        opening = balance
        entries: list[int | None] = [*found] if found else [None]
        for position, entry in enumerate(entries):
            on_balance = interest_on_balance(opening, rate.rate) if position == 0 else NO_FEN
            on_credits = principal = NO_FEN
            if entry is not None:
                paid = credits[entry]
                principal = paid.principal
                on_credits = interest_on_credits(principal, paid.first_month, paid.months, rate.rate)
            balance = Fen(balance + principal + on_balance + on_credits)
            steps.append(Step(entry, year, rate, on_balance, on_credits, balance))
    return tuple(steps)


def balance_of(steps: Sequence[Step]) -> Fen:
    """The balance after all steps."""
    return steps[-1].balance if steps else NO_FEN


def interest_on_balance(balance: Fen, rate: Fraction) -> Fen:
    """A year's interest on the balance at its beginning, fen."""
    return share(balance, rate)


def interest_on_credits(principal: Fen, first_month: int, months: int, rate: Fraction) -> Fen:
    """A year's interest on its own monthly credits by the month-product method: r/12 · Σ c_m · (13 − m), fen.

    `principal` is the sum of equal credits in `months` months from `first_month` on.
    """
    if months == 0:
        return NO_FEN
    weights = sum(13 - month for month in range(first_month, first_month + months))
    return Fen(half_up(principal * weights * rate.numerator, 12 * months * rate.denominator))


def credit(contribution_base_total: Fen, months: int, rate: Fraction) -> Fen:
    """Principal of a row, fen: each monthly credit is rounded, the row is their sum."""
    if months == 0:
        return NO_FEN
    return Fen(months * half_up(contribution_base_total * rate.numerator, months * rate.denominator))
