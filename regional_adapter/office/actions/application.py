"""The destination's actions from the application to the completion."""

from __future__ import annotations

import msgspec

from jinbao.regional_adapter.forms.application import ApplicationAcceptedForm, ApplicationRefusedForm, application_form
from jinbao.regional_adapter.forms.completion import TransferCompletedForm, completion
from jinbao.regional_adapter.forms.contact_letter import ContactLetterForm, contact_letter
from jinbao.regional_adapter.forms.form import read, registered
from jinbao.regional_adapter.forms.mismatch import MismatchReportedForm, mismatch
from jinbao.regional_adapter.forms.withdrawal import (
    TransferClosedForm,
    TransferWithdrawnForm,
    WithdrawalRequestedForm,
)
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.regional_adapter.office.action import Action, Fields, Whether, case_key
from jinbao.regional_adapter.office.actions.offered import offered
from jinbao.regional_adapter.office.actions.reasons import codes, with_reason
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.situation import NONE, Situation
from jinbao.rules.schemes import ENTERPRISE_EMPLOYEES
from jinbao.schemas.personal_fields import ApplicantFields

_AGREED = "WITHDRAWAL_AGREED"


def _may_accept(case: Case, now: Situation) -> bool:
    return now.state == NONE and case.role in ("destination", "none")


def _accept(case: Case, given: Fields) -> Fields:
    """From the registered application; else what is known of the person whose number is given."""
    if case.application is not None:
        person = case.local.person(case.application.person)
        assert person is not None, "an application is registered with its person"
        return application_form(case.application, person, case.province).fields
    known = case.local.person(str(given.get("personal.number", "")))
    personal = msgspec.to_builtins(registered(known, ApplicantFields)) if known else {"id_type": "resident_id"}
    hukou = known.hukou_province if known else None
    fields = {
        "scheme": ENTERPRISE_EMPLOYEES,
        "destination": case.province,
        "accepted_on": case.today,
        "personal": personal,
    }
    return fields | ({"hukou_province": hukou} if hukou else {})


def _letter(case: Case, given: Fields) -> Fields:
    accepted = case.written("ApplicationAccepted")
    if not accepted or case.agency is None:
        return {}
    number = case.number
    form = contact_letter(number, read(accepted[-1], ApplicationAcceptedForm), case.agency, _next_version(case))
    return form.fields | ({"personal": case.personal()} if case.received("CaseContinued") else {})


def _next_version(case: Case) -> int:
    """One more for each return; a letter that was refused keeps its version."""
    return len(case.received("TransferReturned")) + 1


def _returned(case: Case) -> IncomingDocument | None:
    came = case.received("TransferReturned")
    return came[-1] if came else None


def _may_withdraw(case: Case, now: Situation) -> bool:
    returned = _returned(case)
    agreed = returned is not None and returned.fields["reason_code"] == _AGREED
    return now.state == "application_review" or (now.state == "returned" and agreed)


def _mismatch(case: Case, given: Fields) -> Fields:
    assert case.sheet is not None, "a mismatch is a sheet's"
    return mismatch(case.sheet, case.kept(), expected=case.expected()).fields


def _complete(case: Case, given: Fields) -> Fields:
    assert case.sheet is not None, "a completion repeats its sheet"
    return completion(case.sheet, case.today).fields


def _may_complete(case: Case, now: Situation) -> bool:
    is_in = case.sheet is not None and case.kept() == case.expected() and not case.announced()
    return is_in and now.state in ("confirmation", "frozen") and case.role == "destination"


def _may_report_mismatch(case: Case, now: Situation) -> bool:
    is_in = case.sheet is not None and (bool(case.written("FundsReceived")) or not case.is_paid())
    return case.role == "destination" and is_in and now.state in ("confirmation", "mismatch")


def _at(*states: str) -> Whether:
    return lambda case, now: case.role == "destination" and now.state in states


ACTIONS = (
    Action("accept-application", ApplicationAcceptedForm, _may_accept, _accept, key=case_key, begins=True),
    Action(
        "refuse-application",
        ApplicationRefusedForm,
        _at("application_review"),
        with_reason("refusal"),
        choices={"reason_code": codes("refusal")},
    ),
    Action(
        "issue-letter",
        ContactLetterForm,
        lambda case, now: now.state in ("application_review", "returned") and bool(case.written("ApplicationAccepted")),
        _letter,
        _returned,
        key=lambda case, form: form.letter_number,
    ),
    offered(WithdrawalRequestedForm),
    Action("withdraw", TransferWithdrawnForm, _may_withdraw, answers=_returned),
    Action("report-mismatch", MismatchReportedForm, _may_report_mismatch, _mismatch, lambda case: case.sheet),
    Action("complete", TransferCompletedForm, _may_complete, _complete, lambda case: case.sheet),
    Action("close", TransferClosedForm, _at("returned", "frozen", "unassigned"), answers=_returned),
)
