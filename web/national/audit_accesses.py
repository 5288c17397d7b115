"""`/audit/accesses`: who opened which person's data, when, why and for which case."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from jinbao.platform.audit.log.stands_on import stands_on
from jinbao.platform.audit.statements.accesses import Listed, gaps, listed, newest
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.views.csv_export import rows_as_csv
from jinbao.web.access import Subject, asked_for
from jinbao.web.national.audit import AUDIT_PATH
from jinbao.web.national.nation import Nation
from jinbao.web.page import MOST, Asker, Download, File, Page

PATH = f"{AUDIT_PATH}/accesses"
SHOWN = 200
_COLUMNS = (
    *("at", "place", "user", "role", "way", "action", "case", "transfer", "relationships", "reason", "ground"),
    *("outcome", "times"),
)


class AccessesQuery(msgspec.Struct, frozen=True):
    """Whose, and about what; empty: all."""

    user: Annotated[str, msgspec.Meta(max_length=100)] = ""
    about: Annotated[str, msgspec.Meta(max_length=100)] = ""
    """A transfer, a relationship or a case."""
    province: str = ""
    """Whose data; code, empty: a user's own, or all."""
    after: Annotated[int, msgspec.Meta(ge=0, le=MOST)] = 0
    """Number of the last statement of the page before; 0: from the newest on."""


def accesses_page(nation: Nation) -> Page:
    """`/audit/accesses`."""

    def value(asker: Asker, query: AccessesQuery) -> dict[str, Any]:
        about, province = _asked(asker, query)
        with nation.reading() as work:
            checkpoint = stands_on(work.bulk)
            before = query.after or MOST
            found, following = newest(work.bulk, SHOWN, before, user=query.user or None, about=about, province=province)
            kept_back = {} if query.after else gaps(work.bulk, province)
        head = {"as_of": formatting.iso(nation.clock.now_us()), "checkpoint": checkpoint}
        return {**head, "accesses": [_shown(one) for one in found], "after": following, "gaps": kept_back}

    return Page(PATH, prose("Who looked"), "audit_accesses.html", value, AccessesQuery, _about)


def accesses_export(nation: Nation) -> Download:
    """`/audit/accesses.csv`."""

    def made(asker: Asker, query: AccessesQuery) -> File:
        rows = [[_cell(one[name]) for name in _COLUMNS] for one in _all(nation, asker, query)]
        return File("accesses.csv", rows_as_csv([_COLUMNS, *rows]), shown="attachment")

    return Download(f"{PATH}.csv", "text/csv", made, AccessesQuery, _about)


def _cell(value: object) -> object:
    return " ".join(map(str, value)) if isinstance(value, list) else value


def _asked(asker: Asker, query: AccessesQuery) -> tuple[set[str], str | None]:
    """About what, and whose data."""
    return {query.about} if query.about else set(), query.province or asker.user.province


def _all(nation: Nation, asker: Asker, query: AccessesQuery) -> list[dict[str, Any]]:
    """The newest first."""
    about, province = _asked(asker, query)
    with nation.whole_log(), nation.reading() as work:
        found = listed(work.bulk, user=query.user or None, about=about)
        return [_shown(one) for one in found if province in (None, one.access.province)][::-1]


def _shown(one: Listed) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(one.access),
        "at": formatting.iso(one.access.at),
        "recorded_at": formatting.iso(one.recorded_at),
        "place": one.place,
    }


def _about(asker: Asker, query: AccessesQuery) -> Subject | None:
    return asked_for(asker.user, query.province)
