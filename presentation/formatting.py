"""Formatting of amounts, instants, days and counts for a reader."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from jinbao.language.words import LANGUAGES, Language, Translator, Words
from jinbao.rules.working_days import SHANGHAI

_ARTICLE = re.compile(r"art\. (\d+)(?:\((\d+)\))?")
_EPOCH = datetime(1970, 1, 1, 8, tzinfo=SHANGHAI)


def article(tr: Translator, text: str) -> str:
    """An article of the law as the rules name it; in Chinese as documents cite it, "第 4 条第 (1) 项"."""
    if tr.language == "en":
        return text
    return _ARTICLE.sub(lambda found: f"第 {found[1]} 条" + (f"第 ({found[2]}) 项" if found[2] else ""), text)


def yuan(amount_fen: int) -> str:
    """Fen as yuan with two decimals and thousands separators, like "33,094.25"."""
    sign, magnitude = "-" if amount_fen < 0 else "", abs(amount_fen)
    return f"{sign}{magnitude // 100:,}.{magnitude % 100:02d}"


def in_shanghai(instant_us: int) -> datetime:
    """An instant (microseconds since 1970 UTC) as time in Shanghai."""
    return _EPOCH + timedelta(microseconds=instant_us)


def iso(instant_us: int) -> str:
    """An instant as JSON has it: ISO 8601 in Shanghai, to the second."""
    return in_shanghai(instant_us).isoformat(timespec="seconds")


def instant(instant_us: int) -> str:
    """An instant as date and minute in Shanghai."""
    return in_shanghai(instant_us).strftime("%Y-%m-%d %H:%M")


def day_of_instant(instant_us: int) -> str:
    """An instant as its date in Shanghai."""
    return in_shanghai(instant_us).strftime("%Y-%m-%d")


def day(value: date) -> Words:
    """A date with its weekday."""
    from babel.dates import format_date  # a tenth of a second

    zh, en = (format_date(value, "yyyy-MM-dd EEE", language) for language in LANGUAGES)
    return zh, en


def month(year_month: int) -> str:
    """A month given as YYYYMM, like "2021-09"."""
    return f"{year_month // 100}-{year_month % 100:02d}"


def counted(number: int, one: str) -> str:
    """A number of things in English, named in the singular."""
    return f"{number:,} {one}{'' if number == 1 else 's'}"


def as_of(position: int) -> Words:
    """Up to which event of the log a list was made."""
    return f"（截至第 {position:,} 个事件）", f" (as of event {position:,})"


DURATION_UNITS: Mapping[Language, tuple[str, ...]] = {
    "zh": (" 天", " 小时", " 分钟", " 秒", "天", "时", "分", "秒"),
    "en": (" d", " h", " min", " s", "d", "h", "m", "s"),
}
"""Day, hour, minute, second, and the same where there is little room."""
_UNIT_S = (86_400, 3_600, 60, 1)


def duration(seconds: int, language: Language, *, short: bool = False) -> str:
    """A length of time by its largest unit, like "55 d"; below three of it with the next one, like "1 h 20 min".

    `short`: by the largest alone, for a tile of a map.
    """
    largest = next((n for n, unit in enumerate(_UNIT_S) if seconds >= unit), 2)
    names = DURATION_UNITS[language][4:] if short else DURATION_UNITS[language]
    number, rest = divmod(seconds, _UNIT_S[largest])
    text = f"{number:,}{names[largest]}"
    if short or number >= 3 or largest >= 2 or rest < _UNIT_S[largest + 1]:
        return text
    return f"{text} {rest // _UNIT_S[largest + 1]}{names[largest + 1]}"


def days_left(working_days: int) -> Words:
    """How many working days are left until a due day; negative once it is past."""
    if working_days < 0:
        return f"已过 {-working_days} 个工作日", f"{counted(-working_days, 'working day')} over"
    if working_days == 0:
        return "今天到期", "due today"
    return f"余 {working_days} 个工作日", f"{counted(working_days, 'working day')} left"


def short_id(identifier: object) -> str:
    """The first eight digits of an id, which tell cases of one list apart."""
    return str(identifier)[:8]


def payment_number(reference: str, line: int) -> str:
    """A payment's number; the lines of one reference are numbered from the second on."""
    return reference if line == 1 else f"{reference}/{line}"
