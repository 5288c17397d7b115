"""How long the provinces take, and how many due days they are expected to miss: tables and JSON."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date
from typing import Any, Literal, TypeAlias

import msgspec

from jinbao.language.words import Translator, Words
from jinbao.platform.projections.forecast import ForecastRow
from jinbao.platform.projections.handling_index import FEWEST_CASES, IndexRow
from jinbao.presentation import case_labels, labels
from jinbao.views.table import Column, Table, View, headings


def index_tables(tr: Translator, rows: Sequence[IndexRow]) -> View:
    """One table a clock; who takes longest (90th percentile) first, provinces with too few cases at the end."""
    tables = []
    for clock in dict.fromkeys(row.clock for row in rows):
        of_clock = [row for row in rows if row.clock == clock]
        of_clock.sort(key=lambda row: (row.too_few, -(row.p90_working_days or 0), row.province))
        title = tr.of(case_labels.clock(clock))
        tables.append(Table(_index_heads(tr), [_index_line(tr, row) for row in of_clock], title))
    return tables


def _index_heads(tr: Translator) -> list[Column]:
    names: list[Words] = [("省份", "province")]
    amounts: list[Words] = [("件数", "cases"), ("其中未结", "of these open"), ("中位工作日", "median working days")]
    amounts += [("90% 分位", "90th percentile"), ("未结 95% 分位", "open: 95th percentile")]
    return headings(tr, names, amounts)


def _index_line(tr: Translator, row: IndexRow) -> tuple[object, ...]:
    few = tr(f"不足 {FEWEST_CASES} 件", f"fewer than {FEWEST_CASES}")
    times = (row.median_working_days, row.p90_working_days, row.open_p95_working_days)
    shown = (few, "", "") if row.too_few else tuple("—" if time is None else time for time in times)
    return (f"{row.province} {tr.of(labels.province(row.province))}", row.cases, row.open, *shown)


def index_as_json(row: IndexRow) -> dict[str, Any]:
    """One row for machines."""
    return {**row._asdict(), "too_few": row.too_few}


def forecast_table(tr: Translator, rows: Sequence[ForecastRow]) -> Table:
    """A line a province, most expected misses first; a column a working day, and the sum of all ten."""
    days = list(dict.fromkeys(row.due for row in rows))
    lines = []
    for province in dict.fromkeys(row.province for row in rows):
        own = [row for row in rows if row.province == province]
        lines.append((sum(row.expected_missed for row in own), province, own))
    lines.sort(key=lambda line: (-line[0], line[1]))
    heads = [("省份", "province")]
    amounts: list[Words] = [("到期", "due"), ("预计逾期", "expected missed"), *((_short(day),) * 2 for day in days)]
    cells = [
        (
            f"{province} {tr.of(labels.province(province))}",
            sum(row.clocks for row in own),
            f"{total:.1f}",
            *(f"{row.expected_missed:.1f}" if row.clocks else "" for row in own),
        )
        for total, province, own in lines
    ]
    title = tr("今后十个工作日预计逾期", "Expected to be missed in the next ten working days")
    return Table(headings(tr, heads, amounts), cells, title)


def forecast_as_json(row: ForecastRow) -> dict[str, Any]:
    """One row for machines."""
    return {**row._asdict(), "due": row.due.isoformat()}


IndexOrder: TypeAlias = Literal[
    "province",
    "cases",
    "open",
    "median_working_days",
    "p90_working_days",
    "open_p95_working_days",
    "-province",
    "-cases",
    "-open",
    "-median_working_days",
    "-p90_working_days",
    "-open_p95_working_days",
]
"""A column; "-" before it: the highest first."""
ForecastOrder: TypeAlias = Literal["province", "due", "expected_missed", "-province", "-due", "-expected_missed"]


class Expected(msgspec.Struct, frozen=True):
    """One province in the next ten working days."""

    province: str
    due: int
    """Clocks that are due."""
    expected_missed: float


class Timeliness(msgspec.Struct, frozen=True):
    """Index and forecast on a day."""

    as_of: str
    position: int
    clock: str | None
    order: IndexOrder
    forecast_order: ForecastOrder
    """As asked for."""
    clocks: list[str]
    """Those of which there are any."""
    index: list[dict[str, Any]]
    """As in the command; of the clock that was asked for, else of all, clock by clock."""
    expected: list[Expected]
    """Sums of the forecast, by province."""
    days: list[str]
    forecast: list[dict[str, Any]]
    """As in the command, provinces in the same order."""


def timeliness(
    today: date,
    position: int,
    rows: Sequence[IndexRow],
    forecast: Sequence[ForecastRow],
    clock: str | None,
    order: IndexOrder,
    forecast_order: ForecastOrder,
) -> Timeliness:
    """The page's value: rows of each clock in that order, those of which too little is known at the end."""
    clocks = list(dict.fromkeys(row.clock for row in rows))
    shown = [row for name in clocks if clock in (None, name) for row in _ordered(rows, name, order)]
    sums = _sums(forecast)
    column = forecast_order.removeprefix("-")
    sums.sort(key=lambda row: getattr(row, column), reverse=forecast_order != column)
    of_province = {row.province: [one for one in forecast if one.province == row.province] for row in sums}
    return Timeliness(
        as_of=today.isoformat(),
        position=position,
        clock=clock,
        order=order,
        forecast_order=forecast_order,
        clocks=clocks,
        index=[index_as_json(row) for row in shown],
        expected=sums,
        days=[day.isoformat() for day in dict.fromkeys(row.due for row in forecast)],
        forecast=[forecast_as_json(row) for row in itertools.chain.from_iterable(of_province.values())],
    )


def _ordered(rows: Sequence[IndexRow], clock: str, order: IndexOrder) -> list[IndexRow]:
    column = order.removeprefix("-")
    known = [row for row in rows if row.clock == clock and getattr(row, column) is not None]
    unknown = [row for row in rows if row.clock == clock and getattr(row, column) is None]
    return [*sorted(known, key=lambda row: getattr(row, column), reverse=order != column), *unknown]


def _sums(forecast: Sequence[ForecastRow]) -> list[Expected]:
    return [
        Expected(
            province,
            sum(row.clocks for row in forecast if row.province == province),
            round(sum(row.expected_missed for row in forecast if row.province == province), 4),
        )
        for province in dict.fromkeys(row.province for row in forecast)
    ]


def _short(day: date) -> str:
    return day.strftime("%m-%d")
