"""`/desk/T`: one case for the clerk who has it; the facts, the checks already made, and the form of one decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from jinbao.language.words import words_of
from jinbao.presentation import code_labels, formatting
from jinbao.presentation.masking import masked_field
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.local.local_system import LocalDocument
from jinbao.regional_adapter.office.actions import ACTIONS
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.checks import checks_of
from jinbao.regional_adapter.office.draft import OfficeError
from jinbao.regional_adapter.office.office import Office
from jinbao.regional_adapter.office.usual import usual_step
from jinbao.views.office import case_as_json
from jinbao.web.holder import NationalAnswer
from jinbao.web.page import Asker, Page, not_found, the_own_province
from jinbao.web.province.desk_store import DeskStore
from jinbao.web.province.document_page import written_before
from jinbao.web.province.errors import faults_of
from jinbao.web.province.forms import Fault, FormView, annulment_view, field_label, form_view
from jinbao.web.province.offices import Offices
from jinbao.web.province.worklist import number_of, ref_of

TAKES_BACK = ("annul", "correct")


class Which(msgspec.Struct, frozen=True):
    """A case, and what is to be done on it."""

    transfer: str
    action: str = ""
    """Empty: what is usually done now."""
    document: int = 0
    """Which document is taken back or corrected."""
    done: int = 0
    """The document that was just written, on this case or another."""


class CaseView(msgspec.Struct, frozen=True):
    """The case as the page shows it."""

    as_of: str
    position: int
    ref: str
    case: Mapping[str, Any]
    """As `jinbao desk show --json`; personal fields masked unless the asker has the case."""
    actions: Sequence[Mapping[str, Any]]
    """What can be done now."""
    national: NationalAnswer
    """Who holds the case and until when, as the national application tells it: the case itself may be older here."""
    documents: Sequence[Mapping[str, Any]]
    """Those of both directions in the order of time, without their fields."""
    checks: Sequence[Mapping[str, Any]]
    not_written: Sequence[Mapping[str, Any]]
    """Documents that do not fit into a file of the province's own form, and which column has no room."""
    holder: str | None
    mine: bool
    form: FormView | None
    faults: Sequence[Fault]
    refused: int
    """Which document of ours was not taken, as the faults say; 0 for none."""
    done: Mapping[str, Any] | None
    kept: bool
    """Whether the form shows what was typed earlier and not submitted."""
    shortcuts: bool
    """Whether single keys do something."""


def case_page(offices: Offices) -> Page:
    """`/desk/{transfer}`."""

    def value(asker: Asker, query: Which) -> CaseView:
        now = offices.clock.now_us()
        with offices.of(asker) as office, offices.store_of(asker) as store:
            case = found(office, query.transfer, now)
            return view(offices, asker, office, store, case, query, now)

    return Page("/desk/{transfer}", prose("Case on the desk"), "desk_case.html", value, Which, the_own_province)


def found(office: Office, ref: str, now: int) -> Case:
    """The case of an address. Raises Refused where there is none here: who it belongs to is not told."""
    try:
        return office.find(number_of(ref), now)
    except OfficeError:
        raise not_found() from None


def view(
    offices: Offices,
    asker: Asker,
    office: Office,
    store: DeskStore,
    case: Case,
    query: Which,
    now: int,
    texts: Mapping[str, str] | None = None,
    faults: Sequence[Fault] = (),
) -> CaseView:
    """The page's value; `texts`: what was typed just now, else what was kept.

    Who has the case sees personal fields in clear, which is recorded before.
    """
    clerk, national = asker.user.name, offices.ask_the_nation(asker, case.transfer)
    holder = store.holder(case.number)
    mine = holder == clerk
    if mine:
        offices.record_view(asker, case, "view")
    shown = dict(case_as_json(office, case))
    actions = shown.pop("actions")
    action, document, refused = _asked_for(asker, office, case, query)
    if refused and not faults and mine:
        faults = [_refusal(asker, refused)]
    typed = dict(texts) if texts is not None else dict(store.kept(clerk, case.number, form_name(action, document)))
    form, unmade = _form(asker, office, case, action, document, typed, faults) if mine else (None, [])
    return CaseView(
        as_of=formatting.iso(now),
        position=case.position,
        ref=ref_of(case),
        case=shown if mine else _masked(shown),
        actions=actions,
        national=national(),
        documents=_documents(case, is_clear=mine),
        checks=[
            {"check": c.name, "passed": c.passed, "finding": asker.tr.of(c.finding), "article": c.article}
            for c in checks_of(case, office.situation(case))
        ],
        not_written=[
            {"message": one.kind, "reason": asker.tr.of(words_of(one.reason))}
            for one in offices.not_written(asker, case)
        ],
        holder=holder,
        mine=mine,
        form=form,
        faults=[*(_linked(form, fault) for fault in faults), *unmade],
        refused=refused.sequence if refused and mine else 0,
        done=written_before(asker, office, query.done, now),
        kept=texts is None and bool(typed),
        shortcuts=store.has_keys(clerk),
    )


