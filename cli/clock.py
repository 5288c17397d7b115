"""The time that a command works in: ours, the one named by `--clock`, or that of the folder's simulated nation."""

from __future__ import annotations

import time
from datetime import date, datetime
from typing import Annotated

import typer

from jinbao.cli.reading import last_instant
from jinbao.presentation.prose import prose
from jinbao.rules.working_days import SHANGHAI
from jinbao.service.errors import UserError
from jinbao.service.settings import Settings

ClockOption = Annotated[
    str | None,
    typer.Option("--clock", metavar="TIME", help=prose("Begin at this time in Shanghai, e.g. 2025-06-30T09:00")),
]

_DAY_US = 86_400_000_000


def instant(text: str, option: str = "--clock") -> int:
    """An instant in Shanghai, microseconds since 1970 UTC. Raises UserError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"{option} {text}：应为 2025-06-30T09:00 这样的时间",
            f"{option} {text}: expected a time like 2025-06-30T09:00",
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)
    return int(moment.timestamp() * 1_000_000)


def instant_until(text: str, option: str) -> int:
    """The instant before which something lies that is asked for up to a time; a day alone counts whole.

    Raises UserError.
    """
    try:
        date.fromisoformat(text)
    except ValueError:
        return instant(text, option)
    return instant(text, option) + _DAY_US


def present(settings: Settings, clock: str | None = None) -> int:
    """The present of a command as pages have it, microseconds since 1970 UTC; `clock`: its option.

    Raises UserError for a time that is none, or a platform database that cannot be used.
    """
    if clock is not None:
        return instant(clock)
    return last_instant(settings) or time.time_ns() // 1_000
