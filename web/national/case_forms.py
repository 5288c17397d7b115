"""The forms of a case as the nation knows them: without any personal field, since the platform opens none."""

from __future__ import annotations

from typing import Any

import msgspec

from jinbao.platform.projections.case_board import BoardRow
from jinbao.platform.sent_messages import certificates_of, sent_messages
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.working_days import day_of
from jinbao.schemas.messages import BY_NAME, Submission
from jinbao.views.law_forms import MESSAGE_OF, VERSION_OF, FormHead, law_form
from jinbao.web.access import Subject
from jinbao.web.forms_pdf.compiled import FormQuery, form_file, pdf
from jinbao.web.national.cases import about_the_case, find
from jinbao.web.national.nation import Nation
from jinbao.web.page import Asker, Download, File, not_found


def case_form(nation: Nation) -> Download:
    """`/cases/{transfer}/{form}.pdf`, for all but the clerks to whom their own province gives it with the names."""

    def about(asker: Asker, query: FormQuery) -> Subject | None:
        with nation.reading() as work:
            row = find(work, query.transfer)
        return None if row is None else about_the_case(asker, row)

    def made(asker: Asker, query: FormQuery) -> File:
        with nation.reading() as work:
            row = find(work, query.transfer)
            sent = None if row is None else _message(work, row, query)
        if row is None or sent is None:
            raise not_found()
        head = FormHead(
            transfer=str(row.transfer_id),
            application=row.application,
            origin=row.origin,
            destination=row.destination,
            written_on=day_of(sent.envelope.occurred_at),
        )
        return form_file(query, pdf(law_form(asker.tr, query.form, head, _business_fields(sent), None)))

    return Download("/cases/{transfer}/{form}.pdf", "application/pdf", made, FormQuery, about)


def _message(work: UnitOfWork, row: BoardRow, query: FormQuery) -> Submission | None:
    """The newest message of that form; of those with versions the one asked for, or that counts now."""
    if query.form == "certificate":
        found = certificates_of(work, row.transfer_id)
        return next((sent for sent in found if query.version in (None, sent.certificate_version)), None)
    found = sent_messages(work, row.transfer_id, BY_NAME[MESSAGE_OF[query.form]])
    field = VERSION_OF.get(query.form)
    if field is None:
        return next(iter(found), None)
    version = query.version or getattr(row, field)
    return next((sent for sent in found if getattr(sent, field) == version), None)


def _business_fields(sent: Submission) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(sent, enc_hook=str)
    return {name: value for name, value in fields.items() if name not in ("envelope", "personal")}
