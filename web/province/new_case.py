"""`/desk/new`: begin a case: an application, or what else begins here under a number of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from jinbao.presentation import formatting
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.office.actions import ACTIONS
from jinbao.regional_adapter.office.draft import OfficeError
from jinbao.regional_adapter.office.office import Office
from jinbao.regional_adapter.office.typed import given_of
from jinbao.web.page import Action, Asker, Done, Page, not_found, the_own_province
from jinbao.web.province.decisions import Cannot, given_fields, refusal
from jinbao.web.province.desk_store import DeskStore
from jinbao.web.province.errors import faults_of, missing
from jinbao.web.province.forms import Fault, FormField, FormView, form_view, number_field
from jinbao.web.province.offices import Offices
from jinbao.web.province.worklist import ref_of

BEGINNINGS = tuple(name for name, action in ACTIONS.items() if action.begins)
NUMBER = "number"
"""The field that says under which number the case begins."""
_NOWHERE = ""
"""Stands for the case of what was typed, which has no number yet."""


class Which(msgspec.Struct, frozen=True):
    """What is to be begun."""

    action: str = BEGINNINGS[0]


class NewCase(msgspec.Struct, frozen=True):
    """The page's value."""

    as_of: str
    actions: Sequence[str]
    """What can be begun."""
    form: FormView
    faults: Sequence[Fault]
    first: str
    """The field that takes the focus: the first that is wrong, else the first that must still be said."""
    kept: bool
    shortcuts: bool


class Beginning(msgspec.Struct, frozen=True):
    """What a clerk says of a new case."""

    action: str
    fields: dict[str, Any] = {}
    key: str = ""
    fill: str = ""
    """Not empty: only fill in what is known of the person whose number is given."""
    keep: str = ""
    """Not empty: only keep what was typed."""


def new_page(offices: Offices) -> Page:
    """`/desk/new`."""

    def value(asker: Asker, query: Which) -> NewCase:
        with offices.of(asker) as office, offices.store_of(asker) as store:
            texts = store.kept(asker.user.name, _NOWHERE, query.action)
            return _view(asker, offices, office, store, query.action, texts, kept=bool(texts))

    return Page("/desk/new", prose("New case"), "desk_new.html", value, Which, the_own_province)


def begin(offices: Offices, page: Page) -> Action:
    """`POST /desk/new`; `page` shows the form again, with what is known or what is wrong."""

    def act(asker: Asker, form: Beginning) -> Done:
        now, clerk = offices.clock.now_us(), asker.user.name
        if form.action not in BEGINNINGS:
            raise not_found()
        texts = {name: text for name, text in form.fields.items() if isinstance(text, str)}
        with offices.of(asker) as office, offices.store_of(asker) as store:
            if form.fill or form.keep:
                store.keep(clerk, _NOWHERE, form.action, texts, now)
                if form.keep:
                    return Done(f"/desk/new?action={form.action}", None, 204)
                shown = _view(asker, offices, office, store, form.action, texts)
                return Done(f"/desk/new?action={form.action}", None, 200, (page, shown))
            try:
                document, ref = _begin_once(asker, office, store, form, now)
            except Cannot as error:
                store.keep(clerk, _NOWHERE, form.action, texts, now)
                shown = _view(asker, offices, office, store, form.action, texts, error.faults)
                return Done("", refusal(error), error.status, (page, shown))
            store.forget(clerk, _NOWHERE, form.action)
        return Done(f"/desk/{ref}?done={document}", {"document": document}, 202)

    return Action("/desk/new", act, Beginning, the_own_province)


def _begin_once(asker: Asker, office: Office, store: DeskStore, form: Beginning, now: int) -> tuple[int, str]:
    """The document that begins the case, and the case's address. Raises Cannot."""
    tr, clerk, message = asker.tr, asker.user.name, ACTIONS[form.action].form.KIND
    number = str(form.fields.get(NUMBER, "")).strip()
    with store.alone():
        if form.key and (before := store.submitted(clerk, form.key)):
            return before, ref_of(office.document(before, now)[0])
        if not number:
            raise Cannot(422, "FIELDS_MISSING", [missing(tr, NUMBER, message)])
        case = office.case(number, now)
        if not office.can(case, form.action):
            taken = tr("此编号已有业务，请另用编号", "there is a case of this number: use another")
            raise Cannot(409, "NOT_POSSIBLE", [Fault(NUMBER, taken, tr("业务编号", "number of the case"))])
        try:
            said = {name: value for name, value in form.fields.items() if name != NUMBER}
            given = given_fields(asker, office.draft(case, form.action, {}), said)
            written = office.submit(case, form.action, given, clerk, now)
        except OfficeError as error:
            raise Cannot(422, error.code, faults_of(tr, error, message)) from None
        store.take(number, clerk, now)
        if form.key:
            store.remember(clerk, form.key, written.sequence, now)
        return written.sequence, ref_of(office.case(number, now))


def _view(
    asker: Asker,
    offices: Offices,
    office: Office,
    store: DeskStore,
    action: str,
    texts: Mapping[str, str],
    faults: Sequence[Fault] = (),
    *,
    kept: bool = False,
) -> NewCase:
    """The form with what is known of the person whose number was typed; what was typed stands before it."""
    now = offices.clock.now_us()
    if action not in BEGINNINGS:
        raise not_found()
    number = texts.get(NUMBER, "").strip() or office.proposed_number(action, now)
    case = office.case(number, now)
    plain = office.draft_or_none(case, action)
    if plain is None:  # a number that is taken: the form of a free one
        case = office.case(office.proposed_number(action, now), now)
        plain = office.draft(case, action, {})
    given, _ = given_of(plain, {name: text for name, text in texts.items() if name != NUMBER and text})
    asked = str((given.get("personal") or {}).get("number") or "").strip()
    if asked and case.local.person(asked) is not None:
        offices.record_view(asker, case, "fill_in")
    draft = office.draft(case, action, given)
    typed = {name: text for name, text in texts.items() if text}
    form = form_view(asker.tr, action, draft, typed, faults)
    fields = [number_field(asker.tr, number, faults), *form.fields]
    return NewCase(
        as_of=formatting.iso(now),
        actions=BEGINNINGS,
        form=msgspec.structs.replace(form, fields=fields),
        faults=faults,
        first=_first(fields, faults),
        kept=kept,
        shortcuts=store.has_keys(asker.user.name),
    )


def _first(fields: Sequence[FormField], faults: Sequence[Fault]) -> str:
    """The field that takes the focus; "" where what is wrong is no single field."""
    single = [field for field in fields if field.kind != "rows"]
    wrong = [field.name for field in single if field.fault]
    if faults:
        return wrong[0] if wrong else ""
    return next((field.name for field in single if field.required and not field.text), NUMBER)
