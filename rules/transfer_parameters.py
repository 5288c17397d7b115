"""Figures that the law sets for a transfer of money, effective-dated: scale, pooling, interest, temporary accounts."""

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

from jinbao.language.toml_errors import toml_reason
from jinbao.language.words import BilingualError
from jinbao.rules.days import read_day
from jinbao.rules.money import Fen, parse_rate
from jinbao.rules.provinces import PROVINCES

_DATA = Path(__file__).parent / "data"


class ParameterError(BilingualError):
    """A parameter file is not usable; the text names file and key."""


@dataclass(frozen=True, slots=True)
class YearRate:
    """A rate from a year on, with the article that sets it."""

    from_year: int
    rate: Fraction
    article: str


@dataclass(frozen=True, slots=True)
class InterestRate:
    """The interest of one year. `provisional`: not published by the day asked for, the latest one stands in for it."""

    rate: Fraction
    provisional: bool


@dataclass(frozen=True, slots=True)
class PublishedRate:
    """A year's national interest rate, and the day from which it is known."""

    rate: Fraction
    published_on: date


@dataclass(frozen=True, slots=True)
class TemporaryAccountRule:
    """How the employer's money of a temporary account moves, by day of the remittance."""

    province: str | None
    """None = everywhere that has no entry of its own."""
    from_day: date
    employer_floor: Fraction
    """It moves at the employer's actual rate, and at least at this one."""
    employer_interest: bool
    article: str


@dataclass(frozen=True, slots=True)
class TransferParameters:
    """All figures; each question names the year or day for which it is asked."""

    account_scale: tuple[YearRate, ...]
    pooling: tuple[YearRate, ...]
    temporary_accounts: tuple[TemporaryAccountRule, ...]
    interest: Mapping[int, PublishedRate]
    tolerance_fen_per_year: Fen

    def scale(self, year: int) -> YearRate | None:
        """The part of the base that belongs into the account for `year`; None before accounts existed (1998)."""
        return _in_force(self.account_scale, year)

    def pooling_rate(self, year: int) -> YearRate | None:
        """The part of the base that moves from the pooling fund for `year`; None before 1998."""
        return _in_force(self.pooling, year)

    def interest_rate(self, year: int, on: date) -> InterestRate | None:
        """The national rate as known on a day; None before 2016, and before the first rate was published.

        Where the year's own is not published by then, the latest published one counts, provisionally [assumed]: so a
        sheet of any day can be reckoned again to the fen.
        """
        known = [of for of, rate in self.interest.items() if of <= year and rate.published_on <= on]
        if year < min(self.interest) or not known:
            return None
        latest = max(known)
        return InterestRate(self.interest[latest].rate, provisional=latest != year)

    def temporary_account(self, province: str | None, on: date) -> TemporaryAccountRule:
        """The rule of the province that keeps the account, else the national one."""
        in_force = [rule for rule in self.temporary_accounts if rule.from_day <= on]
        own = [rule for rule in in_force if rule.province is not None and rule.province == province]
        return (own or [rule for rule in in_force if rule.province is None])[-1]


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
    return read_transfer_parameters(data / "transfer_parameters.toml", data / "interest_rates.csv")


def read_transfer_parameters(file: Path, interest_rates: Path = _DATA / "interest_rates.csv") -> TransferParameters:
    """Read a file of the form of `transfer_parameters.toml`. Raises ParameterError naming file and key."""
    try:
        table: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        tolerance = Fen(int(table["plausibility"]["tolerance_fen_per_year"]))
        scale, pooling = _rates(table["account_scale"]), _rates(table["pooling"])
        temporary = tuple(_temporary_account(row) for row in table["temporary_account"])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        zh, en = toml_reason(error)
        raise ParameterError(f"{file.name}：不是有效的 TOML：{zh}", f"{file.name}: not valid TOML: {en}") from error
    except KeyError as error:
        raise ParameterError(
            f"{file.name}：缺少 {error.args[0]}", f"{file.name}: {error.args[0]} is missing"
        ) from error
    except (OSError, TypeError, ValueError) as error:
        raise ParameterError(f"{file.name}: {error}") from error
    if list(temporary) != sorted(temporary, key=lambda rule: rule.from_day):
        zh, en = "应按时间先后排列", "must be in order of time"
        raise ParameterError(f"{file.name}：temporary_account：{zh}", f"{file.name}: temporary_account: {en}")
    return TransferParameters(scale, pooling, temporary, _interest(interest_rates), tolerance)


def _temporary_account(row: dict[str, Any]) -> TemporaryAccountRule:
    province = row.get("province")
    if province is not None and province not in PROVINCES:
        raise ValueError(f"temporary_account: {province}: no such province")
    floor, interest = parse_rate(row["employer_floor"]), bool(row["employer_interest"])
    return TemporaryAccountRule(province, row["from"], floor, interest, str(row["article"]))


def _rates(rows: list[dict[str, Any]]) -> tuple[YearRate, ...]:
    rates = tuple(YearRate(int(row["from_year"]), parse_rate(row["rate"]), str(row["article"])) for row in rows)
    if list(rates) != sorted(rates, key=lambda rate: rate.from_year):
        raise ValueError("from_year: must be in order of time")
    return rates


def _interest(file: Path) -> dict[int, PublishedRate]:
    rates: dict[int, PublishedRate] = {}
    try:
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        for row in csv.DictReader(lines):
            year = int(row["year"])
            if year in rates:
                raise ValueError(f"{year} is listed twice")
            rates[year] = PublishedRate(parse_rate(row["rate"]), read_day(row["published_on"]))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ParameterError(f"{file.name}: {error}") from error
    if not rates:
        raise ParameterError(f"{file.name}: at least one year is needed")
    return rates
