"""`/desk/search`: find a case by number, or by the person's number or name; posted, so that no address holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.office.waiting import Waiting
from jinbao.views.office import waiting_as_json
from jinbao.web.page import Action, Asker, Done, NoQuery, Page, the_own_province
from jinbao.web.province.offices import Offices
from jinbao.web.province.worklist import ref_of

SHOWN = 50


class Search(msgspec.Struct, frozen=True):
    """What is looked for."""

    text: str = ""


class Found(msgspec.Struct, frozen=True):
    """The page's value."""

    as_of: str
    cases: Sequence[Mapping[str, Any]]
    has_searched: bool
    is_cut: bool
    shortcuts: bool


def search_page(offices: Offices) -> Page:
    """`/desk/search`."""

    def value(asker: Asker, query: NoQuery) -> Found:
        now = offices.clock.now_us()
        with offices.store_of(asker) as store:
            return Found(formatting.iso(now), (), False, False, store.has_keys(asker.user.name))

    return Page("/desk/search", prose("Find a case"), "desk_search.html", value, NoQuery, the_own_province)


def search(offices: Offices, page: Page) -> Action:
    """`POST /desk/search`: leads to the one case that is found, else shows which are."""

    def act(asker: Asker, form: Search) -> Done:
        now, text = offices.clock.now_us(), form.text.strip()
        with offices.of(asker) as office, offices.store_of(asker) as store:
            numbers = office.search(text) if text else []
            cases = [office.case(number, now) for number in numbers[:SHOWN]]
            rows = [
                {**waiting_as_json(Waiting(case, office.situation(case), office.why(case))), "ref": ref_of(case)}
                for case in cases
            ]
            shown = Found(formatting.iso(now), rows, True, len(numbers) > SHOWN, store.has_keys(asker.user.name))
        if len(rows) == 1:
            return Done(f"/desk/{rows[0]['ref']}", {"cases": rows})
        return Done("", {"cases": rows}, 200, (page, shown))

    return Action("/desk/search", act, Search, the_own_province)