def form_name(action: str, document: int) -> str:
    """Under what a form's typed text is kept."""
    return f"{action}-{document}" if action in TAKES_BACK else action


def _form(
    asker: Asker,
    office: Office,
    case: Case,
    action: str,
    document: int,
    typed: Mapping[str, str],
    faults: Sequence[Fault],
) -> tuple[FormView | None, list[Fault]]:
    """The form of an action; where none can be made, why."""
    if not action:
        return None, []
    try:
        if action in TAKES_BACK:
            takes_back = office.takes_back(case, document)
            if action == "annul":
                return annulment_view(asker.tr, document, typed, faults, takes_back=takes_back), []
            draft = office.draft_again(case, document)
            return form_view(asker.tr, action, draft, typed, faults, document=document, takes_back=takes_back), []
        draft = office.draft(case, action, {})
    except OfficeError as error:
        return None, faults_of(asker.tr, error, ACTIONS[action].form.KIND if action in ACTIONS else "")
    return form_view(asker.tr, action, draft, typed, faults), []


def _asked_for(asker: Asker, office: Office, case: Case, query: Which) -> tuple[str, int, LocalDocument | None]:
    """Action and document that are asked for, and the refused document that it is about.

    Unless something is asked for, what was refused comes first, then what is usually done.
    """
    refused = office.refused(case)
    if not query.action and refused:
        first = refused[0]
        return "annul" if first.kind == "FactAnnulled" else "correct", first.sequence, first
    about = next((d for d in refused if query.action in TAKES_BACK and d.sequence == query.document), None)
    return query.action or usual_step(case) or "", query.document, about


def _refusal(asker: Asker, document: LocalDocument) -> Fault:
    """What the platform said of a document that it did not take."""
    tr, code, field = asker.tr, document.code or "", document.field or ""
    return Fault(field, tr.of(code_labels.reason(code)), field_label(tr, field, document.kind) if field else "")


def _linked(form: FormView | None, fault: Fault) -> Fault:
    """The fault, linked to its field where the form has that: of a record to its first field."""
    names = (
        [one.name for field in form.fields for one in (field, *(c for row in field.rows for c in row))] if form else []
    )
    inside = (name for name in names if name.startswith(f"{fault.field}."))
    found = fault.field if fault.field in names else next(inside, "") if fault.field else ""
    return msgspec.structs.replace(fault, field=found)


def _says(fields: Mapping[str, Any]) -> str:
    """What somebody wrote in a document, such as why a letter was returned."""
    return str(fields.get("reason_text") or fields.get("text") or "")


def _documents(case: Case, *, is_clear: bool) -> list[dict[str, Any]]:
    ours: list[dict[str, Any]] = [
        {
            "at": d.written_at,
            "message": d.kind,
            "number": d.key,
            "sender": case.province,
            "sequence": d.sequence,
            "state": d.state.name.lower(),
            "stands": case.stands(d),
            "says": _says(d.fields) if is_clear else "",
        }
        for d in case.outgoing
    ]
    theirs: list[dict[str, Any]] = [
        {
            "at": d.arrived_at,
            "message": d.kind,
            "number": d.local_document,
            "sender": d.sender,
            "sequence": None,
            "state": None,
            "stands": case.counts(d),
            "says": _says(d.fields) if is_clear else "",
        }
        for d in case.incoming
    ]
    ordered = sorted([*ours, *theirs], key=lambda d: int(d["at"] or 0))
    return [{**d, "at": formatting.in_shanghai(int(d["at"] or 0))} for d in ordered]


def _masked(shown: dict[str, Any]) -> dict[str, Any]:
    """The case with masked personal fields."""

    def masked(record: Mapping[str, Any]) -> dict[str, Any]:
        return {name: masked_field(name, value) for name, value in record.items()}

    def with_masks(document: Mapping[str, Any]) -> dict[str, Any]:
        fields = document["fields"]
        return (
            {**document, "fields": {**fields, "personal": masked(fields["personal"])}}
            if "personal" in fields
            else {**document}
        )

    documents = {way: [with_masks(document) for document in shown[way]] for way in ("sent", "received")}
    return {**shown, **documents, "person": masked(shown["person"]) if shown["person"] else None}
