"""`/desk/documents/D`: one document of this agency: how far it has come, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from jinbao.language.words import Translator
from jinbao.presentation import code_labels, formatting
from jinbao.presentation.prose import prose
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.regional_adapter.local.local_system import LocalDocument
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.draft import OfficeError
from jinbao.regional_adapter.office.office import Office
from jinbao.views.office import document_as_json, name_of
from jinbao.web.page import Asker, Page, not_found, the_own_province
from jinbao.web.province.forms import field_label
from jinbao.web.province.offices import Offices
from jinbao.web.province.worklist import ref_of


class Which(msgspec.Struct, frozen=True):
    """A document by its number."""

    document: int


def document_page(offices: Offices) -> Page:
    """`/desk/documents/{document}`."""

    def value(asker: Asker, query: Which) -> Mapping[str, Any]:
        now = offices.clock.now_us()
        with offices.of(asker) as office, offices.store_of(asker) as store:
            try:
                case, document = office.document(query.document, now)
            except OfficeError:
                raise not_found() from None
            return {
                "as_of": formatting.iso(now),
                **document_state(asker.tr, case, document),
                "stands": case.stands(document),
                "can_be_taken_back": can_be_taken_back(case, document),
                "can_be_said_again": document.kind != "FactAnnulled",
                "mine": store.holder(case.number) == asker.user.name,
            }

    return Page("/desk/documents/{document}", prose("Document"), "desk_document.html", value, Which, the_own_province)


def document_state(tr: Translator, case: Case, document: LocalDocument) -> dict[str, Any]:
    """How far a document has come: written, sent, accepted, parked, or rejected with code, text and field."""
    told = document_as_json(document, stands=case.stands(document))
    field = document.field or ""
    waits = document.state is DocumentState.PARKED
    return {
        "document": document.sequence,
        "state": told["state"],
        "code": document.code,
        "text": tr.of(code_labels.why_not_taken(document.code, waits=waits)) if document.code else None,
        "field": document.field,
        "field_label": field_label(tr, field, document.kind) if field else None,
        "message": document.kind,
        "number": document.key,
        "operator": document.operator,
        "written_at": told["written_at"],
        "decided_at": formatting.in_shanghai(document.decided_at) if document.decided_at else None,
        "follows": document.follows,
        "ref": ref_of(case),
        "name": name_of(case),
    }


def written_before(asker: Asker, office: Office, sequence: int, now: int) -> dict[str, Any] | None:
    """The document that a page was led to from; None where there is none."""
    if not sequence:
        return None
    try:
        return document_state(asker.tr, *office.document(sequence, now))
    except OfficeError:
        return None


def can_be_taken_back(case: Case, document: LocalDocument) -> bool:
    """Whether the office lets a clerk take it back or say it again."""
    is_refused = document.state is DocumentState.REJECTED and not document.is_dealt_with
    return is_refused or (document.kind != "FactAnnulled" and case.stands(document))
