"""The JSON form of a transfer calculation: yuan in strings on the outside, fen and fractions on the inside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, TypeVar

import msgspec

from jinbao.rules.days import read_day
from jinbao.rules.form import FormError, decode_form
from jinbao.rules.funds import FundsInput, TransferAmounts, YearAmounts, YearInput
from jinbao.rules.funds_explanation import OVERLAP_ARTICLE, OVERLAP_TEXT, explain
from jinbao.rules.money import NO_FEN, Fen, format_yuan, parse_rate, parse_yuan
from jinbao.rules.provinces import PROVINCES

Value = TypeVar("Value")


class _Year(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    year: Annotated[int, msgspec.Meta(ge=1950, le=2999)]
    months: Annotated[int, msgspec.Meta(ge=0, le=12)]
    contribution_base: str | None = None
    contribution_base_total: str | None = None
    first_month: Annotated[int, msgspec.Meta(ge=1, le=12)] | None = None
    credited_year: Annotated[int, msgspec.Meta(ge=1950, le=2999)] | None = None
    credited_month: Annotated[int, msgspec.Meta(ge=1, le=12)] | None = None
    account_rate: str | None = None
    recorded_account: str | None = None
    interest_rate: str | None = None
    employer_rate: str | None = None
    province: str | None = None


class _Form(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    remitted_on: str
    years: list[_Year]
    account_before_1998: str = "0.00"
    account_at_previous_year_end: str | None = None
    temporary_account: bool = False
    employer_rate: str | None = None


def read_funds_form(data: bytes, province: str | None = None, destination: str | None = None) -> FundsInput:
    """The input in a JSON form; `province` keeps the account, which moves to `destination`.

    Raises FormError with the path of the field at fault.
    """
    form = decode_form(data, _Form)
    return FundsInput(
        remitted_on=_read(read_day, form.remitted_on, "remitted_on"),
        years=[_year(year, f"years[{index}]") for index, year in enumerate(form.years)],
        account_before_1998=_read(parse_yuan, form.account_before_1998, "account_before_1998"),
        account_at_previous_year_end=_optional(
            parse_yuan, form.account_at_previous_year_end, "account_at_previous_year_end"
        ),
        temporary_account=form.temporary_account,
        employer_rate=_optional(parse_rate, form.employer_rate, "employer_rate"),
        province=province,
        destination=destination,
    )


def _year(year: _Year, path: str) -> YearInput:
    if year.months and year.account_rate is None and year.recorded_account is None:
        raise FormError(f"{path}.account_rate", "缺记入比例 / the rate credited to the account is missing")
    if year.province is not None and year.province not in PROVINCES:
        raise FormError(f"{path}.province", "没有此省份代码 / there is no such province code")
    given = YearInput(
        year=year.year,
        months=year.months,
        contribution_base_total=NO_FEN,
        first_month=1 if year.first_month is None else year.first_month,
        credited_year=year.credited_year,
        credited_month=year.credited_month,
        account_rate=_optional(parse_rate, year.account_rate, f"{path}.account_rate"),
        recorded_account=_optional(parse_yuan, year.recorded_account, f"{path}.recorded_account"),
        interest_rate=_optional(parse_rate, year.interest_rate, f"{path}.interest_rate"),
        employer_rate=_optional(parse_rate, year.employer_rate, f"{path}.employer_rate"),
        province=year.province,
    )
    return replace(given, contribution_base_total=_base_total(year, path))


def _base_total(year: _Year, path: str) -> Fen:
    monthly = _optional(parse_yuan, year.contribution_base, f"{path}.contribution_base")
    total = _optional(parse_yuan, year.contribution_base_total, f"{path}.contribution_base_total")
    if monthly is not None and total is not None:
        raise FormError(
            f"{path}.contribution_base_total",
            "月基数与基数合计只能给一项 / give contribution_base or contribution_base_total, not both",
        )
    if total is not None:
        return total
    if monthly is not None:
        return Fen(monthly * year.months)
    if year.months:
        raise FormError(f"{path}.contribution_base", "缺缴费基数 / the contribution base is missing")
    return NO_FEN


def _read(convert: Callable[[str], Value], text: str, path: str) -> Value:
    try:
        return convert(text)
    except ValueError as error:
        raise FormError(path, str(error)) from error


def _optional(convert: Callable[[str], Value], text: str | None, path: str) -> Value | None:
    return None if text is None else _read(convert, text, path)


def funds_answer(amounts: TransferAmounts) -> dict[str, Any]:
    """The result as a JSON object: amounts in yuan as strings with two decimals, rates as decimal fractions."""
    check = amounts.plausibility
    return {
        "individual_before_1998": format_yuan(amounts.individual_before_1998),
        "account_at_previous_year_end": format_yuan(amounts.account_at_previous_year_end),
        "current_year_principal": format_yuan(amounts.current_year_principal),
        "individual_total": format_yuan(amounts.individual_total),
        "pooling_total": format_yuan(amounts.pooling_total),
        "total": format_yuan(amounts.total),
        "provisional": amounts.provisional,
        "money": amounts.money,
        "money_moves": amounts.money != "none",
        "years": [_year_answer(year) for year in amounts.years],
        "corrections": [
            {
                "year": correction.year,
                "recorded": format_yuan(correction.recorded),
                "scale": format_yuan(correction.scale),
                "transferred": format_yuan(correction.scale),
                "article": correction.article,
            }
            for correction in amounts.corrections
        ],
        "scale_adjustment": format_yuan(amounts.scale_adjustment),
        "overlaps": [
            {
                "year": overlap.first_month // 100,
                "first_month": overlap.first_month % 100,
                "last_month": overlap.last_month % 100,
                "months": overlap.months,
                "provinces": list(overlap.provinces),
                "text": OVERLAP_TEXT,
                "article": OVERLAP_ARTICLE,
            }
            for overlap in amounts.overlaps
        ],
        "plausibility": check
        and {
            "recomputed": format_yuan(check.recomputed),
            "difference": format_yuan(check.difference),
            "tolerance": format_yuan(check.tolerance),
            "within_tolerance": check.within_tolerance,
        },
        "explanation": [
            {"figure": line.figure, "amount": format_yuan(line.amount), "text": line.text, "article": line.article}
            for line in explain(amounts)
        ],
    }


def _year_answer(year: YearAmounts) -> dict[str, Any]:
    def yuan(amount: Fen | None) -> str | None:
        return None if amount is None else format_yuan(amount)

    return {
        "year": year.year,
        "first_month": year.first_month % 100,
        "last_month": year.last_month % 100,
        "months": year.months,
        "province": year.province,
        "credited_year": year.credited_year,
        "credited_month": year.credited_month,
        "contribution_base_total": format_yuan(year.contribution_base_total),
        "account_rate": _fraction(year.account_rate),
        "employer_rate": None if year.employer_rate is None else _fraction(year.employer_rate),
        "account_credit": format_yuan(year.account_credit),
        "interest_rate": None if year.interest_rate is None else _fraction(year.interest_rate),
        "provisional": year.provisional,
        "account_interest": yuan(year.account_interest),
        "account_balance": yuan(year.account_balance),
        "pooling": format_yuan(year.pooling),
    }


def _fraction(rate: Fraction) -> str:
    return str(Decimal(rate.numerator) / Decimal(rate.denominator))
