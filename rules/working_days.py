"""The working-day calendar of mainland China, from a checked-in table; answers due dates and nothing else.

The table lists only what differs from "Monday to Friday": statutory holidays and weekend days that are worked. It is
published year by year, so a date in a year without a notice is computed from the weekday rule less the holidays of the
standing principle, and is called provisional: that year's make-up days are not known.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, timedelta, timezone
from functools import lru_cache
from pathlib import Path

from jinbao.language.words import BilingualError
from jinbao.rules.days import read_day
from jinbao.rules.standing_holidays import standing_holidays

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""UTC+8; mainland China has kept no summer time since 1992, so a fixed offset is exact for every year of the table."""

LAST_PROVISIONAL_YEAR = 2099

DUE_SOON_WORKING_DAYS = 3
"""What is due within so many working days is due soon, wherever that is said [assumed]."""

_TABLE = Path(__file__).parent / "data" / "working_days.csv"
_EPOCH = date(1970, 1, 1).toordinal()
_DAY_US = 86_400_000_000
_OFFSET_US = 8 * 3_600_000_000


class CalendarError(BilingualError, ValueError):
    """The table is not usable, or a date lies outside it; the text says where and what to do."""


@dataclass(frozen=True, slots=True)
class DueDate:
    """The last day of a limit; the limit ends when that day ends in Shanghai."""

    date: date
    provisional: bool
    """True when the day lies in a year whose holidays are not yet published."""


