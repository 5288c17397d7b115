"""Amounts of a transfer by rates, days and special rows: publication, wrong input, arrears, employers' money."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from support.funds import EIGHT, ELEVEN, EMPLOYER, EXAMPLE_A, TWO_YEARS, transfer, year

from jinbao.rules.funds import (
    FundsError,
    FundsInput,
    YearInput,
    compute_transfer,
    interest_on_balance,
)
from jinbao.rules.funds_account import credit
from jinbao.rules.funds_explanation import explain
from jinbao.rules.money import format_yuan, half_up
from jinbao.rules.transfer_parameters import InterestRate, load_transfer_parameters


def test_a_rate_not_yet_published_is_the_latest_one_and_provisional() -> None:
    amounts = transfer(year(2026, 12, "4000.00"), on=date(2027, 2, 1))
    assert amounts.provisional
    assert amounts.years[0].interest_rate == Fraction("0.015")
    assert not transfer(*EXAMPLE_A).provisional
    assert not transfer(year(2025, 12, "4000.00"), on=date(2026, 9, 1)).provisional


@pytest.mark.parametrize(
    ("years", "path"),
    [
        ([year(2018, 1, "1.00", credited_month=3)], "years[0].credited_year"),
        ([year(2018, 1, "1.00", credited_year=2017)], "years[0].credited_year"),
        ([year(2018, 1, "1.00", credited_year=2020)], "years[0].credited_year"),
        ([year(2017, 1, "1.00", credited_year=2018)], "years[0].credited_month"),
        ([year(2017, 1, "1.00", credited_year=2018, credited_month=13)], "years[0].credited_month"),
        ([year(2018, 6, "1.00", credited_year=2018, credited_month=5)], "years[0].credited_month"),
        ([year(2020, 1, "1.00")], "years[0].year"),
        ([year(2018, 12, "1.00"), year(2018, 13, "1.00")], "years[1].months"),
        ([year(2018, 7, "1.00", first_month=7)], "years[0].months"),
        ([year(2018, 6, "1.00"), year(2018, 6, "1.00", first_month=6)], "years[1].months"),
        ([YearInput(year=2018, months=0, contribution_base_total=1)], "years[0].months"),
        ([YearInput(year=2018, months=1, contribution_base_total=-1)], "years[0]"),
    ],
)
def test_wrong_input_names_the_field(years: list[YearInput], path: str) -> None:
    with pytest.raises(FundsError) as refused:
        transfer(*years)
    assert refused.value.path == path


def test_no_money_moved_between_provinces_before_2010() -> None:
    with pytest.raises(FundsError, match="remitted_on"):
        transfer(on=date(2009, 12, 31))


def test_money_moves_from_the_first_day_of_the_rule_on() -> None:
    assert transfer(on=date(2010, 1, 1)).money == "per_person"


@pytest.mark.parametrize(
    ("origin", "destination", "day", "way"),
    [
        ("51", "50", date(2021, 11, 30), "per_person"),
        ("51", "50", date(2021, 12, 1), "by_period"),
        ("50", "51", date(2025, 3, 3), "by_period"),
        ("51", "44", date(2025, 3, 3), "per_person"),
        ("51", None, date(2025, 3, 3), "per_person"),
    ],
)
def test_how_money_moves_is_what_the_procedures_say(origin: str, destination: str | None, day: date, way: str) -> None:
    given = FundsInput(remitted_on=day, years=[year(2019, 12, "5000.00")], province=origin, destination=destination)
    amounts = compute_transfer(given)
    assert amounts.money == way
    [total] = [line for line in explain(amounts, load_transfer_parameters()) if line.figure == "total"]
    assert ("两省" in total.text) is (way == "by_period")


def test_principal_credited_in_the_year_of_the_transfer_for_earlier_months_earns_nothing() -> None:
    """Gansu 2011 art. 7: half of 2018 paid in 2020, all of 2019 in time."""
    late = year(2018, 6, "5000.00", credited_year=2020)
    amounts = transfer(late, year(2019, 12, "5000.00"), on=date(2020, 6, 1))
    assert format_yuan(amounts.account_at_previous_year_end) == "4997.86"
    assert format_yuan(amounts.current_year_principal) == "2400.00"
    assert [row.pooling for row in amounts.years] == [720000, 360000], "pooling by the year paid for"
    assert [row.year for row in amounts.years] == [2019, 2018], "in order of crediting"


def test_interest_on_arrears_runs_from_the_month_of_crediting() -> None:
    late = year(2017, 6, "4000.00", credited_year=2018, credited_month=5)
    amounts = transfer(late, year(2018, 12, "5000.00"), on=date(2019, 7, 1))
    own, arrears = half_up(40000 * 78 * 829, 120000), half_up(192000 * 8 * 829, 120000)
    assert amounts.account_at_previous_year_end == 480000 + own + 192000 + arrears
    assert [(row.year, row.credited_year, row.interest_on_credits) for row in amounts.years] == [
        (2017, 2018, arrears),
        (2018, 2018, own),
    ]
    december = transfer(year(2018, 6, "4000.00", credited_year=2018, credited_month=12), on=date(2019, 7, 1))
    assert december.years[0].interest_on_credits == half_up(192000 * 1 * 829, 120000)


def test_arrears_of_a_year_of_eleven_percent_are_credited_by_that_years_scale() -> None:
    late = year(2005, 12, "1000.00", account_rate=ELEVEN, credited_year=2019)
    amounts = transfer(late)
    assert (amounts.corrections, amounts.current_year_principal) == ((), 132000)


def test_the_scale_changes_with_the_year_paid_for() -> None:
    parameters = load_transfer_parameters()
    scales = [
        (number, rate and rate.rate) for number in (1997, 1998, 2005, 2006) for rate in [parameters.scale(number)]
    ]
    assert scales == [(1997, None), (1998, ELEVEN), (2005, ELEVEN), (2006, EIGHT)]
    assert [parameters.pooling_rate(number) is None for number in (1997, 1998)] == [True, False]


def test_the_base_that_changes_in_july_stands_in_two_rows() -> None:
    """A published case of 2023; the even spread of the year's total would give 125.88."""
    rows = [year(2023, 6, "5869.00"), year(2023, 6, "6326.00", first_month=7)]
    amounts = transfer(*rows, on=date(2024, 3, 1))
    assert sum(row.account_interest or 0 for row in amounts.years) == 12370


