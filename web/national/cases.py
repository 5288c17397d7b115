"""Cases: the list that a filter finds, and one case whole. A province's users see only those that it takes part in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import msgspec

from jinbao.platform.aggregates.catalogue import RULES
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.subjects.application import ApplicationAccepted
from jinbao.platform.case_explanation import explain_case
from jinbao.platform.projections.case_board import BoardRow, Place, case_list, case_of, place_of, transfers_like
from jinbao.platform.projections.log_gaps import known_gaps, told
from jinbao.platform.projections.positions import followed_to
from jinbao.platform.sent_messages import certificates_of
from jinbao.platform.store.store import UnitOfWork
from jinbao.platform.whole_case import WholeCase, whole_case
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.rules.type_fault import Told
from jinbao.rules.working_days import day_of
from jinbao.schemas.messages import BY_NAME
from jinbao.views.case_explanation import explanation_as_json
from jinbao.views.case_json import case_as_json, whole_case_as_json
from jinbao.views.case_page import damages
from jinbao.views.clock_calendar import ClockCalendar, clock_calendar
from jinbao.views.law_forms import MESSAGE_OF, VERSION_OF, FormName
from jinbao.web.access import Subject, asked_for
from jinbao.web.national.nation import Nation
from jinbao.web.page import Asker, Page, not_found

PAGE_ROWS = 50
ALL_ROWS = 2_000
"""Most rows of a list that is printed or exported whole."""
Rows = Literal["page", "all"]
_STATES = ", ".join(State)
StateOrAny = Annotated[
    str,
    msgspec.Meta(pattern=f"^({'|'.join(State)})?$"),
    Told(f"{_STATES} 之一", f"one of {_STATES}", tuple(State)),
]
"""A state; empty: any."""


class Cases(msgspec.Struct, frozen=True):
    """A list of cases, those due first on top."""

    as_of: str
    position: int
    today: date
    cases: list[dict[str, Any]]
    """As `jinbao case list --json` has them."""
    more: bool
    after: UUID | None
    """The last case, where there are more."""
    filter: dict[str, Any]
    """What was asked for: province, state, waiting."""
    notices: list[tuple[str, str]]
    """What readers must know of what is missing, Chinese and English."""


class CasesQuery(msgspec.Struct, frozen=True):
    """Which cases are listed."""

    province: str = ""
    """Code; empty: a user's own, or all."""
    state: StateOrAny = ""
    waiting: bool = False
    """Only those that wait (for the province)."""
    after: UUID | None = None
    """Go on after this case, the last of a former page."""
    rows: Rows = "page"


class CaseQuery(msgspec.Struct, frozen=True):
    """Which case is shown."""

    transfer: str


def cases_page(nation: Nation) -> Page:
    """`/cases`."""

    def value(asker: Asker, query: CasesQuery) -> Cases:
        with nation.reading() as work:
            return _listed(work, asker, query, nation.clock.now_us())

    return Page("/cases", prose("Transfer list"), "cases.html", value, CasesQuery, about_the_list, menu=True)


def case_page(nation: Nation) -> Page:
    """`/cases/{transfer}`."""

    def about(asker: Asker, query: CaseQuery) -> Subject | None:
        with nation.reading() as work:
            row = find(work, query.transfer)
        return None if row is None else about_the_case(asker, row)

    def value(asker: Asker, query: CaseQuery) -> dict[str, Any]:
        now = nation.clock.now_us()
        with nation.reading() as work:
            position = followed_to(work)
            row = find(work, query.transfer)
            if row is None:
                raise not_found()
            return {"as_of": formatting.iso(now), "position": position, **_whole(work, row, day_of(now))}

    return Page("/cases/{transfer}", prose("Case"), "case.html", value, CaseQuery, about)


def find(work: UnitOfWork, transfer: str) -> BoardRow | None:
    """The case of a transfer id, its first digits or its application's number, as the commands find it; None for none.

    What several transfers begin with finds none: a page is about one.
    """
    found = transfers_like(work, transfer)
    return case_of(work, found[0]) if len(found) == 1 else None


def about_the_case(asker: Asker, row: BoardRow) -> Subject | None:
    """Whose a case is; to users of a province that takes no part in it, it does not exist."""
    if asker.user.province not in (None, row.origin, row.destination):
        return None
    return Subject(row.destination, row.origin)


def about_the_list(asker: Asker, query: CasesQuery) -> Subject | None:
    """Whose cases are listed: those of a province, of the user's own where none is asked for, or the nation's."""
    return asked_for(asker.user, query.province)


class Found(NamedTuple):
    """The rows of a list."""

    position: int
    rows: list[BoardRow]
    more: bool


def rows_of(work: UnitOfWork, asker: Asker, query: CasesQuery) -> Found:
    """The rows that a query asks for. Raises Refused where `after` is not theirs."""
    position, limit = followed_to(work), ALL_ROWS if query.rows == "all" else PAGE_ROWS
    behind = place_after(work, query.after, lambda last: about_the_case(asker, last) is not None)
    rows = case_list(
        work,
        province=query.province or asker.user.province,
        state=State(query.state) if query.state else None,
        waiting=query.waiting,
        after=behind,
        limit=limit + 1,
    )
    return Found(position, rows[:limit], more=len(rows) > limit)


def place_after(work: UnitOfWork, after: UUID | None, is_theirs: Callable[[BoardRow], bool]) -> Place | None:
    """Where a list goes on after the last case of a former page; None for its beginning. Raises Refused."""
    if after is None:
        return None
    last = case_of(work, after)
    if last is None or not is_theirs(last):
        raise not_found()
    return place_of(last)


def _listed(work: UnitOfWork, asker: Asker, query: CasesQuery, now_us: int) -> Cases:
    position, rows, more = rows_of(work, asker, query)
    on = day_of(now_us)
    return Cases(
        as_of=formatting.iso(now_us),
        position=position,
        today=on,
        cases=[case_as_json(row, on) for row in rows],
        more=more,
        after=rows[-1].transfer_id if more else None,
        filter={"province": query.province or asker.user.province, "state": query.state, "waiting": query.waiting},
        notices=_gaps(work),
    )


def _whole(work: UnitOfWork, row: BoardRow, on: date) -> dict[str, Any]:
    """As `jinbao case show --json`, with what `case explain --json` says and the calendar of its clocks."""
    whole = whole_case(work, row)
    calendar: ClockCalendar | None = clock_calendar(whole.clocks, on)
    return {
        **whole_case_as_json(row, whole, on),
        "today": on,
        "explanation": explanation_as_json(row, whole, explain_case(work, row), on),
        "calendar": calendar,
        "forms": _forms(work, row, whole),
        "notices": [*_gaps(work), *damages(whole)],
    }


def _forms(work: UnitOfWork, row: BoardRow, whole: WholeCase) -> list[FormName]:
    """The forms of the law that there are of the case now."""
    happened: set[type] = {type(step.fact) for step in whole.steps}
    names_one = any(isinstance(step.fact, ApplicationAccepted) and step.fact.certificate_number for step in whole.steps)
    certificate: list[FormName] = ["certificate"] if names_one and certificates_of(work, row.transfer_id) else []
    there = (name for name, message in MESSAGE_OF.items() if RULES[BY_NAME[message]].fact in happened)
    return certificate + [name for name in there if name not in VERSION_OF or getattr(row, VERSION_OF[name])]


def _gaps(work: UnitOfWork) -> list[tuple[str, str]]:
    gaps = known_gaps(work)
    return [told(gaps)] if gaps else []
