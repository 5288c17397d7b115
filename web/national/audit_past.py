"""`/audit/as-of`: the nation, a province or a case as it stood at any instant, as `jinbao audit as-of` tells it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from jinbao.platform.audit.history.as_of import Instant, Then, as_it_stood, find, streams_of
from jinbao.platform.audit.history.snapshots import kept_in
from jinbao.platform.audit.log.stands_on import stands_on
from jinbao.platform.nation_figures import nation_figures
from jinbao.platform.projections.case_board import BoardRow, case_of, transfers_like
from jinbao.platform.store.store import UnitOfWork
from jinbao.platform.whole_case import whole_case
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.rules.working_days import SHANGHAI, CalendarError, day_of, load_working_days
from jinbao.views.as_of import case_then, nation_then, province_then, standing
from jinbao.web.access import Subject, asked_for
from jinbao.web.national.audit import AUDIT_PATH
from jinbao.web.national.cases import about_the_case
from jinbao.web.national.nation import Nation
from jinbao.web.page import MOST, Asker, Page, Refused

PATH = f"{AUDIT_PATH}/as-of"
Minute = Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-\d\d-\d\dT\d\d:\d\d)?$")]
"""As a browser's field for date and time gives it, in Shanghai; empty: not asked for."""


class PastQuery(msgspec.Struct, frozen=True):
    """What is looked at, and when."""

    at: Minute = ""
    fact: Minute = ""
    province: str = ""
    """Code; empty: a user's own, or the nation."""
    case: Annotated[str, msgspec.Meta(max_length=100)] = ""
    position: Annotated[int, msgspec.Meta(ge=0, le=MOST)] | None = None


def past_page(nation: Nation) -> Page:
    """`/audit/as-of`."""

    def value(asker: Asker, query: PastQuery) -> dict[str, Any]:
        with nation.reading() as work:
            head = {"as_of": formatting.iso(nation.clock.now_us()), "checkpoint": stands_on(work.bulk)}
            if not query.at:
                return {**head, "then": None}
            instant, province = _instant(query), query.province or asker.user.province
            then = find(work.bulk, instant)
            row = _found(work, query.case) if query.case else None
            streams = None if row is None else streams_of(work.bulk, row.transfer_id.bytes)
        try:
            return {**head, "then": {**standing(then), **_then(nation, province, instant, then, row, streams)}}
        except CalendarError as error:
            raise Refused(*error.words, status=404) from None

    def about(asker: Asker, query: PastQuery) -> Subject | None:
        if not query.case:
            return asked_for(asker.user, query.province)
        with nation.reading() as work:
            row = _found(work, query.case)
        return None if row is None else about_the_case(asker, row)

    return Page(PATH, prose("As it stood"), "audit_past.html", value, PastQuery, about)


def _instant(query: PastQuery) -> Instant:
    occurred = _micros(query.fact) if query.fact else None
    return Instant(_micros(query.at), occurred, query.position)


def _micros(minute: str) -> int:
    """Raises Refused for a time that no calendar has."""
    try:
        return int(datetime.fromisoformat(minute).replace(tzinfo=SHANGHAI).timestamp() * 1_000_000)
    except ValueError:
        raise Refused(f"没有这个时间：{minute}", f"there is no such time: {minute}", 404) from None


def _found(work: UnitOfWork, text: str) -> BoardRow | None:
    """The one case that is called so: by its transfer's id, the first digits of it, or the application's number."""
    found = transfers_like(work, text.strip())
    return case_of(work, found[0]) if len(found) == 1 else None


def _then(
    nation: Nation, province: str | None, instant: Instant, then: Then, case: BoardRow | None, streams: list[int] | None
) -> dict[str, Any]:
    on, days = day_of(instant.recorded_us), load_working_days()
    if case is not None:
        with as_it_stood(nation.store, then.cut._replace(streams=streams)) as (_, work):
            row = case_of(work, case.transfer_id)
            return {"case": None} if row is None else case_then(row, whole_case(work, row), on)
    with nation.whole_log(), as_it_stood(nation.store, then.cut, kept_in(nation.data)) as (_, work):
        if province:
            return province_then(work, province, on, days)
        return nation_then(work, nation_figures(work), on, days)