@pytest.mark.parametrize(
    ("province", "rate", "pooling"),
    [
        (None, "0.10", "15592.62"),
        (None, "0.12", "15592.62"),
        (None, "0.16", "20790.17"),
        ("44", "0.16", "20790.17"),
        ("62", "0.10", "14400.00"),
        ("62", "0.16", "19200.00"),
    ],
)
def test_the_employers_money_moves_at_twelve_percent_at_least_and_with_interest_where_the_place_says_so(
    province: str | None, rate: str, pooling: str
) -> None:
    amounts = transfer(
        *TWO_YEARS, on=date(2020, 6, 1), temporary_account=True, employer_rate=Fraction(rate), province=province
    )
    assert format_yuan(amounts.pooling_total) == pooling
    assert format_yuan(amounts.individual_total) == "10395.08"


def test_without_interest_on_the_employers_money_no_rate_is_asked_for() -> None:
    old = year(2012, 12, "3000.00")
    amounts = transfer(old, account_at_previous_year_end=300000, province="62", **EMPLOYER)  # type: ignore[arg-type]
    assert amounts.pooling_total == 432000


def test_a_temporary_account_whose_year_has_two_rows_earns_on_its_opening_balance_once() -> None:
    halves = (year(2019, 6, "5000.00"), year(2019, 6, "5000.00", first_month=7))
    split = transfer(TWO_YEARS[0], *halves, on=date(2020, 6, 1), **EMPLOYER)  # type: ignore[arg-type]
    opening = split.years[0].pooling
    first, second = (half_up(60000 * weight * 761, 120000) for weight in (57, 21))
    assert [row.pooling for row in split.years[1:]] == [
        360000 + interest_on_balance(opening, Fraction("0.0761")) + first,
        360000 + second,
    ]


def test_the_rule_of_a_temporary_account_on_its_first_day_and_the_day_before() -> None:
    parameters = load_transfer_parameters()
    rules = [parameters.temporary_account("62", day) for day in (date(2010, 12, 31), date(2011, 1, 1))]
    assert [rule.employer_interest for rule in rules] == [True, False]
    assert parameters.temporary_account("44", date(2011, 1, 1)).employer_interest


def test_a_sheet_uses_the_rate_that_was_published_by_its_day() -> None:
    """2024's 2.62 % counts for 2025 until 2025's own is published; reckoned again later, it is the same to the fen."""
    rows = (year(2024, 12, "20000.00"), year(2025, 12, "20000.00"))
    february = transfer(*rows, on=date(2026, 2, 10), account_at_previous_year_end=3945514)
    assert february.plausibility is not None
    assert february.plausibility.difference == 0
    assert february.provisional
    assert transfer(*rows, on=date(2026, 2, 10)).account_at_previous_year_end == 3945514
    july = transfer(*rows, on=date(2026, 7, 1))
    assert (july.provisional, july.years[1].interest_rate) == (False, Fraction("0.015"))


