"""Days as people write them: one form only."""

from datetime import date, datetime

import pytest

from jinbao.rules.days import read_day, read_moment

NO_DAYS = [
    "2025-W01-1",
    "20250101",
    "2025W011",
    "2025-1-1",
    "2025-02-30",
    "2025-01-01 ",
    "２０２５-01-01",
    "",
    "2025-001",
]


def test_a_day_is_written_in_one_way() -> None:
    assert read_day("2019-10-15") == date(2019, 10, 15)


@pytest.mark.parametrize("text", NO_DAYS)
def test_week_dates_and_other_forms_are_no_days(text: str) -> None:
    with pytest.raises(ValueError, match="2019-10-15"):
        read_day(text)


@pytest.mark.parametrize("text", ["2019-10-15 09:30", "2019-10-15T09:30:00", "2019-10-15T09:30:00.000000"])
def test_a_moment_is_a_day_with_its_time(text: str) -> None:
    assert read_moment(text) == datetime(2019, 10, 15, 9, 30)


@pytest.mark.parametrize(
    "text", [*(f"{day} 09:30" for day in NO_DAYS), "2019-10-15", "2019-10-15 25:00", "2019-10-15 0930"]
)
def test_what_is_no_day_makes_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match="09:30"):
        read_moment(text)