def day_of(instant_us: int) -> date:
    """The calendar day in Shanghai of an instant in microseconds since 1970 UTC."""
    return date.fromordinal(_EPOCH + (instant_us + _OFFSET_US) // _DAY_US)


def end_of_day(day: date) -> int:
    """The instant at which `day` ends in Shanghai (its next midnight), in microseconds since 1970 UTC."""
    return (day.toordinal() + 1 - _EPOCH) * _DAY_US - _OFFSET_US


class WorkingDays:
    """Every working day from the table's first year on, indexed so that each question is one look-up."""

    def __init__(self, version: str, first_year: int, last_year: int, exceptions: dict[date, bool]) -> None:
        """`exceptions` maps a day to whether it is worked, for days that differ from the weekday rule."""
        self.version = version
        self.first_year = first_year
        self.last_year = last_year
        last_published = date(last_year, 12, 31).toordinal()
        self._first = date(first_year, 1, 1).toordinal()
        self._worked: list[DueDate] = []
        self._rank: list[int] = []
        """For each day: how many working days there are up to and including it."""
        unpublished = range(last_year + 1, LAST_PROVISIONAL_YEAR + 1)
        expected = {day for year in unpublished for day in standing_holidays(year)}
        for ordinal in range(self._first, date(LAST_PROVISIONAL_YEAR, 12, 31).toordinal() + 1):
            day = date.fromordinal(ordinal)
            provisional = ordinal > last_published
            weekday = (ordinal + 6) % 7 < 5
            if exceptions.get(day, weekday and day not in expected):
                self._worked.append(DueDate(day, provisional))
            self._rank.append(len(self._worked))

    def rank(self, day: date) -> int:
        """How many working days there are from the table's first day up to and including `day`.

        Raises CalendarError outside the calendar.
        """
        index = day.toordinal() - self._first
        if not 0 <= index < len(self._rank):
            raise CalendarError(
                f"日历只包括 {self.first_year}-{LAST_PROVISIONAL_YEAR} 年，不包括 {day.isoformat()}",
                f"the calendar covers {self.first_year} to {LAST_PROVISIONAL_YEAR}, not {day.isoformat()}",
            )
        return self._rank[index]

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on `day`. Raises CalendarError outside the calendar."""
        count = self.rank(day)
        return count > 0 and self._worked[count - 1].date == day

    def due(self, start: date, limit_working_days: int) -> DueDate:
        """The last working day of a limit of working days; the first day is not counted (Civil Code art. 201).

        Raises CalendarError for a limit below 1 or dates outside the calendar.
        """
        if limit_working_days < 1:
            raise CalendarError("期限至少 1 个工作日", "a limit is at least 1 working day")
        try:
            return self._worked[self.rank(start) + limit_working_days - 1]
        except IndexError:
            raise CalendarError(
                f"期限超出日历（至 {LAST_PROVISIONAL_YEAR} 年）",
                f"the limit ends after {LAST_PROVISIONAL_YEAR}, the calendar's last year",
            ) from None

    def due_soon_until(self, today: date) -> date:
        """The last day that is due soon on `today`."""
        return self.due(today, DUE_SOON_WORKING_DAYS).date

    def before(self, day: date, working_days: int) -> date:
        """The working day that lies `working_days` working days before `day`; 0 is `day` itself."""
        if working_days < 0:
            raise CalendarError("天数不能为负", "the number of days must not be negative")
        if working_days == 0:
            return day
        earlier = self.rank(day) - self.is_working_day(day)
        if earlier < working_days:
            raise CalendarError(
                f"早于日历起始的 {self.first_year} 年", f"before the calendar's first year {self.first_year}"
            )
        return self._worked[earlier - working_days].date

    def next_working_day(self, day: date) -> date:
        """The first working day after `day`."""
        return self.due(day, 1).date

    def between(self, day: date, until: date) -> int:
        """Working days after `day` up to and including `until`; negative when `until` comes first."""
        return self.rank(until) - self.rank(day)


@lru_cache(maxsize=4)
def load_working_days(path: Path | None = None) -> WorkingDays:
    """Read the calendar table: the checked-in one, or another of the same form.

    Raises CalendarError naming file, line and what is wrong.
    """
    path = path or _TABLE
    facts: dict[str, str] = {}
    rows: list[tuple[int, str]] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CalendarError(f"{path.name}：读不了：{error}", f"{path.name}: cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        if line.startswith("#"):
            key, _, value = line[1:].partition(":")
            facts[key.strip()] = value.strip()
        elif line.strip():
            rows.append((number, line))
    version, years = facts.get("version", ""), facts.get("published", "").split("-")
    if not version or len(years) != 2 or not all(y.isdecimal() for y in years):
        raise CalendarError(
            f"{path.name}：须有“# version: …”和“# published: 起年-止年”两行",
            f"{path.name}: needs the lines '# version: …' and '# published: FIRST-LAST' (years)",
        )
    exceptions = _exceptions(path.name, rows)
    return WorkingDays(version, int(years[0]), int(years[1]), exceptions)


def _exceptions(name: str, rows: list[tuple[int, str]]) -> dict[date, bool]:
    """Expand the table's ranges to days."""
    exceptions: dict[date, bool] = {}
    header = ["first", "last", "kind", "occasion", "notice"]
    if not rows or next(csv.reader([rows[0][1]])) != header:
        raise CalendarError(f"{name}：首行应为 {','.join(header)}", f"{name}: the first row must be {','.join(header)}")
    for number, line in rows[1:]:
        try:
            first_text, last_text, kind, _, notice = next(csv.reader([line]))
            first, last = read_day(first_text), read_day(last_text)
            if kind not in ("holiday", "make_up") or first > last or not notice:
                raise ValueError("kind is holiday or make_up, first is not after last, notice is named")
            for ordinal in range(first.toordinal(), last.toordinal() + 1):
                day = date.fromordinal(ordinal)
                if day in exceptions:
                    raise ValueError(f"{day} is listed twice")
                if kind == "make_up" and day.weekday() < 5:
                    raise ValueError(f"{day} is worked anyway: only Saturdays and Sundays can be make-up days")
                exceptions[day] = kind == "make_up"
        except ValueError as error:
            raise CalendarError(f"{name} 第 {number} 行：{error}", f"{name}, line {number}: {error}") from error
    return exceptions
