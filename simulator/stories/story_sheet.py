"""The information sheet of a story's step: its figures by the rules from the years paid, or as the step writes them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from jinbao.rules.funds import FundsInput, TransferAmounts, YearAmounts, YearInput, compute_transfer
from jinbao.rules.money import NO_FEN, Fen, parse_rate
from jinbao.rules.working_days import day_of
from jinbao.schemas import messages as m
from jinbao.simulator.stories.story_file import Step

_OWN_PARTS = ("individual_before_1998", "account_at_previous_year_end", "current_year_principal")
_EMPLOYER_RATE = Fraction(16, 100)
"""Of a temporary account, where all of the employer's money moves."""


def fen(given: Any) -> Fen:
    """Fen of an amount in yuan. Raises ValueError for what is none, or has fractions of a fen."""
    if isinstance(given, bool) or not isinstance(given, int | float | str | Decimal):
        raise ValueError("应为元 / an amount in yuan is needed")
    exact = Decimal(str(given)) * 100
    if exact != int(exact):
        raise ValueError("至多两位小数 / at most two decimals")
    return Fen(int(exact))


def fill_sheet(step: Step, origin: str, values: dict[str, Any]) -> None:
    """Add to `values` what the step's sheet leaves out; totals are the sums of their parts.

    Raises ValueError (FundsError), KeyError or TypeError where `paid` allows no amount.
    """
    computed: dict[str, Any] = dict.fromkeys((*_OWN_PARTS, "pooling_total"), 0)
    computed |= {"first_month": 202401, "last_month": 202412, "months": 12, "rows": []}
    if "paid" in step.fields:
        amounts = _amounts(step, origin)
        paid = [row for row in amounts.years if row.months]
        computed |= {name: getattr(amounts, name) for name in (*_OWN_PARTS, "pooling_total", "months")}
        computed |= {
            "first_month": min(row.first_month for row in paid),
            "last_month": max(row.last_month for row in paid),
            "rows": [_row(row, origin) for row in amounts.years],
        }
    for name, value in computed.items():
        values.setdefault(name, value)
    values.setdefault("individual_total", sum(values[name] for name in _OWN_PARTS))
    values.setdefault("total", values["individual_total"] + values["pooling_total"])


def _amounts(step: Step, origin: str) -> TransferAmounts:
    fields = step.fields
    recorded = fields.get("recorded")
    return compute_transfer(
        FundsInput(
            remitted_on=day_of(step.at),
            years=[_year(row) for row in fields["paid"]],
            account_before_1998=fen(fields.get("before_1998", 0)),
            account_at_previous_year_end=None if recorded is None else fen(recorded),
            temporary_account=bool(fields.get("temporary", False)),
            employer_rate=_EMPLOYER_RATE,
            province=origin,
        )
    )


def _year(row: Mapping[str, Any]) -> YearInput:
    known = {"year", "months", "base", "first_month", "province", "interest_rate", "credited_year", "credited_month"}
    if unknown := set(row) - known:
        raise KeyError(f"{', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}")
    rate, months = row.get("interest_rate"), int(row["months"])
    return YearInput(
        year=int(row["year"]),
        months=months,
        contribution_base_total=Fen(fen(row["base"]) * months),
        first_month=int(row.get("first_month", 1)),
        province=row.get("province"),
        credited_year=row.get("credited_year"),
        credited_month=row.get("credited_month"),
        interest_rate=None if rate is None else parse_rate(str(rate)),
    )


def _row(row: YearAmounts, origin: str) -> m.YearRow:
    return m.YearRow(
        year=row.year,
        first_month=row.first_month,
        last_month=row.last_month,
        months=row.months,
        province=row.province or origin,
        contribution_base_total=row.contribution_base_total,
        account_rate_bp=int(row.account_rate * 10_000),
        account_credit=row.account_credit,
        account_interest=row.account_interest or NO_FEN,
        account_balance=row.account_balance or NO_FEN,
        pooling=row.pooling,
        credited_year=row.credited_year if row.credited_year != row.year else None,
        credited_month=row.credited_month,
    )
