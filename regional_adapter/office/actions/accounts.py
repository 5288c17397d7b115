"""Actions that begin outside a transfer, or begin one where the money lies: certificate, temporary account, offer."""

from __future__ import annotations

import msgspec

from jinbao.regional_adapter.forms.certificate import CertificateIssuedForm, certificate
from jinbao.regional_adapter.forms.form import registered
from jinbao.regional_adapter.forms.reversal import TransferReversedForm
from jinbao.regional_adapter.forms.temporary_account import (
    ContributionsRecordedForm,
    TemporaryAccountOpenedForm,
    TemporaryAccountSealedForm,
)
from jinbao.regional_adapter.forms.transfer_offer import TransferOfferedForm
from jinbao.regional_adapter.local.local_records import Person
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.regional_adapter.office.action import Action, Fields, case_key
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.situation import NONE, Situation
from jinbao.schemas.personal_fields import PersonFields


def _is_new(case: Case, now: Situation) -> bool:
    return now.state == NONE and case.role == "none"


def _person(case: Case, given: Fields) -> Person | None:
    """The person whose number is given, or whom the case is about."""
    number = given.get("personal.number")
    return case.local.person(str(number)) if number else case.person()


def _personal(case: Case, given: Fields) -> Fields:
    person = _person(case, given)
    return {"personal": msgspec.to_builtins(registered(person, PersonFields)) if person else {"id_type": "resident_id"}}


def _certificate(case: Case, given: Fields) -> Fields:
    """From person, history and account; `certificate_version` counts re-issues."""
    version = len(case.written("CertificateIssued")) + 1
    person = _person(case, given)
    account = case.local.account(person.number) if person else None
    rows = case.local.contributions(person.number) if person else []
    if person and account and case.agency and any(row.months for row in rows):
        return certificate(case.number, version, person, rows, account, case.agency, case.today).fields
    fields = {"certificate_number": case.number, "certificate_version": version, "account_kind": "general"}
    own = {"agency": msgspec.to_builtins(case.agency)} if case.agency else {}
    return fields | own | dict(_personal(case, given))


def _open_account(case: Case, given: Fields) -> Fields:
    return {"account_number": case.number, "opened_on": case.today} | dict(_personal(case, given))


def _has_account(case: Case, now: Situation) -> bool:
    return bool(case.written("TemporaryAccountOpened")) and not case.written("TemporaryAccountSealed")


def _offer(case: Case, given: Fields) -> Fields:
    own = {"agency": msgspec.to_builtins(case.agency)} if case.agency else {}
    fields = {"origin": case.province, "offered_on": case.today, "letter_number": case.number}
    return fields | own | dict(_personal(case, given))


def _reversal(case: Case) -> IncomingDocument | None:
    """The offer of the opposite transfer that undoes this one."""
    offers = case.local.incoming("TransferOffered") if case.transfer else []
    named = [d for d in offers if str(d.fields.get("names", "")).replace("-", "") == case.transfer_hex]
    return named[-1] if named else None


def _reverse(case: Case, given: Fields) -> Fields:
    offered = _reversal(case)
    return {"reversal": offered.transfer_id.hex} if offered else {}


ACTIONS = (
    Action(
        "issue-certificate",
        CertificateIssuedForm,
        lambda case, now: _is_new(case, now) or bool(case.written("CertificateIssued")),
        _certificate,
        begins=True,
    ),
    Action("open-account", TemporaryAccountOpenedForm, _is_new, _open_account, key=case_key, begins=True),
    Action(
        "record-contributions",
        ContributionsRecordedForm,
        _has_account,
        lambda case, given: {"account_number": case.number},
    ),
    Action(
        "seal-account",
        TemporaryAccountSealedForm,
        _has_account,
        lambda case, given: {"account_number": case.number, "sealed_on": case.today},
    ),
    Action("offer-transfer", TransferOfferedForm, _is_new, _offer, key=case_key, begins=True),
    Action(
        "reverse",
        TransferReversedForm,
        lambda case, now: now.state == "completed" and case.role == "origin" and _reversal(case) is not None,
        _reverse,
    ),
)
