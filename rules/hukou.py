"""Hukou of a person on a day, and from when it makes a temporary account there an ordinary one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec


class HukouPeriod(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The hukou's place from a day on, until the next period begins."""

    province: str | None
    """None = no hukou on the mainland."""
    since: date


def hukou_on(periods: Sequence[HukouPeriod], day: date) -> str | None:
    """The hukou's province on a day. `periods` are in order of time; raises ValueError for a day before them all."""
    begun = [period for period in periods if period.since <= day]
    if not begun:
        raise ValueError("早于第一段户籍 / lies before the first period")
    return begun[-1].province


def ordinary_from(moved_on: date) -> date:
    """The day from which a temporary account is an ordinary one, after the hukou moved to its place [likely]."""
    year, month = divmod(moved_on.year * 12 + moved_on.month, 12)
    return date(year, month + 1, 1)
