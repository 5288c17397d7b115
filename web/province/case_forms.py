"""The forms of a case as its province knows them: with the person's fields, masked but for its clerks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from jinbao.presentation.masking import masked_field
from jinbao.regional_adapter.local.local_system import LocalDocument
from jinbao.regional_adapter.office.case import Case, Document
from jinbao.regional_adapter.office.office import Office
from jinbao.rules.working_days import day_of
from jinbao.views.law_forms import MESSAGE_OF, VERSION_OF, FormHead, law_form
from jinbao.web.forms_pdf.compiled import FormQuery, form_file, pdf
from jinbao.web.page import Asker, Download, File, not_found, the_own_province
from jinbao.web.province.offices import Offices


def case_form(offices: Offices) -> Download:
    """`/cases/{transfer}/{form}.pdf`: for users of a province that is served here and that takes part in the case."""

    def made(asker: Asker, query: FormQuery) -> File:
        now = offices.clock.now_us()
        with offices.of(asker) as office:
            case = office.case_of(_transfer(query), now)
            document = _document(office, case, query, now)
            origin, destination = case.parties()
            head = FormHead(
                transfer=str(case.transfer),
                application=case.application.number if case.application else "",
                origin=origin,
                destination=destination,
                written_on=day_of(_written_at(document)),
            )
            personal = _personal(offices, asker, case, document.fields.get("personal"))
            form = law_form(asker.tr, query.form, head, document.fields, personal)
        return form_file(query, pdf(form))

    return Download("/cases/{transfer}/{form}.pdf", "application/pdf", made, FormQuery, the_own_province)


def _personal(
    offices: Offices, asker: Asker, case: Case, personal: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    """A document's personal fields: in clear to a clerk, whose view is recorded first, masked to others.

    Raises UserError, Unavailable where the view cannot be recorded; then nothing is shown.
    """
    if not personal:
        return personal
    if asker.user.role != "clerk":
        return {field: masked_field(field, value) for field, value in personal.items()}
    offices.record_view(asker, case, "form")
    return personal


def _transfer(query: FormQuery) -> UUID:
    try:
        return UUID(query.transfer)
    except ValueError:
        raise not_found() from None


def _document(office: Office, case: Case, query: FormQuery, now: int) -> Document:
    """The newest document of that form which stands; of those with versions the one asked for. Raises Refused."""
    found: Sequence[Document] = case.documents(MESSAGE_OF[query.form])
    if query.form == "certificate":
        found = _certificates(office, case, now)
    if field := VERSION_OF.get(query.form):
        wanted = query.version or max((int(d.fields[field]) for d in found), default=0)
        found = [d for d in found if d.fields[field] == wanted]
    if not found:
        raise not_found()
    return found[-1]


def _certificates(office: Office, case: Case, now: int) -> list[LocalDocument]:
    """Those that this agency has issued to the person who leaves: each is a case of its own."""
    number = case.personal().get("number") if case.role == "origin" else None
    names = office.search(str(number)) if number else []
    return [document for name in names for document in office.case(name, now).written("CertificateIssued")]


def _written_at(document: Document) -> int:
    return document.written_at if isinstance(document, LocalDocument) else document.occurred_at
