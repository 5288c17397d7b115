"""The ministry's overview: whether the nation's transfers are well."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

import msgspec

from jinbao.platform.projections.positions import followed_to
from jinbao.presentation.prose import prose
from jinbao.rules.working_days import SHANGHAI, day_of, end_of_day
from jinbao.views.alerts import alerts_now
from jinbao.views.nation_overview import Overview, nation_overview
from jinbao.views.past_overviews import PastOverviews
from jinbao.web.national.nation import Nation
from jinbao.web.page import Asker, Live, Page, Refused

PATH = "/live"
_PAST_WITHIN_S = 3.0
"""So long may a request fold the log of a past day; what it has folded is kept for the next."""
Month = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
"""YYYY-MM."""


class Which(msgspec.Struct, frozen=True):
    """What of the overview is asked for."""

    measure: Literal["at_risk", "missed", "open", "silent_minutes"] = "at_risk"
    """Of the map."""
    month: Month | None = None
    """Of the flows; the present one where none is named."""
    at: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d(T\d\d:\d\d)?$")] | None = None
    """A past day, as it stood at its end, or a past minute in Shanghai, with the flows of its month; now where none is
    named."""


def overview_page(nation: Nation) -> Page:
    """`/overview`."""

    past = PastOverviews(nation.store, nation.watch)

    def value(asker: Asker, query: Which) -> Overview:
        now_us = nation.clock.now_us()
        instant_us = None if query.at is None else _micros(query.at)
        if instant_us is not None and instant_us < now_us:
            return _past(past, instant_us, now_us)
        alerts = alerts_now(nation.watch, now_us).alerts
        with nation.reading() as work:
            return nation_overview(work, now_us, alerts, query.month)

    return Page("/overview", prose("Overview"), "overview.html", value, Which, menu=True, live=PATH)


def _micros(text: str) -> int:
    """A minute, or the last microsecond of a day. Raises Refused for a time that no calendar has."""
    try:
        if len(text) == len("2025-03-01"):
            return end_of_day(date.fromisoformat(text)) - 1
        return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1_000_000)
    except ValueError:
        raise Refused(f"没有这个时间：{text}", f"there is no such time: {text}", 404) from None


def _past(past: PastOverviews, instant_us: int, now_us: int) -> Overview:
    """The overview of a past day or minute. Raises Refused while its log is folded."""
    day = day_of(instant_us)
    if instant_us == end_of_day(day) - 1:
        found = past.on(day, within_s=_PAST_WITHIN_S)
    else:
        found = past.at(instant_us, within_s=_PAST_WITHIN_S)
    if found is None:
        raise Refused(
            f"正在从日志还原 {day}，请稍后刷新", f"{day} is being folded from the log: reload in a moment", 504
        )
    last_day = day_of(now_us) - timedelta(days=1)
    return msgspec.structs.replace(found, duty=msgspec.structs.replace(found.duty, last_day=last_day.isoformat()))


def live_overview(nation: Nation) -> Live:
    """`/live`: the overview, whole, on each change."""

    def value() -> Overview:
        now_us = nation.clock.now_us()
        alerts = alerts_now(nation.watch, now_us).alerts
        with nation.reading() as work:
            return nation_overview(work, now_us, alerts)

    def version() -> int:
        with nation.reading() as work:
            return followed_to(work)

    return Live(PATH, value, version)
