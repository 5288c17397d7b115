"""`/desk/loads`: how much each clerk has, for the supervisor, who moves cases between clerks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.web.page import Action, Asker, Done, NoQuery, Page, Refused, the_own_province
from jinbao.web.province.case_page import found
from jinbao.web.province.offices import Offices
from jinbao.web.province.worklist import PILES, items

SHOWN = 200


class Load(msgspec.Struct, frozen=True):
    """What one clerk has of what waits."""

    clerk: str
    total: int
    piles: dict[str, int]


class Loads(msgspec.Struct, frozen=True):
    """The page's value."""

    as_of: str
    clerks: Sequence[str]
    """To whom a case can be given."""
    loads: Sequence[Load]
    unassigned: int
    cases: Sequence[Mapping[str, Any]]
    shortcuts: bool


class Move(msgspec.Struct, frozen=True):
    """A case and whose it shall be."""

    transfer: str
    clerk: str
    """Empty: nobody's."""


def loads_page(offices: Offices) -> Page:
    """`/desk/loads`."""

    def value(asker: Asker, query: NoQuery) -> Loads:
        now = offices.clock.now_us()
        with offices.of(asker) as office, offices.store_of(asker) as store:
            listed = items(office, store.holders(), now, offices.severe_working_days)
            clerks = offices.clerks_of(asker)
            names = sorted({*clerks, *(item.holder for item in listed if item.holder)})
            loads = []
            for name in names:
                own = [item for item in listed if item.holder == name]
                piles = {str(pile): sum(item.pile == pile for item in own) for pile in PILES}
                loads.append(Load(name, len(own), piles))
            return Loads(
                as_of=formatting.iso(now),
                clerks=clerks,
                loads=loads,
                unassigned=sum(item.holder is None for item in listed),
                cases=[item.as_json() for item in listed[:SHOWN]],
                shortcuts=store.has_keys(asker.user.name),
            )

    return Page("/desk/loads", prose("Loads"), "desk_loads.html", value, NoQuery, the_own_province)


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
            return Done("/desk/loads", {"holder": store.holder(case.number)})

    return Action("/desk/loads", act, Move, the_own_province)
