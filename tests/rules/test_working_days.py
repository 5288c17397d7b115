"""The calendar: held against an independent package on every day, and its due dates."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import chinese_calendar
import pytest
from hypothesis import given, strategies as st

from jinbao.rules.standing_holidays import _feasts, standing_holidays
from jinbao.rules.working_days import (
    SHANGHAI,
    CalendarError,
    WorkingDays,
    day_of,
    end_of_day,
    load_working_days,
)

MADE_UP_BY_NOTICE = date(2005, 12, 31)
"""A Saturday worked by 国办发明电〔2005〕35号, which the independent package leaves out."""
DAYS = st.dates(date(2004, 1, 3), date(2098, 12, 31))


@pytest.fixture(scope="module", autouse=True)
def calendar() -> WorkingDays:
    """Built before the first example of a property is timed."""
    return load_working_days()


def test_every_day_from_2004_to_2026_agrees_with_an_independent_calendar(calendar: WorkingDays) -> None:
    day, differing = date(2004, 1, 1), []
    while day.year <= 2026:
        if calendar.is_working_day(day) != chinese_calendar.is_workday(day):
            differing.append(day)
        day += timedelta(days=1)
    assert differing == [MADE_UP_BY_NOTICE]
    assert calendar.is_working_day(MADE_UP_BY_NOTICE)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2025, 1, 26), True),
        (date(2025, 10, 8), False),
        (date(2025, 10, 11), True),
        (date(2026, 2, 23), False),
        (date(2026, 9, 20), True),
    ],
)
def test_known_holidays_and_make_up_days(calendar: WorkingDays, day: date, worked: bool) -> None:
    assert calendar.is_working_day(day) is worked


def test_fifteen_working_days_over_the_national_holiday(calendar: WorkingDays) -> None:
    due = calendar.due(date(2025, 9, 22), 15)
    assert (due.date, due.provisional) == (date(2025, 10, 17), False)


def test_a_due_date_in_an_unpublished_year_is_provisional(calendar: WorkingDays) -> None:
    assert not calendar.due(date(2026, 12, 30), 1).provisional
    due = calendar.due(date(2026, 12, 31), 1)
    assert (due.date, due.provisional) == (date(2027, 1, 4), True)


def test_an_unpublished_year_counts_weekdays_less_the_holidays_of_the_standing_principle(calendar: WorkingDays) -> None:
    off = [day for day in _days_of(2027) if day.weekday() < 5 and not calendar.is_working_day(day)]
    spring_festival = [date(2027, 2, 5), *(date(2027, 2, day) for day in range(8, 13))]
    others = [date(2027, 1, 1), date(2027, 4, 5), date(2027, 5, 3), date(2027, 5, 4), date(2027, 5, 5)]
    others += [date(2027, 6, 9), date(2027, 9, 15), *(date(2027, 10, day) for day in range(4, 8)), date(2027, 10, 1)]
    assert off == sorted(spring_festival + others)
    assert not any(calendar.is_working_day(day) for day in _days_of(2027) if day.weekday() > 4), "no make-up days known"


def test_mid_autumn_in_the_first_week_of_october_prolongs_it_by_its_day(calendar: WorkingDays) -> None:
    assert [calendar.is_working_day(date(2028, 10, day)) for day in (2, 9)] == [False, True], "Mid-Autumn: 2028-10-03"
    assert max(standing_holidays(2028)) == date(2028, 10, 8)
    assert max(standing_holidays(2025)) == date(2025, 10, 8)
    assert max(standing_holidays(2050)) == date(2050, 10, 7), "Mid-Autumn is the day before"
    assert date(2050, 9, 30) in standing_holidays(2050)


def test_the_standing_principle_agrees_with_an_independent_calendar_where_it_was_applied() -> None:
    """In 2025 and 2026: every day of it was free, and what was free beside it only joins it to a weekend."""
    for year, besides in ((2025, []), (2026, [(1, 2), (4, 6)])):
        principle = standing_holidays(year)
        assert [day for day in principle if chinese_calendar.is_workday(day)] == []
        free = {day for day in _days_of(year) if chinese_calendar.is_holiday(day) and day.weekday() < 5}
        beside = sorted((day.month, day.day) for day in free - principle)
        assert beside == [*besides, *([(6, 2)] if year == 2025 else [])]


def test_the_feasts_of_the_table_are_free_days_of_an_independent_calendar() -> None:
    """A feast that the published calendars do not know as a free day is a mistake of the table."""
    for year in range(2008, 2027):
        for feast, day in _feasts()[year].items():
            assert chinese_calendar.is_holiday(day), (feast, day)
    assert set(_feasts()) == set(range(2005, 2100))


def test_the_lunar_feasts_lie_as_moons_do() -> None:
    for year in range(2006, 2100):
        before, feasts = _feasts()[year - 1], _feasts()[year]
        assert (feasts["spring_festival"] - before["spring_festival"]).days in {353, 354, 355, 383, 384, 385}
        assert (feasts["mid_autumn"] - feasts["dragon_boat"]).days in {97, 98, 99, 127, 128, 129}
        assert feasts["qingming"] in (date(year, 4, 4), date(year, 4, 5), date(year, 4, 6))
        assert date(year, 1, 21) <= feasts["spring_festival"] <= date(year, 2, 20)


def _days_of(year: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(days=n) for n in range(365)]


@pytest.mark.parametrize(
    ("day", "back", "found"),
    [
        (date(2025, 9, 20), 1, date(2025, 9, 19)),
        (date(2025, 9, 21), 1, date(2025, 9, 19)),
        (date(2025, 9, 21), 5, date(2025, 9, 15)),
        (date(2025, 9, 22), 1, date(2025, 9, 19)),
        (date(2025, 9, 28), 1, date(2025, 9, 26)),
        (date(2025, 10, 5), 1, date(2025, 9, 30)),
        (date(2025, 10, 12), 1, date(2025, 10, 11)),
    ],
)
def test_a_day_counted_back_from_a_weekend_or_a_holiday(
    calendar: WorkingDays, day: date, back: int, found: date
) -> None:
    assert calendar.before(day, back) == found


def test_the_first_and_the_last_day_of_the_calendar(calendar: WorkingDays) -> None:
    assert calendar.is_working_day(date(2004, 1, 2))
    assert not calendar.is_working_day(date(2004, 1, 1))
    assert calendar.is_working_day(date(2099, 12, 31))
    for outside in (date(2003, 12, 31), date(2100, 1, 1)):
        with pytest.raises(CalendarError):
            calendar.is_working_day(outside)


@given(start=DAYS, limit=st.integers(1, 60))
def test_the_first_day_is_excluded_and_exactly_the_limit_is_worked(start: date, limit: int) -> None:
    calendar = load_working_days()
    due = calendar.due(start, limit).date
    worked = [start + timedelta(days=n) for n in range(1, (due - start).days + 1)]
    assert sum(calendar.is_working_day(day) for day in worked) == limit
    assert calendar.is_working_day(due)


@given(start=DAYS, limit=st.integers(1, 60))
def test_counting_back_from_a_due_date_undoes_counting_forward(start: date, limit: int) -> None:
    calendar = load_working_days()
    due = calendar.due(start, limit).date
    for step in range(1, limit):
        assert calendar.before(due, step) == calendar.due(start, limit - step).date
    assert calendar.before(due, limit) <= start
    assert calendar.before(due, 0) == due
    assert calendar.next_working_day(start) == calendar.due(start, 1).date


@given(start=DAYS, limit=st.integers(1, 60), later=st.integers(0, 30))
def test_a_later_start_is_never_due_earlier(start: date, limit: int, later: int) -> None:
    calendar = load_working_days()
    assert calendar.due(start + timedelta(days=later), limit).date >= calendar.due(start, limit).date


@given(instant=st.datetimes(datetime(1970, 1, 2), datetime(2090, 1, 1), timezones=st.just(UTC)))
def test_the_day_in_shanghai_of_an_instant(instant: datetime) -> None:
    us = (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    day = instant.astimezone(SHANGHAI).date()
    assert day_of(us) == day
    assert day_of(end_of_day(day) - 1) == day
    assert day_of(end_of_day(day)) == day + timedelta(days=1)


@pytest.mark.parametrize("question", [(date(2003, 12, 31), 1), (date(2025, 1, 2), 0), (date(2099, 12, 30), 15)])
def test_what_the_calendar_cannot_answer_is_refused(calendar: WorkingDays, question: tuple[date, int]) -> None:
    with pytest.raises(CalendarError):
        calendar.due(*question)


def test_the_table_names_its_version_and_the_notice_of_every_row(calendar: WorkingDays) -> None:
    assert calendar.version
    assert (calendar.first_year, calendar.last_year) == (2004, 2026)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("2025-01-02,2025-01-01,holiday,元旦,notice", "first is not after last"),
        ("2025-01-01,2025-01-01,holiday,元旦,", "notice is named"),
        ("2025-01-01,2025-01-01,make_up,元旦,notice", "only Saturdays and Sundays"),
        ("2025-01-32,2025-01-32,holiday,元旦,notice", "line 4"),
        ("2025-W01-3,2025-W01-3,holiday,元旦,notice", "line 4"),
        ("20250101,20250101,holiday,元旦,notice", "line 4"),
        ("2025-01-01,2025-01-01", "line 4"),
    ],
)
def test_a_bad_table_names_file_line_and_reason(tmp_path: Path, row: str, complaint: str) -> None:
    table = tmp_path / "days.csv"
    table.write_text(f"# version: 1\n# published: 2025-2025\nfirst,last,kind,occasion,notice\n{row}\n", "utf-8")
    with pytest.raises(CalendarError, match=complaint) as refused:
        load_working_days(table)
    assert "days.csv, line 4" in str(refused.value)


def test_a_newer_table_gives_other_due_dates_and_its_own_version(tmp_path: Path) -> None:
    table = tmp_path / "days.csv"
    text = (
        "# version: 2\n# published: 2025-2025\nfirst,last,kind,occasion,notice\n2025-01-06,2025-01-07,holiday,test,n\n"
    )
    table.write_text(text, "utf-8")
    newer = load_working_days(table)
    assert newer.version == "2"
    assert newer.due(date(2025, 1, 3), 1).date == date(2025, 1, 8)
