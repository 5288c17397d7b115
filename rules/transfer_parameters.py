"""Figures that the law sets for a transfer of money, effective-dated: account scale, pooling rate, interest rates."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinbao.rules.money import parse_rate

_DATA = Path(__file__).parent / "data"


class ParameterError(ValueError):
    """A parameter file is not usable; the text names file and key."""


@dataclass(frozen=True, slots=True)
class YearRate:
    """A rate from a year on, with the article that sets it."""

    from_year: int
    rate: Fraction
    article: str


@dataclass(frozen=True, slots=True)
class InterestRate:
    """The interest of one year. `provisional`: not yet published, the latest published rate stands in for it."""

    rate: Fraction
    provisional: bool


@dataclass(frozen=True, slots=True)
class TransferParameters:
    """All figures; each question names the year or day for which it is asked."""

    account_scale: tuple[YearRate, ...]
    pooling: tuple[YearRate, ...]
    funds_move: tuple[tuple[date, bool, str], ...]
    interest: Mapping[int, Fraction]
    tolerance_fen_per_year: int

    def scale(self, year: int) -> YearRate | None:
        """The part of the base that belongs into the account for `year`; None before accounts existed (1998)."""
        return _in_force(self.account_scale, year)

    def pooling_rate(self, year: int) -> YearRate | None:
        """The part of the base that moves from the pooling fund for `year`; None before 1998."""
        return _in_force(self.pooling, year)

    def interest_rate(self, year: int) -> InterestRate | None:
        """The national rate; past the last published year that year's, provisionally [assumed]; None before 2016."""
        newest = max(self.interest)
        if year > newest:
            return InterestRate(self.interest[newest], provisional=True)
        rate = self.interest.get(year)
        return None if rate is None else InterestRate(rate, provisional=False)

    def money_moves(self, on: date) -> bool | None:
        """Whether a remittance on that day carries money; None before the rule of 2010."""
        moves = None
        for valid_from, money, _ in self.funds_move:
            if valid_from <= on:
                moves = money
        return moves


def _in_force(rates: tuple[YearRate, ...], year: int) -> YearRate | None:
    found = None
    for rate in rates:
        if rate.from_year <= year:
            found = rate
    return found


@lru_cache(maxsize=4)
def load_transfer_parameters(path: Path | None = None) -> TransferParameters:
    """Read `transfer_parameters.toml` and `interest_rates.csv` under `path` (default: the shipped data).

    Raises ParameterError naming file and key.
    """
    data = path or _DATA
    file = data / "transfer_parameters.toml"
    try:
        table: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        moves = tuple((row["from"], bool(row["money"]), str(row["article"])) for row in table["funds_move"])
        tolerance = int(table["plausibility"]["tolerance_fen_per_year"])
        scale, pooling = _rates(table["account_scale"]), _rates(table["pooling"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ParameterError(f"{file.name}: {error}") from error
    if list(moves) != sorted(moves, key=lambda row: row[0]):
        raise ParameterError(f"{file.name}: funds_move: must be in order of time")
    return TransferParameters(scale, pooling, moves, _interest(data / "interest_rates.csv"), tolerance)


def _rates(rows: list[dict[str, Any]]) -> tuple[YearRate, ...]:
    rates = tuple(YearRate(int(row["from_year"]), parse_rate(row["rate"]), str(row["article"])) for row in rows)
    if list(rates) != sorted(rates, key=lambda rate: rate.from_year):
        raise ValueError("from_year: must be in order of time")
    return rates


def _interest(file: Path) -> dict[int, Fraction]:
    rates: dict[int, Fraction] = {}
    try:
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        for row in csv.DictReader(lines):
            year = int(row["year"])
            if year in rates:
                raise ValueError(f"{year} is listed twice")
            rates[year] = parse_rate(row["rate"])
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ParameterError(f"{file.name}: {error}") from error
    if not rates:
        raise ParameterError(f"{file.name}: at least one year is needed")
    return rates
