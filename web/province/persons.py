"""A person's record of a case: masked, and in clear for an auditor who gives a reason; and the log of such views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from jinbao.presentation import formatting
from jinbao.presentation.masking import masked_field
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.draft import OfficeError
from jinbao.schemas.personal_fields import ApplicantFields
from jinbao.web.page import Action, Asker, Done, NoQuery, Page, not_found, the_own_province
from jinbao.web.province.offices import Offices
from jinbao.web.province.views_log import View

LEAST_REASON, MOST_REASON = 4, 200
"""Characters of a reason."""
_PAGE_ROWS = 50
_FIELDS = ApplicantFields.__struct_fields__

PersonRecord = Mapping[str, str | None]
"""The fields of a person, by the names that messages give them."""


class PersonShown(msgspec.Struct, frozen=True):
    """What is shown of the person of a case."""

    as_of: str
    case: str = ""
    """The case's number; empty where none was asked for."""
    in_clear: bool = False
    reason_needed: bool = False
    """Whether a reason was given that says nothing."""
    person: PersonRecord = {}
    most_reason: int = MOST_REASON


class PersonAsked(msgspec.Struct, frozen=True):
    """Of which case the person is asked for: nothing of it stands in an address."""

    case: Annotated[str, msgspec.Meta(max_length=100)]
    """Application number, letter or transfer id."""
    reason: Annotated[str, msgspec.Meta(max_length=MOST_REASON)] = ""
    """Why the auditor must see it in clear; empty: masked."""


class ViewsQuery(msgspec.Struct, frozen=True):
    """Which views are listed."""

    after: int | None = None
    """Go on after this one, the last of a former page."""


class Views(msgspec.Struct, frozen=True):
    """Views of personal fields in the user's own province, the newest first."""

    as_of: str
    views: list[View]
    after: int | None
    """The last view, where there are more."""


def person_page(offices: Offices) -> Page:
    """`/persons`: where an auditor asks."""

    def value(asker: Asker, query: NoQuery) -> PersonShown:
        return PersonShown(_as_of(offices))

    return Page("/persons", prose("A person's record"), "person.html", value, about=the_own_province, menu=True)


def person_action(offices: Offices) -> Action:
    """POST `/persons`: the record, in clear where a reason is given; under no address, so shown this once."""
    page = person_page(offices)

    def act(asker: Asker, asked: PersonAsked) -> Done:
        now = offices.clock.now_us()
        with offices.of(asker) as office:
            try:
                case = office.find(asked.case.strip(), now)
            except OfficeError:
                raise not_found() from None
            reason = " ".join(asked.reason.split())
            if len(reason) >= LEAST_REASON:
                person = opened_person(offices, asker, case, reason)
                shown = PersonShown(_as_of(offices), case.number, in_clear=True, person=person)
            else:
                hidden = {field: masked_field(field, value) for field, value in person_of(case).items()}
                shown = PersonShown(
                    _as_of(offices), case.number, reason_needed=bool(asked.reason.strip()), person=hidden
                )
        return Done("/persons", shown, shown=(page, shown))

    return Action("/persons", act, PersonAsked, about=the_own_province)


def views_page(offices: Offices) -> Page:
    """`/views`."""

    def value(asker: Asker, query: ViewsQuery) -> Views:
        with offices.views_of(asker) as log:
            found = log.newest(_PAGE_ROWS + 1, query.after)
        shown = found[:_PAGE_ROWS]
        return Views(_as_of(offices), shown, shown[-1].number if len(found) > _PAGE_ROWS else None)

    return Page("/views", prose("Views of personal data"), "views.html", value, ViewsQuery, the_own_province, menu=True)


def opened_person(offices: Offices, asker: Asker, case: Case, reason: str = "") -> PersonRecord:
    """The person's record in clear, the view of it recorded first: by a clerk at the desk, or for a reason.

    Raises UserError, Unavailable where the view cannot be recorded; then nothing is shown.
    """
    offices.record_view(asker, case, "view", reason)
    return person_of(case)


def person_of(case: Case) -> PersonRecord:
    """What is known of the person of a case: the province's own record, else what the newest document says."""
    own = case.person()
    known: Mapping[str, Any] = msgspec.structs.asdict(own) if own else case.personal()
    return {field: str(known[field]) for field in _FIELDS if known.get(field) is not None}


def _as_of(offices: Offices) -> str:
    return formatting.iso(offices.clock.now_us())
