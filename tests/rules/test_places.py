"""Where a relationship continues, and which place pays the pension."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, strategies as st

from jinbao.rules.benefit_place import PlaceMonths, benefit_place
from jinbao.rules.continuation import age_limit, age_on, continue_at
from jinbao.rules.form import FormError
from jinbao.rules.hukou import HukouPeriod, ordinary_from
from jinbao.rules.provinces import PROVINCES

INSURED = date(2025, 6, 1)
CODES = st.sampled_from(["11", "31", "32", "41", "44", "66"])


def at(new: str = "32", **facts: Any) -> tuple[str, str]:
    """Outcome and ground for a man from Henan; facts replace the usual ones."""
    usual: dict[str, Any] = {"hukou": "41", "sex": "male", "born": date(1990, 1, 1), "insured_on": INSURED}
    decided = continue_at(new, **(usual | facts))
    assert "art. 5" in decided.article
    assert decided.reason_zh
    assert decided.reason_en
    return decided.outcome, decided.ground


def test_a_younger_person_takes_the_relationship_along() -> None:
    assert at() == ("continues", "below_age_limit")


@pytest.mark.parametrize(
    ("sex", "born", "outcome"),
    [
        ("male", date(1975, 6, 2), "continues"),
        ("male", date(1975, 6, 1), "temporary_account"),
        ("female", date(1985, 6, 2), "continues"),
        ("female", date(1985, 6, 1), "temporary_account"),
    ],
)
def test_the_age_is_tested_on_the_day_insured(sex: str, born: date, outcome: str) -> None:
    assert at(sex=sex, born=born)[0] == outcome


def test_no_age_limit_at_the_hukou_place_or_by_job_transfer_or_with_an_account_there() -> None:
    old: dict[str, Any] = {"born": date(1960, 1, 1)}
    assert at("41", **old) == ("continues", "hukou")
    assert at(**old, job_transfer=True) == ("continues", "job_transfer")
    assert at(**old, general_account_open=True) == ("continues", "account_exists")
    assert at(**old) == ("temporary_account", "age_limit")
    assert at(**old, hukou=None) == ("temporary_account", "age_limit")


def test_limits_are_dated_data() -> None:
    assert (age_limit("male", INSURED), age_limit("female", INSURED)) == (50, 40)
    assert age_limit("male", date(2009, 12, 31)) is None
    assert (age_limit("male", date(2010, 1, 1)), age_limit("female", date(2010, 1, 1))) == (50, 40)


def test_nobody_was_too_old_on_the_eve_of_the_rule() -> None:
    old = date(1950, 1, 1)
    assert at(born=old, insured_on=date(2009, 12, 31)) == ("continues", "below_age_limit")
    assert at(born=old, insured_on=date(2010, 1, 1)) == ("temporary_account", "age_limit")


def test_a_temporary_account_is_an_ordinary_one_from_the_month_after_the_hukou_moved_to_it() -> None:
    old: dict[str, Any] = {"born": date(1970, 1, 1), "hukou_since": date(2025, 8, 5)}
    assert at("41", **old, on=date(2025, 8, 31)) == ("temporary_account", "age_limit")
    assert at("41", **old, on=date(2025, 9, 1)) == ("continues", "hukou_moved")
    assert at("41", **old) == ("continues", "hukou_moved")
    assert at("41", **old | {"hukou_since": INSURED}) == ("continues", "hukou"), "there on the day insured"
    assert at("41", **old | {"born": date(1990, 1, 1)}) == ("continues", "below_age_limit")
    assert at("32", **old) == ("temporary_account", "age_limit"), "the hukou moved elsewhere"


@pytest.mark.parametrize(
    ("moved", "ordinary"),
    [
        (date(2025, 8, 1), date(2025, 9, 1)),
        (date(2025, 8, 31), date(2025, 9, 1)),
        (date(2025, 11, 30), date(2025, 12, 1)),
        (date(2025, 12, 31), date(2026, 1, 1)),
    ],
)
def test_the_month_after(moved: date, ordinary: date) -> None:
    assert ordinary_from(moved) == ordinary


def test_age_of_a_leap_day() -> None:
    assert age_on(date(2000, 2, 29), date(2025, 2, 28)) == 24
    assert age_on(date(2000, 2, 29), date(2025, 3, 1)) == 25


def test_impossible_facts_are_refused() -> None:
    with pytest.raises(ValueError, match="no such province"):
        at("99")
    with pytest.raises(ValueError, match="after the day insured"):
        at(born=date(2025, 6, 2))


def place(hukou: str | None, current: str, *places: tuple[str, int]) -> tuple[str, int]:
    decided = benefit_place(hukou, current, [PlaceMonths(code, months) for code, months in places])
    assert decided.article
    assert decided.reason_zh
    return decided.province, decided.rule


def test_rule_1_the_relationship_lies_at_the_hukou_place() -> None:
    assert place("41", "41", ("44", 300), ("41", 1)) == ("41", 1)


def test_rule_2_ten_years_at_the_current_place() -> None:
    assert place("41", "32", ("44", 200), ("32", 120)) == ("32", 2)


def test_rule_3_the_most_recent_earlier_place_with_ten_years() -> None:
    assert place("41", "32", ("44", 200), ("31", 120), ("32", 119)) == ("31", 3)


def test_rule_4_otherwise_everything_to_the_hukou_place() -> None:
    assert place("41", "32", ("44", 118)) == ("41", 4)
    assert place("41", "32") == ("41", 4)


def test_rule_5_without_hukou_the_place_with_most_years_and_on_a_tie_the_latest() -> None:
    assert place(None, "32", ("44", 118), ("32", 12)) == ("44", 5)
    assert place(None, "32", ("44", 60), ("32", 60)) == ("32", 5)
    assert place(None, "44", ("32", 60), ("44", 60), ("32", 0)) == ("32", 5)
    assert place(None, "32", ("32", 120)) == ("32", 2)
    assert place(None, "32", ("44", 120), ("32", 1)) == ("44", 3)


def test_a_place_that_comes_again_is_added_up_and_as_recent_as_its_last_entry() -> None:
    assert place("41", "32", ("44", 70), ("31", 125), ("44", 50), ("32", 10)) == ("44", 3)
    assert place("41", "32", ("32", 60), ("44", 10), ("32", 60)) == ("32", 2)


def test_months_in_a_temporary_account_do_not_count_for_its_place() -> None:
    decided = benefit_place("41", "32", [PlaceMonths("32", 119), PlaceMonths("32", 24, temporary_account=True)])
    assert (decided.province, decided.rule, decided.months["32"]) == ("41", 4, 119)


def test_a_place_with_only_a_temporary_account_never_pays() -> None:
    temporary = PlaceMonths("32", 110, temporary_account=True)
    assert benefit_place(None, "44", [PlaceMonths("44", 60), temporary]).province == "44"
    assert benefit_place(None, "32", [PlaceMonths("44", 60), temporary]).province == "44"
    late = benefit_place(None, "31", [PlaceMonths("32", 60), PlaceMonths("31", 60), temporary])
    assert late.province == "31", "it does not make the place more recent either"
    with pytest.raises(FormError) as refused:
        benefit_place(None, "32", [temporary])
    assert refused.value.path == "current"


def test_deemed_months_belong_to_the_province_worked_in() -> None:
    worked = PlaceMonths("44", 60, deemed_months=60)
    assert benefit_place("41", "44", [worked]).rule == 2
    assert benefit_place("41", "32", [PlaceMonths("44", 59, deemed_months=60), PlaceMonths("32", 10)]).rule == 4
    beside = PlaceMonths("44", 60, temporary_account=True, deemed_months=120)
    assert benefit_place("41", "32", [beside, PlaceMonths("32", 10)]).months == {"44": 120, "32": 10}


MOVED = [HukouPeriod("41", date(1960, 5, 1)), HukouPeriod("32", date(2025, 8, 5))]


@pytest.mark.parametrize(
    ("reached", "province", "rule"),
    [
        (date(2025, 8, 4), "41", 4),
        (date(2025, 8, 5), "32", 1),
        (date(2030, 1, 1), "32", 1),
    ],
)
def test_the_hukou_of_the_day_pension_age_is_reached_counts(reached: date, province: str, rule: int) -> None:
    decided = benefit_place(MOVED, "32", [PlaceMonths("44", 100), PlaceMonths("32", 60)], reached)
    assert (decided.province, decided.rule, decided.hukou) == (province, rule, province)


@pytest.mark.parametrize(
    ("reached", "months", "rule"), [(date(2025, 8, 31), {"44": 100}, 4), (date(2025, 9, 1), {"44": 100, "32": 60}, 1)]
)
def test_the_months_of_a_converted_account_count_for_its_place(
    reached: date, months: dict[str, int], rule: int
) -> None:
    temporary = PlaceMonths("32", 60, temporary_account=True)
    decided = benefit_place(MOVED, "32", [PlaceMonths("44", 100), temporary], reached)
    assert (decided.months, decided.province, decided.rule) == (months, "32", rule)


@pytest.mark.parametrize(
    ("hukou", "reached", "path"),
    [
        (MOVED, None, "pension_age_on"),
        (MOVED, date(1960, 4, 30), "pension_age_on"),
        (MOVED[::-1], date(2026, 1, 1), "hukou"),
        ([HukouPeriod("99", date(1960, 5, 1))], date(2026, 1, 1), "hukou[0].province"),
    ],
)
def test_wrong_periods_of_the_hukou_are_named(hukou: list[HukouPeriod], reached: date | None, path: str) -> None:
    with pytest.raises(FormError) as refused:
        benefit_place(hukou, "32", [PlaceMonths("32", 1)], reached)
    assert refused.value.path == path


def test_a_period_without_hukou_is_as_none() -> None:
    abroad = [*MOVED, HukouPeriod(None, date(2026, 1, 1))]
    assert benefit_place(abroad, "32", [PlaceMonths("32", 60)], date(2026, 2, 1)).rule == 5


def test_wrong_places_are_named() -> None:
    with pytest.raises(FormError) as refused:
        benefit_place("41", "32", [PlaceMonths("44", 1), PlaceMonths("99", 1)])
    assert refused.value.path == "places[1].province"


@given(st.none() | CODES, CODES, st.lists(st.builds(PlaceMonths, CODES, st.integers(0, 200)), max_size=6))
def test_somebody_always_pays_and_the_rule_fits(hukou: str | None, current: str, places: list[PlaceMonths]) -> None:
    decided = benefit_place(hukou, current, places)
    total = {code: sum(p.months for p in places if p.province == code) for code in PROVINCES}
    enough = {code for code, months in total.items() if months >= 120}
    assert decided.rule in range(1, 6)
    match decided.rule:
        case 1:
            assert decided.province == current == hukou
        case 2:
            assert decided.province == current
            assert current in enough
        case 3:
            assert decided.province in enough
            assert current not in enough
        case 4:
            assert decided.province == hukou
            assert not enough
        case 5:
            assert hukou is None
            assert not enough
            assert total[decided.province] == max(total.values())
