"""The origin's actions on a contact letter: review, return, information sheet."""

from __future__ import annotations

from uuid import UUID

from jinbao.regional_adapter.forms.information_sheet import (
    OFFER_VERSION,
    InformationSheetForm,
    information_sheet,
    sheet_given_back,
)
from jinbao.regional_adapter.forms.origin_review import OriginReviewPassedForm, TransferReturnedForm
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.regional_adapter.office.action import Action, Fields, Whether
from jinbao.regional_adapter.office.actions.offered import offered
from jinbao.regional_adapter.office.actions.reasons import codes, with_reason
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.situation import Situation


def _version(case: Case, given: Fields) -> Fields:
    return {"letter_version": case.letter_version()}


def _may_send(case: Case, now: Situation) -> bool:
    basis = case.letter is not None or bool(case.written("TransferOffered"))
    return case.role == "origin" and basis and now.state in ("origin_review", "transfer", "confirmation", "mismatch")


def _sheet(case: Case, given: Fields) -> Fields:
    """As the books reckon it today; of a reversal, what the first transfer's sheet said. Raises FundsError."""
    version = max((int(d.fields["sheet_version"]) for d in case.written("InformationSheetSent")), default=0) + 1
    offered = case.written("TransferOffered")
    if case.agency is None:
        return {}
    if offered and offered[-1].fields["kind"] == "reversal":
        came = case.local.incoming("InformationSheetSent", transfer=_named(offered[-1]))
        return sheet_given_back(came[-1], case.agency, version).fields if came else {}
    basis: IncomingDocument | LocalDocument | None = offered[-1] if offered else case.letter
    number = case.personal().get("number")
    account = case.local.account(number) if number else None
    if basis is None or account is None:
        return {"sheet_version": version, "letter_version": case.letter_version() or OFFER_VERSION}
    history = case.local.contributions(account.number)
    sheet = information_sheet(basis, history, account, case.agency, case.today, case.province, version)
    return sheet.form.fields | {"personal": _as_letter_says(case, basis)}


def _as_letter_says(case: Case, basis: IncomingDocument | LocalDocument) -> Fields:
    corrected = case.documents("IdentityCorrected")
    return dict((corrected[-1] if corrected else basis).fields["personal"])


def _named(offered: LocalDocument) -> UUID | None:
    return UUID(offered.fields["names"]) if offered.fields.get("names") else None


def _at(*states: str) -> Whether:
    return lambda case, now: case.letter is not None and case.role == "origin" and now.state in states


def _letter(case: Case) -> IncomingDocument | None:
    return case.letter


ACTIONS = (
    offered(OriginReviewPassedForm),
    Action(
        "return-letter",
        TransferReturnedForm,
        _at("origin_review", "transfer"),
        with_reason("return", _version),
        _letter,
        choices={"reason_code": codes("return")},
    ),
    Action("send-sheet", InformationSheetForm, _may_send, _sheet, _letter),
)
