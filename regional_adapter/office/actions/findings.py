"""What the origin finds in its review: lump-sum back-payments and arrears."""

from __future__ import annotations

from jinbao.regional_adapter.forms.arrears import ArrearsDeclinedForm, ArrearsReportedForm, ArrearsSettledForm
from jinbao.regional_adapter.forms.lump_sum import (
    LumpSumDocumentRequestedForm,
    LumpSumDocumentSuppliedForm,
    LumpSumFoundForm,
    LumpSumNoticeSentForm,
    document_requested,
    lump_sum_notice,
)
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.regional_adapter.office.action import Action, Fields
from jinbao.regional_adapter.office.actions.offered import offered
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.situation import ENDED, Situation


def _in_review(case: Case, now: Situation) -> bool:
    return case.letter is not None and now.state in ("origin_review", "transfer")


def _lump_sum(case: Case, given: Fields) -> Fields:
    number = len(case.written("LumpSumFound")) + 1
    return {"letter_version": case.letter_version(), "paid_in": case.province, "lump_sum_number": number}


def _found(case: Case) -> list[LocalDocument]:
    return case.written("LumpSumFound")


def _asked(case: Case) -> IncomingDocument | None:
    came = case.received("LumpSumDocumentRequested")
    return came[-1] if came else None


def _undocumented(case: Case) -> list[LocalDocument]:
    numbers = {d.fields.get("lump_sum_number") for d in case.documents("LumpSumDocumentSupplied")}
    return [d for d in _found(case) if d.fields.get("lump_sum_number") not in numbers]


def _document(case: Case, given: Fields) -> Fields:
    asked, left = _asked(case), _undocumented(case)
    number = asked.fields.get("lump_sum_number") if asked else left[0].fields.get("lump_sum_number") if left else None
    return {"lump_sum_number": number} if number else {}


def _arrears_open(case: Case, now: Situation) -> bool:
    answered = case.written("ArrearsSettled") or case.written("ArrearsDeclined")
    return bool(case.written("ArrearsReported")) and not answered and now.state not in ENDED


def _letter(case: Case) -> IncomingDocument | None:
    return case.letter


ACTIONS = (
    Action("report-lump-sum", LumpSumFoundForm, _in_review, _lump_sum, _letter),
    Action(
        "request-lump-sum-document",
        LumpSumDocumentRequestedForm,
        lambda case, now: bool(_undocumented(case)),
        lambda case, given: document_requested(_undocumented(case)[0]).fields,
    ),
    Action(
        "supply-lump-sum-document",
        LumpSumDocumentSuppliedForm,
        lambda case, now: bool(_undocumented(case)) or _asked(case) is not None,
        _document,
        _asked,
    ),
    Action(
        "notify-lump-sum",
        LumpSumNoticeSentForm,
        lambda case, now: bool(_undocumented(case)),
        lambda case, given: lump_sum_notice(_undocumented(case), f"GZ{_found(case)[0].key}"[:40], case.today).fields,
    ),
    offered(ArrearsReportedForm),
    Action(
        "settle-arrears",
        ArrearsSettledForm,
        _arrears_open,
        lambda case, given: {"paid_on": case.today, "amount": case.written("ArrearsReported")[-1].fields["own_part"]},
    ),
    Action("decline-arrears", ArrearsDeclinedForm, _arrears_open, lambda case, given: {"declined_on": case.today}),
)
