"""Money as integer fen, rates as exact fractions, and the one way in which a figure is rounded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import NewType

Fen = NewType("Fen", int)
"""An amount of money in fen (1/100 yuan), an integer."""
NO_FEN = Fen(0)

_YUAN = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,2}))?", re.ASCII)
_RATE = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,12})?", re.ASCII)


def half_up(numerator: int, denominator: int) -> int:
    """A non-negative fraction rounded to the nearest integer, halves up; exact, without floating point."""
    assert numerator >= 0 < denominator, "amounts and rates are not negative"
    return (2 * numerator + denominator) // (2 * denominator)


def share(amount_fen: Fen, rate: Fraction) -> Fen:
    """`rate` of an amount in fen, rounded HALF_UP to the fen once."""
    return Fen(half_up(amount_fen * rate.numerator, rate.denominator))


def sum_fen(amounts: Iterable[Fen]) -> Fen:
    """The sum of amounts."""
    return Fen(sum(amounts))


def parse_yuan(text: str) -> Fen:
    """Fen of an amount written in yuan, like "4231.37". Raises ValueError unless it has at most two decimals."""
    match = _YUAN.fullmatch(text)
    if match is None:
        raise ValueError("应为元，至多两位小数，如 4231.37 / an amount in yuan with at most two decimals, like 4231.37")
    return Fen(int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0")))


def format_yuan(amount_fen: int) -> str:
    """An amount in fen as yuan with two decimals, like "4231.37"."""
    sign, magnitude = "-" if amount_fen < 0 else "", abs(amount_fen)
    return f"{sign}{magnitude // 100}.{magnitude % 100:02d}"


def parse_rate(text: str) -> Fraction:
    """A rate written as a decimal fraction from 0 to 1, like "0.0712". Raises ValueError for others."""
    if not _RATE.fullmatch(text) or (rate := Fraction(text)) > 1:
        raise ValueError("应为 0 至 1 的小数，如 0.0712 / a decimal fraction from 0 to 1, like 0.0712")
    return rate


def percent(rate: Fraction) -> str:
    """A rate as text in percent, like "7.12%"."""
    whole = Decimal(100 * rate.numerator) / Decimal(rate.denominator)
    return f"{whole.normalize():f}%"
