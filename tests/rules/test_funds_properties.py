"""Invariants of the amounts, held against a plain model of the same rule."""

from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from jinbao.rules.funds import FundsInput, TransferAmounts, YearInput, compute_transfer
from jinbao.rules.funds_explanation import explain
from jinbao.rules.money import format_yuan, half_up, parse_yuan, percent
from jinbao.rules.transfer_parameters import load_transfer_parameters

EIGHT = Fraction("0.08")

ROWS = st.lists(
    st.builds(
        lambda months, first, base: (months, min(first, 13 - months), base),
        st.integers(1, 12),
        st.integers(1, 12),
        st.integers(1, 5_000_000),
    ),
    min_size=1,
    max_size=8,
)


def transfer(*years: YearInput, on: date, **more: object) -> TransferAmounts:
    return compute_transfer(FundsInput(remitted_on=on, years=years, **more))  # type: ignore[arg-type]


def _histories(rows: list[tuple[int, int, int]]) -> list[YearInput]:
    return [
        YearInput(year=2017 + index, months=months, first_month=first, contribution_base_total=base, account_rate=EIGHT)
        for index, (months, first, base) in enumerate(rows)
    ]


def _fen(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


@given(ROWS)
def test_the_account_equals_a_plain_model_in_decimals(rows: list[tuple[int, int, int]]) -> None:
    """The same rule written month by month with another number type."""
    amounts = transfer(*_histories(rows), on=date(2025, 6, 1))
    rates = dict(zip(range(2017, 2025), ["7.12", "8.29", "7.61", "6.04", "6.69", "6.12", "3.97", "2.62"], strict=True))
    balance = current = pooling = 0
    for number in range(2017, 2026):
        months, first, total = rows[number - 2017] if number - 2017 < len(rows) else (0, 1, 0)
        monthly = _fen(Decimal(total) * 8 / (100 * months)) if months else 0
        pooling += _fen(Decimal(total) * 12 / 100)
        if number == 2025:
            current = monthly * months
            continue
        rate = Decimal(rates[number]) / 100
        product = sum((monthly * (13 - month) for month in range(first, first + months)), 0)
        balance += _fen(balance * rate) + _fen(Decimal(product) * rate / 12) + monthly * months
    assert amounts.account_at_previous_year_end == balance
    assert amounts.current_year_principal == current
    assert amounts.pooling_total == pooling


@given(ROWS, st.integers(0, 10_000_000), st.booleans())
def test_totals_are_the_sums_of_their_rows(rows: list[tuple[int, int, int]], before: int, temporary: bool) -> None:
    amounts = transfer(
        *_histories(rows),
        on=date(2024, 6, 1),
        account_before_1998=before,
        temporary_account=temporary,
        employer_rate=Fraction("0.16"),
    )
    account = sum(row.account_credit + (row.account_interest or 0) for row in amounts.years)
    assert amounts.individual_total == before + account
    assert amounts.pooling_total == sum(row.pooling for row in amounts.years)
    assert amounts.total == amounts.individual_total + amounts.pooling_total
    assert (amounts.years[-1].account_balance or 0) == account, "a gap year of an empty account states no balance"
    assert amounts.months == sum(months for months, _, _ in rows)


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[tuple[int, int, int]], random: object) -> None:
    years = _histories(rows)
    shuffled = list(years)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert transfer(*years, on=date(2024, 6, 1)) == transfer(*shuffled, on=date(2024, 6, 1))


@given(ROWS, st.integers(0, 9_000_000))
def test_whatever_was_recorded_the_scale_is_what_moves(rows: list[tuple[int, int, int]], recorded: int) -> None:
    years = _histories(rows)
    plain = transfer(*years, on=date(2024, 6, 1))
    first = YearInput(
        year=2017,
        months=years[0].months,
        first_month=years[0].first_month,
        contribution_base_total=years[0].contribution_base_total,
        recorded_account=recorded,
    )
    other = transfer(first, *years[1:], on=date(2024, 6, 1))
    assert other.total == plain.total
    assert bool(other.corrections) is (recorded != plain.years[0].account_credit)


@given(ROWS, st.lists(st.sampled_from(["0.05", "0.08", "0.11"]), min_size=8, max_size=8))
def test_a_balance_recorded_as_it_was_credited_moves_as_if_it_had_been_credited_at_the_scale(
    rows: list[tuple[int, int, int]], rates: list[str]
) -> None:
    """To the fen, whatever years were off the scale: both reckonings are the same rows' own."""
    at_scale = _histories(rows)
    credited = [replace(year, account_rate=Fraction(rate)) for year, rate in zip(at_scale, rates, strict=False)]
    recorded = _as_credited(credited)
    moved = transfer(*credited, on=date(2025, 6, 1), account_at_previous_year_end=recorded)
    plain = transfer(*at_scale, on=date(2025, 6, 1))
    assert moved.account_at_previous_year_end == plain.account_at_previous_year_end
    assert moved.scale_adjustment == plain.account_at_previous_year_end - recorded
    assert (moved.total, moved.years) == (plain.total, plain.years)
    assert moved.plausibility is None or moved.plausibility.difference == 0


def _as_credited(years: list[YearInput]) -> int:
    """The balance that a province's own books hold at the end of 2024."""
    parameters = load_transfer_parameters()
    balance = 0
    for number in range(2017, 2025):
        rate = parameters.interest[number].rate
        earned = half_up(balance * rate.numerator, rate.denominator)
        for year in years:
            if year.year == number and year.account_rate is not None:
                part = year.account_rate
                total, months = year.contribution_base_total, year.months
                monthly = half_up(total * part.numerator, months * part.denominator)
                weights = sum(13 - month for month in range(year.first_month, year.first_month + months))
                earned += monthly * months + half_up(monthly * weights * rate.numerator, 12 * rate.denominator)
        balance += earned
    return balance


@given(ROWS)
def test_every_figure_is_explained_down_to_its_article(rows: list[tuple[int, int, int]]) -> None:
    amounts = transfer(*_histories(rows), on=date(2024, 6, 1))
    lines = {line.figure: line for line in explain(amounts)}
    for figure in ("individual_total", "pooling_total", "total", "current_year_principal"):
        assert lines[figure].amount == getattr(amounts, figure)
    assert all(line.article and " / " in line.text for line in lines.values())
    assert sum(line.amount for name, line in lines.items() if name.endswith(".pooling")) == amounts.pooling_total


def test_a_half_fen_goes_up() -> None:
    assert [half_up(n, 2) for n in (0, 1, 2, 3, 5)] == [0, 1, 1, 2, 3]


@given(st.integers(0, 10**14), st.integers(1, 10**6))
def test_half_up_is_the_nearest_integer_and_halves_go_up(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    rounded = half_up(numerator, denominator)
    assert -Fraction(1, 2) < rounded - exact <= Fraction(1, 2)


@given(st.integers(0, 10**14))
def test_yuan_written_and_read_again_is_the_same(amount: int) -> None:
    assert parse_yuan(format_yuan(amount)) == amount


@pytest.mark.parametrize("text", ["", "1.234", "-1", "1,000.00", "1e3", "１", " 1", "1.", ".5", "NaN"])
def test_other_texts_are_no_amounts(text: str) -> None:
    with pytest.raises(ValueError, match="two decimals"):
        parse_yuan(text)


def test_rates_are_written_in_percent() -> None:
    assert [percent(Fraction(rate)) for rate in ("0.12", "0.0712", "0.1", "0", "1")] == [
        "12%",
        "7.12%",
        "10%",
        "0%",
        "100%",
    ]