def test_a_recorded_balance_is_provisional_while_the_year_before_is_not_published() -> None:
    old = year(2010, 12, "3000.00")
    flags = [
        transfer(old, on=day, account_at_previous_year_end=700000).provisional
        for day in (date(2020, 5, 31), date(2020, 6, 1))
    ]
    assert flags == [True, False]
    assert not transfer(old, on=date(2020, 2, 1), account_at_previous_year_end=0).provisional, "nothing bore interest"


def test_a_rate_that_a_row_gives_is_not_provisional() -> None:
    given = year(2019, 12, "3000.00", interest_rate=Fraction("0.05"))
    assert not transfer(given, on=date(2020, 2, 1)).provisional
    assert not transfer(given, on=date(2020, 2, 1), account_at_previous_year_end=300000).provisional


def test_a_balance_with_an_unknown_rate_is_held_against_nothing() -> None:
    amounts = transfer(year(2014, 12, "3000.00"), year(2017, 12, "4000.00"), account_at_previous_year_end=800000)
    assert amounts.plausibility is None
    assert [(row.interest_rate, row.account_balance) for row in amounts.years] == [(None, None), (None, None)]


def test_what_was_credited_before_1998_is_kept_as_it_is() -> None:
    before = year(1997, 12, "500.00", account_rate=ELEVEN, recorded_account=99)
    amounts = transfer(before, *EXAMPLE_A, account_before_1998=123456, account_at_previous_year_end=933425)
    assert (amounts.corrections, amounts.scale_adjustment, amounts.individual_before_1998) == ((), 0, 123456)
    assert amounts.account_at_previous_year_end == 933425


def test_a_temporary_account_off_the_scale_moves_as_recorded() -> None:
    above = year(2018, 12, "5000.00", account_rate=ELEVEN)
    amounts = transfer(above, account_at_previous_year_end=690000, **EMPLOYER)  # type: ignore[arg-type]
    assert (amounts.corrections, amounts.scale_adjustment, amounts.individual_total) == ((), 0, 690000)


def test_every_rate_counts_from_its_day_of_publication_on() -> None:
    parameters = load_transfer_parameters()
    for number, rate in parameters.interest.items():
        eve = parameters.interest_rate(number, rate.published_on - timedelta(days=1))
        before = parameters.interest.get(number - 1)
        assert eve == (None if before is None else InterestRate(before.rate, provisional=True))
        assert parameters.interest_rate(number, rate.published_on) == InterestRate(rate.rate, provisional=False)
        assert parameters.interest_rate(number, date(2090, 1, 1)) == InterestRate(rate.rate, provisional=False)
    assert parameters.interest_rate(2015, date(2026, 1, 1)) is None
    assert parameters.interest[2023].published_on <= date(2025, 3, 24) < parameters.interest[2024].published_on
    assert parameters.interest[2024].published_on <= date(2025, 6, 3)


def test_months_of_two_provinces_at_once_move_and_are_shown_as_an_overlap() -> None:
    here = year(2018, 12, "5000.00", province="44")
    there = year(2018, 6, "4000.00", first_month=7, province="31")
    amounts = transfer(here, there, on=date(2019, 7, 1))
    (overlap,) = amounts.overlaps
    assert (overlap.first_month, overlap.last_month, overlap.months) == (201807, 201812, 6)
    assert overlap.provinces == ("44", "31")
    assert amounts.pooling_total == 720000 + 288000
    alone = [transfer(row, on=date(2019, 7, 1)).account_at_previous_year_end for row in (here, there)]
    assert amounts.account_at_previous_year_end == sum(alone), "both accounts move; the destination clears"
    after = transfer(replace(here, months=6, contribution_base_total=3000000), there, on=date(2019, 7, 1))
    assert after.overlaps == ()


def test_the_holders_own_rows_may_name_no_province() -> None:
    rows = (year(2018, 12, "5000.00"), year(2018, 6, "4000.00", province="44"))
    assert transfer(*rows, province="31").overlaps[0].provinces == ("31", "44")
    with pytest.raises(FundsError, match="same months"):
        transfer(*rows, province="44")


def test_each_months_credit_is_rounded_and_the_year_is_their_sum() -> None:
    """domain.md §3: HALF_UP once per stored figure, each monthly credit; the year at once would give 960.07."""
    assert credit(12 * 100_007, 12, Fraction(8, 100)) == 96_012
