"""`/desk`: what waits for the clerks of a province, in the order in which it is to be done; and taking the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.web.page import Action, Asker, Done, NoQuery, Page, the_own_province
from jinbao.web.province.case_page import form_name, found
from jinbao.web.province.document_page import written_before
from jinbao.web.province.offices import Offices
from jinbao.web.province.worklist import WorkList, ref_of

SHOWN_OF_A_PILE = 100
"""The longest pile on one page; what comes first is to be done first."""


class Which(msgspec.Struct, frozen=True):
    """What the list is asked for."""

    done: int = 0
    """The document that was just written, after which nothing waits."""


class Desk(msgspec.Struct, frozen=True):
    """A province's desk at an instant."""

    as_of: str
    province: str
    groups: dict[str, int]
    """How many wait, by pile."""
    mine: int
    cases: Sequence[Mapping[str, Any]]
    """As `jinbao desk list --json` has them, each with its place here; the asker's own first in each pile."""
    held: Sequence[Mapping[str, Any]]
    """What other clerks have."""
    next: Mapping[str, Any] | None
    done: Mapping[str, Any] | None
    shortcuts: bool
    """Whether single keys do something."""


def desk_page(offices: Offices) -> Page:
    """`/desk`."""

    def value(asker: Asker, query: Which) -> Desk:
        now, clerk = offices.clock.now_us(), asker.user.name
        with offices.of(asker) as office, offices.store_of(asker) as store:
            listed = WorkList(office, store, now, offices.severe_working_days)
            cases = [{**item.told, "mine": item.holder == clerk} for item in listed.may_do(clerk, SHOWN_OF_A_PILE)]
            return Desk(
                as_of=formatting.iso(now),
                province=str(asker.user.province),
                groups=listed.counts(),
                mine=sum(listed.counts_of(clerk).values()),
                cases=cases,
                held=[item.told for item in listed.held_by_others(clerk, SHOWN_OF_A_PILE)],
                next=cases[0] if cases else None,
                done=written_before(asker, office, query.done, now),
                shortcuts=store.has_keys(clerk),
            )

    return Page("/desk", prose("Desk"), "desk.html", value, Which, the_own_province, menu=True)


def take_next(offices: Offices) -> Action:
    """`POST /desk/next`: the case due next, which is the asker's from then on."""

    def act(asker: Asker, form: NoQuery) -> Done:
        now, clerk = offices.clock.now_us(), asker.user.name
        with offices.of(asker) as office, offices.store_of(asker) as store:
            taken = WorkList(office, store, now, offices.severe_working_days).take_next(clerk)
        ref = taken.ref if taken else None
        return Done(f"/desk/{ref}" if ref else "/desk", {"case": ref})

    return Action("/desk/next", act, NoQuery, the_own_province)


class One(msgspec.Struct, frozen=True):
    """A case."""

    transfer: str


def take(offices: Offices) -> Action:
    """`POST /desk/{transfer}/take`: a case that nobody has becomes the asker's."""

    def act(asker: Asker, form: One) -> Done:
        now = offices.clock.now_us()
        with offices.of(asker) as office, offices.store_of(asker) as store:
            case = found(office, form.transfer, now)
            taken = store.take(case.number, asker.user.name, now)
            return Done(f"/desk/{ref_of(case)}", {"holder": store.holder(case.number)}, 200 if taken else 409)

    return Action("/desk/{transfer}/take", act, One, the_own_province)


def give_back(offices: Offices) -> Action:
    """`POST /desk/{transfer}/give-back`: a case of the asker's is nobody's again."""

    def act(asker: Asker, form: One) -> Done:
        with offices.of(asker) as office, offices.store_of(asker) as store:
            case = found(office, form.transfer, offices.clock.now_us())
            store.give_back(case.number, asker.user.name)
            return Done("/desk", {"holder": store.holder(case.number)})

    return Action("/desk/{transfer}/give-back", act, One, the_own_province)


class Typed(msgspec.Struct, frozen=True):
    """A form that is not finished."""

    transfer: str
    action: str
    fields: dict[str, str] = {}
    document: int = 0


def keep_draft(offices: Offices) -> Action:
    """`POST /desk/{transfer}/draft`: keep what was typed; the page sends it by itself while somebody types."""

    def act(asker: Asker, form: Typed) -> Done:
        now = offices.clock.now_us()
        with offices.of(asker) as office, offices.store_of(asker) as store:
            case = found(office, form.transfer, now)
            store.keep(asker.user.name, case.number, form_name(form.action, form.document), form.fields, now)
            query = f"action={form.action}" + (f"&document={form.document}" if form.document else "")
            return Done(f"/desk/{ref_of(case)}?{query}", None, 204)

    return Action("/desk/{transfer}/draft", act, Typed, the_own_province)
