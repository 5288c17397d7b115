"""Amounts of a transfer: the worked examples to the fen, the account's scale, temporary accounts, wrong input."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from support.funds import EIGHT, ELEVEN, EXAMPLE_A, transfer, year

from jinbao.rules.funds import (
    FundsError,
    FundsInput,
    YearInput,
    compute_transfer,
    interest_on_balance,
    interest_on_credits,
)
from jinbao.rules.money import format_yuan, half_up, parse_yuan


def test_worked_example_a_guangdong_to_henan() -> None:
    amounts = transfer(*EXAMPLE_A)
    assert [format_yuan(row.pooling) for row in amounts.years] == ["5760.00", "7200.00", "6480.00"]
    assert [row.account_interest for row in amounts.years] == [14810, 33061 + 21554, 0]
    assert [row.account_balance for row in amounts.years] == [398810, 933425, 1365425]
    assert amounts.individual_before_1998 == 0
    assert amounts.account_at_previous_year_end == 933425
    assert amounts.current_year_principal == 432000
    assert amounts.individual_total == 1365425
    assert amounts.pooling_total == 1944000
    assert amounts.total == 3309425
    assert (amounts.corrections, amounts.provisional, amounts.months) == ((), False, 33)
    assert amounts.money == "per_person"


def test_worked_example_a_continued_at_the_destination() -> None:
    rate = Fraction("0.0761")
    on_balance, on_credits = interest_on_balance(933425, rate), interest_on_credits(432000, 1, 9, rate)
    assert (on_balance, on_credits) == (71034, 21917)
    assert 1365425 + on_balance + on_credits == 1458376


def test_worked_example_c_a_broken_year_is_rounded_as_a_whole() -> None:
    amounts = transfer(year(2019, 7, "4231.37"))
    assert (amounts.individual_total, amounts.pooling_total, amounts.total) == (236957, 355435, 592392)


def test_the_arithmetic_of_worked_example_e() -> None:
    refund = half_up(120000 * 9, 12) + half_up(12000 * 9, 12)
    assert format_yuan(refund) == "990.00"
    assert format_yuan(207635 - refund) == "1086.35"


def test_a_base_total_gives_the_same_as_its_even_monthly_bases() -> None:
    total = YearInput(year=2019, months=7, contribution_base_total=2961959, account_rate=EIGHT)
    assert transfer(total).years == transfer(year(2019, 7, "4231.37")).years


def test_months_later_in_the_year_earn_less() -> None:
    early = transfer(year(2018, 3, "5000.00")).account_at_previous_year_end
    late = transfer(year(2018, 3, "5000.00", first_month=10)).account_at_previous_year_end
    assert early == 120000 + half_up(40000 * 33 * 829, 12 * 10000)
    assert late == 120000 + half_up(40000 * 6 * 829, 12 * 10000)


def test_a_gap_year_earns_interest_on_the_balance_only() -> None:
    amounts = transfer(year(2016, 12, "4000.00"), year(2018, 12, "5000.00"))
    assert [(row.year, row.months) for row in amounts.years] == [(2016, 12), (2017, 0), (2018, 12)]
    gap = amounts.years[1]
    assert gap.account_balance == (amounts.years[0].account_balance or 0) + interest_on_balance(
        amounts.years[0].account_balance or 0, Fraction("0.0712")
    )
    assert (gap.account_credit, gap.pooling) == (0, 0)


def test_a_year_of_two_rows_earns_interest_on_its_opening_balance_once() -> None:
    halves = (year(2018, 6, "5000.00"), year(2018, 6, "5000.00", first_month=7))
    split = transfer(year(2017, 12, "4000.00"), *halves, on=date(2019, 7, 1))
    whole = transfer(year(2017, 12, "4000.00"), year(2018, 12, "5000.00"), on=date(2019, 7, 1))
    assert split.account_at_previous_year_end == whole.account_at_previous_year_end
    assert [row.interest_on_balance for row in split.years] == [0, 33061, 0]


def test_pooling_is_twelve_percent_whatever_the_employer_pays() -> None:
    amounts = [transfer(*EXAMPLE_A, employer_rate=Fraction(rate)) for rate in ("0.16", "0.20")]
    assert amounts[0] == amounts[1]


def test_money_before_1998_moves_as_recorded_and_its_years_carry_no_pooling() -> None:
    amounts = transfer(year(1996, 12, "800.00"), year(2019, 1, "6000.00"), account_before_1998=123456)
    assert amounts.individual_total == 123456 + 48000
    assert amounts.pooling_total == 72000
    assert (amounts.years[0].account_credit, amounts.years[0].pooling, amounts.years[0].months) == (0, 0, 12)


def test_a_recorded_balance_is_taken_as_it_stands_and_needs_no_rates() -> None:
    amounts = transfer(year(2010, 12, "3000.00"), year(2019, 9, "6000.00"), account_at_previous_year_end=700001)
    assert amounts.account_at_previous_year_end == 700001
    assert amounts.individual_total == 700001 + 432000
    assert amounts.pooling_total == 432000 + 648000
    assert amounts.plausibility is None


def test_a_recorded_balance_is_held_against_its_recomputation_for_the_clerk() -> None:
    rounded_by_year = transfer(*EXAMPLE_A, account_at_previous_year_end=933420).plausibility
    assert rounded_by_year is not None
    assert (rounded_by_year.difference, rounded_by_year.within_tolerance) == (-5, True)
    wrong = transfer(*EXAMPLE_A, account_at_previous_year_end=833425).plausibility
    assert wrong is not None
    assert not wrong.within_tolerance


def test_what_was_credited_above_the_scale_does_not_move() -> None:
    amounts = transfer(year(2019, 12, "4000.00", account_rate=ELEVEN))
    (correction,) = amounts.corrections
    assert (correction.recorded, correction.scale) == (528000, 384000)
    assert amounts.individual_total == 384000


def test_what_was_credited_below_the_scale_is_made_up_by_the_origin() -> None:
    amounts = transfer(year(2018, 12, "5000.00", recorded_account=400000), on=date(2019, 7, 5))
    (correction,) = amounts.corrections
    assert (correction.year, correction.recorded, correction.scale) == (2018, 400000, 480000)
    assert amounts.account_at_previous_year_end == 480000 + 21554


def test_the_scale_was_eleven_percent_until_2005_and_eight_after() -> None:
    rate = Fraction("0.02")
    old = year(2005, 12, "1000.00", account_rate=ELEVEN, interest_rate=rate)
    new = year(2006, 12, "1000.00", interest_rate=rate)
    amounts = compute_transfer(
        FundsInput(remitted_on=date(2010, 3, 1), years=[old, new, *(_rate_only(y, rate) for y in (2007, 2008, 2009))])
    )
    assert amounts.corrections == ()
    assert [row.account_credit for row in amounts.years[:2]] == [132000, 96000]


def _rate_only(number: int, rate: Fraction) -> YearInput:
    return YearInput(year=number, months=0, contribution_base_total=0, interest_rate=rate)


@pytest.mark.parametrize(
    ("recorded", "rate", "adjustment"), [("4138.25", "0.11", "-1128.61"), ("2257.23", "0.06", "752.41")]
)
def test_a_recorded_balance_off_the_scale_moves_by_the_scale(recorded: str, rate: str, adjustment: str) -> None:
    """Credited above: the excess stays with its interest; below: the origin makes it up with its interest."""
    row = year(2016, 12, "3000.00", account_rate=Fraction(rate))
    amounts = transfer(row, on=date(2017, 6, 1), account_at_previous_year_end=parse_yuan(recorded))
    assert format_yuan(amounts.account_at_previous_year_end) == "3009.64"
    assert format_yuan(amounts.scale_adjustment) == adjustment
    assert format_yuan(amounts.total) == "7329.64"
    assert amounts.plausibility is not None
    assert amounts.plausibility.difference == 0, "the record is held against the rows as they were credited"


def test_a_balance_off_the_scale_in_one_of_several_years_carries_the_interest_of_the_difference() -> None:
    rows = [year(2016, 12, "3000.00"), year(2017, 12, "4000.00", account_rate=ELEVEN), year(2018, 6, "5000.00")]
    credited = 288000 + half_up(24000 * 78 * 831, 120000)
    credited += half_up(credited * 712, 10000) + 528000 + half_up(44000 * 78 * 712, 120000)
    credited += half_up(credited * 829, 10000) + 240000 + half_up(40000 * 57 * 829, 120000)
    at_scale = transfer(*[replace(row, account_rate=EIGHT) for row in rows], on=date(2019, 7, 1))
    moved = transfer(*rows, on=date(2019, 7, 1), account_at_previous_year_end=credited)
    assert moved.account_at_previous_year_end == at_scale.account_at_previous_year_end
    assert moved.years == at_scale.years
    rounded_otherwise = transfer(*rows, on=date(2019, 7, 1), account_at_previous_year_end=credited + 7)
    assert rounded_otherwise.account_at_previous_year_end == at_scale.account_at_previous_year_end + 7


def test_a_difference_from_the_scale_needs_the_rates_from_its_year_on_and_no_earlier_ones() -> None:
    old, off = year(2012, 12, "3000.00"), year(2017, 12, "4000.00", account_rate=ELEVEN)
    moved = transfer(old, off, account_at_previous_year_end=2_000_000)
    first = 144000 + half_up(44000 * 78 * 712, 120000) - half_up(32000 * 78 * 712, 120000)
    assert moved.scale_adjustment == pytest.approx(-half_up(first * 10829, 10000), abs=1)
    with pytest.raises(FundsError, match="no interest rate for 2012"):
        transfer(replace(old, account_rate=ELEVEN), account_at_previous_year_end=2_000_000)


def test_what_is_off_the_scale_in_the_year_of_the_remittance_leaves_the_recorded_balance_alone() -> None:
    above = year(2019, 9, "6000.00", account_rate=ELEVEN)
    amounts = transfer(*EXAMPLE_A[:2], above, account_at_previous_year_end=933425)
    assert (amounts.scale_adjustment, amounts.account_at_previous_year_end) == (0, 933425)
    (correction,) = amounts.corrections
    assert (correction.year, correction.recorded, amounts.current_year_principal) == (2019, 594000, 432000)


def test_a_record_smaller_than_what_must_stay_is_refused() -> None:
    with pytest.raises(FundsError) as refused:
        transfer(year(2018, 12, "5000.00", account_rate=ELEVEN), account_at_previous_year_end=100000)
    assert refused.value.path == "account_at_previous_year_end"


def test_a_temporary_account_moves_wholly_with_the_employers_money() -> None:
    amounts = transfer(*EXAMPLE_A, temporary_account=True, employer_rate=Fraction("0.16"))
    assert amounts.individual_total == 1365425, "the individual part earns as any account"
    employer = 768000 + half_up(64000 * 78 * 712, 120000)
    employer += interest_on_balance(employer, Fraction("0.0829")) + 960000 + half_up(80000 * 78 * 829, 120000) + 864000
    assert amounts.pooling_total == employer
    assert amounts.pooling_total == sum(row.pooling for row in amounts.years)


def test_a_temporary_account_knows_no_scale() -> None:
    amounts = transfer(
        year(2019, 2, "4000.00", recorded_account=100000), temporary_account=True, employer_rate=Fraction("0.20")
    )
    assert (amounts.corrections, amounts.individual_total, amounts.pooling_total) == ((), 100000, 160000)


def test_the_employers_rate_may_change_from_year_to_year() -> None:
    changed = year(2019, 1, "1000.00", employer_rate=Fraction("0.16"))
    earlier = year(2019, 1, "1000.00", first_month=3)
    amounts = transfer(changed, earlier, temporary_account=True, employer_rate=Fraction("0.20"))
    assert amounts.pooling_total == 16000 + 20000


def test_a_year_without_a_rate_is_named() -> None:
    with pytest.raises(FundsError, match="no interest rate for 2015") as refused:
        transfer(year(2015, 12, "3000.00"))
    assert refused.value.path == "years[0].interest_rate"


def test_a_rate_is_asked_for_only_where_it_is_needed() -> None:
    assert transfer(year(2019, 1, "6000.00"), YearInput(year=2012, months=0, contribution_base_total=0)).total
    assert transfer(year(2012, 12, "3000.00"), on=date(2012, 12, 31)).current_year_principal == 288000


def test_a_rate_that_a_row_gives_counts_before_the_table() -> None:
    given_rate = transfer(year(2018, 12, "5000.00", interest_rate=Fraction("0.05")))
    assert given_rate.years[0].interest_on_credits == half_up(40000 * 78 * 500, 120000)
    gap = transfer(year(2017, 12, "4000.00"), _rate_only(2018, Fraction(0)))
    assert gap.years[1].account_balance == 398810
