"""`/desk/loads`: how much each clerk has, for the supervisor, who moves cases between clerks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec

from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.web.page import Action, Asker, Done, Page, Refused, the_own_province
from jinbao.web.province.case_page import found
from jinbao.web.province.offices import Offices
from jinbao.web.province.worklist import WorkList, ref_of

SHOWN = 200


class Load(msgspec.Struct, frozen=True):
    """What one clerk has of what waits."""

    clerk: str
    total: int
    piles: dict[str, int]


class Shown(msgspec.Struct, frozen=True):
    """What stands behind the question mark."""

    moved: Annotated[str, msgspec.Meta(max_length=64)] = ""
    """The reference of the case that was just moved, whose row takes the focus."""


class Loads(msgspec.Struct, frozen=True):
    """The page's value."""

    as_of: str
    clerks: Sequence[str]
    """To whom a case can be given."""
    loads: Sequence[Load]
    unassigned: int
    cases: Sequence[Mapping[str, Any]]
    moved: str
    shortcuts: bool


class Move(msgspec.Struct, frozen=True):
    """A case and whose it shall be."""

    transfer: str
    clerk: str
    """Empty: nobody's."""


def loads_page(offices: Offices) -> Page:
    """`/desk/loads`."""

    def value(asker: Asker, query: Shown) -> Loads:
        now = offices.clock.now_us()
        with offices.of(asker) as office, offices.store_of(asker) as store:
            listed = WorkList(office, store, now, offices.severe_working_days)
            clerks = offices.clerks_of(asker)
            loads = []
            for name in sorted({*clerks, *store.waiting.clerks()}):
                piles = listed.counts_of(name)
                loads.append(Load(name, sum(piles.values()), piles))
            return Loads(
                as_of=formatting.iso(now),
                clerks=clerks,
                loads=loads,
                unassigned=sum(listed.counts_of(None).values()),
                cases=[item.told for item in listed.everything(SHOWN)],
                moved=query.moved,
                shortcuts=store.has_keys(asker.user.name),
            )

    return Page("/desk/loads", prose("Loads"), "desk_loads.html", value, Shown, the_own_province)


def move(offices: Offices) -> Action:
    """`POST /desk/loads`: give a case to a clerk, whoever had it."""

    def act(asker: Asker, form: Move) -> Done:
        now = offices.clock.now_us()
        if form.clerk and form.clerk not in offices.clerks_of(asker):
            raise Refused("本省没有这位经办人", "this province has no such clerk")
        with offices.of(asker) as office, offices.store_of(asker) as store:
            case = found(office, form.transfer, now)
            before = store.holder(case.number)
            if form.clerk:
                store.move(case.number, form.clerk, now)
            elif before is not None:
                store.give_back(case.number, before)
            return Done(f"/desk/loads?moved={ref_of(case)}", {"holder": store.holder(case.number)})

    return Action("/desk/loads", act, Move, the_own_province)
