"""`/audit/accesses`: who opened which person's data, when, why and for which case."""

from __future__ import annotations

from collections import deque
from typing import Annotated, Any

import msgspec

from jinbao.platform.audit.log.stands_on import stands_on
from jinbao.platform.audit.statements.accesses import gaps, listed
from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.views.csv_export import rows_as_csv
from jinbao.web.access import Subject, asked_for
from jinbao.web.national.audit import AUDIT_PATH
from jinbao.web.national.nation import Nation
from jinbao.web.page import Asker, Download, File, Page

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


def accesses_page(nation: Nation) -> Page:
    """`/audit/accesses`."""

    def value(asker: Asker, query: AccessesQuery) -> dict[str, Any]:
        with nation.reading() as work:
            checkpoint, kept_back = stands_on(work.bulk), gaps(work.bulk)
        found = _accesses(nation, asker, query, SHOWN + 1)
        head = {"as_of": formatting.iso(nation.clock.now_us()), "checkpoint": checkpoint}
        return {**head, "accesses": found[:SHOWN], "more": len(found) > SHOWN, "gaps": kept_back}

    return Page(PATH, prose("Who looked"), "audit_accesses.html", value, AccessesQuery, _about)


def accesses_export(nation: Nation) -> Download:
    """`/audit/accesses.csv`."""

    def made(asker: Asker, query: AccessesQuery) -> File:
        rows = [[_cell(one[name]) for name in _COLUMNS] for one in _accesses(nation, asker, query, None)]
        return File("accesses.csv", rows_as_csv([_COLUMNS, *rows]), shown="attachment")

    return Download(f"{PATH}.csv", "text/csv", made, AccessesQuery, _about)


def _cell(value: object) -> object:
    return " ".join(map(str, value)) if isinstance(value, list) else value


def _accesses(nation: Nation, asker: Asker, query: AccessesQuery, limit: int | None) -> list[dict[str, Any]]:
    """The newest first."""
    about, province = {query.about} if query.about else set(), query.province or asker.user.province
    with nation.reading() as work:
        found = listed(work.bulk, user=query.user or None, about=about)
        newest = deque((one for one in found if province in (None, one.access.province)), limit)
    return [
        {
            **msgspec.structs.asdict(one.access),
            "at": formatting.iso(one.access.at),
            "recorded_at": formatting.iso(one.recorded_at),
            "place": one.place,
        }
        for one in reversed(newest)
    ]


def _about(asker: Asker, query: AccessesQuery) -> Subject | None:
    return asked_for(asker.user, query.province)
