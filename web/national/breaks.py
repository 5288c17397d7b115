"""`/finance/breaks`: what is not explained between banks and ledger, to work off one by one; and one of them.

The list keeps its place: a page begins and a row is chosen by where it stands in the order, whether or not it is there
still. So who has worked a break off finds the next one chosen, and not the first of the list.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from jinbao.platform.projections.bank_accounts import accounts
from jinbao.platform.projections.found_breaks import FoundBreak, breaks_by_id, found_breaks
from jinbao.platform.projections.payment_reports import transfers_paid
from jinbao.platform.projections.positions import followed_to
from jinbao.platform.store.store import UnitOfWork
from jinbao.presentation import formatting, ledger_labels
from jinbao.presentation.prose import prose
from jinbao.rules.working_days import WorkingDays, day_of, load_working_days
from jinbao.views.break_sides import break_with_sides
from jinbao.views.breaks import break_as_json, references_of
from jinbao.web.access import Subject
from jinbao.web.finance import BREAKS_PATH, BreakQuery, BreaksQuery, about_the_finances
from jinbao.web.national.nation import Nation
from jinbao.web.page import Asker, Page, not_found

PAGE_ROWS = 50


class Breaks(msgspec.Struct, frozen=True):
    """The list, the oldest first, and the break that is chosen."""

    as_of: str
    position: int
    filter: dict[str, Any]
    """As asked for."""
    accounts: list[dict[str, Any]]
    """Those of the province, to choose from."""
    counts: dict[str, int]
    """Breaks of each kind that are like that."""
    difference_fen: int
    """Bank minus ledger, of all that are like that."""
    breaks: list[dict[str, Any]]
    """As `jinbao breaks list --json` has them, each with its `place`."""
    after: str | None
    """Where the next page begins."""
    chosen: dict[str, Any] | None
    """With both its sides."""
    told: str
    refused: str
    """What became of the word that was just said."""


def breaks_page(nation: Nation) -> Page:
    """`/finance/breaks`."""

    def value(asker: Asker, query: BreaksQuery) -> Breaks:
        with nation.reading() as work:
            return _listed(work, asker, query, nation.clock.now_us())

    return Page(BREAKS_PATH, prose("Breaks"), "breaks.html", value, BreaksQuery, about_the_finances, menu=True)


def break_page(nation: Nation) -> Page:
    """`/finance/breaks/{break_id}`."""

    def about(asker: Asker, query: BreakQuery) -> Subject | None:
        with nation.reading() as work:
            found = breaks_by_id(work, [query.break_id.bytes]).get(query.break_id.bytes)
        return None if found is None else Subject(found.province)

    def value(asker: Asker, query: BreakQuery) -> dict[str, Any]:
        now = nation.clock.now_us()
        with nation.reading() as work:
            position = followed_to(work)
            found = breaks_by_id(work, [query.break_id.bytes]).get(query.break_id.bytes)
            if found is None:
                raise not_found()
            sides = break_with_sides(work, found, day_of(now), load_working_days())
        said = {"told": query.told, "refused": query.refused}
        return {"as_of": formatting.iso(now), "position": position, **sides, **said}

    return Page(f"{BREAKS_PATH}/{{break_id}}", prose("Break"), "break.html", value, BreakQuery, about)


def place_of(found: FoundBreak) -> str:
    """Where a break stands in the list: texts of one length each, in the order of the list."""
    return f"{found.day}.{found.province}.{found.kind}.{found.break_id}"


def _listed(work: UnitOfWork, asker: Asker, query: BreaksQuery, now_us: int) -> Breaks:
    position, on, days = followed_to(work), day_of(now_us), load_working_days()
    province = query.province or asker.user.province
    alike = _alike(work, province, query, on, days)
    window = [one for one in alike if place_of(one) > query.after]
    if not window:  # the last page was worked off: the one before it
        window = alike[-PAGE_ROWS:]
    more, window = len(window) > PAGE_ROWS, window[:PAGE_ROWS]
    chosen = next((one for one in window if place_of(one) >= query.at), window[-1] if window else None)
    transfers = transfers_paid(work, [reference for one in window for reference in references_of(one)])
    kinds = [one.kind for one in alike]
    return Breaks(
        as_of=formatting.iso(now_us),
        position=position,
        filter={
            "province": province,
            "kind": query.kind,
            "state": query.state,
            "account": query.account,
            "age": query.age,
        },
        accounts=[
            {"account": row.account, "province": row.province, "kind": row.kind}
            for row in accounts(work)
            if province in (None, row.province)
        ],
        counts={kind: kinds.count(kind) for kind in ledger_labels.BREAKS if kind in kinds},
        difference_fen=sum(one.difference_fen for one in alike),
        breaks=[{**break_as_json(one, transfers, on, days), "place": place_of(one)} for one in window],
        after=place_of(window[-1]) if more else None,
        chosen={**break_with_sides(work, chosen, on, days), "place": place_of(chosen)} if chosen else None,
        told=query.told,
        refused=query.refused,
    )


def _alike(work: UnitOfWork, province: str | None, query: BreaksQuery, on: date, days: WorkingDays) -> list[FoundBreak]:
    """The breaks that a query asks for, in the order of their places."""
    found = found_breaks(work, province, resolved=query.state == "resolved")
    return sorted(
        (
            one
            for one in found
            if query.kind in ("", one.kind)
            and query.state in ("", one.state)
            and query.account in ("", str(one.account))
            and (not query.age or days.between(one.day, on) >= query.age)
        ),
        key=place_of,
    )
