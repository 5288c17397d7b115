"""Builders for amounts of a transfer: years of contributions, and the computation."""

from datetime import date
from fractions import Fraction

from jinbao.rules.funds import (
    FundsInput,
    TransferAmounts,
    YearInput,
    compute_transfer,
)
from jinbao.rules.money import parse_yuan

EIGHT, ELEVEN = Fraction("0.08"), Fraction("0.11")


def year(number: int, months: int, base: str, **more: object) -> YearInput:
    """A year at 8 % with a monthly base in yuan."""
    given = {"account_rate": EIGHT, "contribution_base_total": parse_yuan(base) * months, **more}
    return YearInput(year=number, months=months, **given)  # type: ignore[arg-type]


def transfer(*years: YearInput, on: date = date(2019, 10, 15), **more: object) -> TransferAmounts:
    return compute_transfer(FundsInput(remitted_on=on, years=years, **more))  # type: ignore[arg-type]


EXAMPLE_A = (year(2017, 12, "4000.00"), year(2018, 12, "5000.00"), year(2019, 9, "6000.00"))


EMPLOYER = {"temporary_account": True, "employer_rate": Fraction("0.10")}


TWO_YEARS = (year(2018, 12, "5000.00"), year(2019, 12, "5000.00"))
