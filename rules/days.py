"""Days and moments as people write them into options, forms and stories: YYYY-MM-DD, not the week dates of ISO 8601."""

from __future__ import annotations

import re
from datetime import date, datetime

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?")


def read_day(text: str) -> date:
    """The day written YYYY-MM-DD. Raises ValueError, which does not repeat the text, for anything else."""
    try:
        if _DAY.fullmatch(text) is None:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("应为日期，如 2019-10-15 / must be a day like 2019-10-15") from None


def read_moment(text: str) -> datetime:
    """The moment written as a day, a time and perhaps a zone. Raises ValueError as `read_day` does."""
    try:
        if _DAY.fullmatch(text[:10]) is None or _TIME.fullmatch(text[10:]) is None:
            raise ValueError
        return datetime.fromisoformat(text)
    except ValueError:
        example = "2019-10-15 09:30"
        raise ValueError(f"应为日期和时间，如 {example} / must be a day and a time like {example}") from None
