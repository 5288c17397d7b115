"""Holidays of a year without a published notice, by the standing principle of the State Council's notice of 2024-11-12.

The days worked instead are in the year's own notice only: whatever rests on this is provisional.
"""

from __future__ import annotations

import csv
import tomllib
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinbao.rules.days import read_day

_DATA = Path(__file__).parent / "data"


def standing_holidays(year: int) -> frozenset[date]:
    """Every day of the year's holidays, weekends among them. Raises KeyError for a year without a row in feasts.csv."""
    days: set[date] = set()
    for holiday in _principle():
        first = _first_day(holiday, year)
        while first in days:
            first += timedelta(days=1)
        days.update(first + timedelta(days=n) for n in range(holiday["days"]))
    return frozenset(days)


def _first_day(holiday: dict[str, Any], year: int) -> date:
    if "month_day" in holiday:
        return read_day(f"{year}-{holiday['month_day']}")
    return _feasts()[year][holiday["feast"]] - timedelta(days=holiday.get("eve", False))


@lru_cache(maxsize=1)
def _principle() -> list[dict[str, Any]]:
    """The holidays, one that may fall into another after it."""
    return list(tomllib.loads((_DATA / "standing_holidays.toml").read_text(encoding="utf-8"))["holiday"])


@lru_cache(maxsize=1)
def _feasts() -> dict[int, dict[str, date]]:
    lines = (_DATA / "feasts.csv").read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return {int(row.pop("year")): {name: read_day(day) for name, day in row.items()} for row in rows}
