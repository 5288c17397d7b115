"""Actions about money: ordered, received, bounced, given back, unknown, and refunded for months paid twice."""

from __future__ import annotations

from jinbao.regional_adapter.forms.overlap import OverlapClearedForm
from jinbao.regional_adapter.forms.payment import (
    FundsReceivedForm,
    FundsRemittedForm,
    FundsReturnedForm,
    PaymentBouncedForm,
    ReturnedFundsReceivedForm,
)
from jinbao.regional_adapter.forms.unassigned_funds import UnassignedFundsAssignedForm, UnassignedFundsReceivedForm
from jinbao.regional_adapter.local.local_system import IncomingDocument, LocalDocument
from jinbao.regional_adapter.office.action import Action, Fields, case_key, new_payment, payment_key
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.situation import NONE, Situation

_PAYMENT = ("payment_reference", "payment_line", "amount")


def _payment_of(document: LocalDocument | IncomingDocument) -> dict[str, object]:
    return {name: document.fields[name] for name in _PAYMENT}


def _may_order(case: Case, now: Situation) -> bool:
    has_basis = bool(case.written("OriginReviewPassed") or case.written("TransferOffered"))
    return case.role == "origin" and (has_basis or bool(case.received("UnassignedFundsReceived")))


def _asked(case: Case) -> IncomingDocument | None:
    """A report of the destination that asks for the missing rest."""
    reports = [d for d in case.received("MismatchReported") if d.fields["request"] == "top_up"]
    return reports[-1] if reports else None


def _order(case: Case, given: Fields) -> Fields:
    """The sheet's total, the missing rest, or money that the other side could not assign."""
    if told := case.received("UnassignedFundsReceived"):
        return _payment_of(told[-1]) | {"purpose": "transfer"}
    asked, sheets = _asked(case), case.written("InformationSheetSent")
    fields = dict(new_payment(case, "order")) | {"purpose": "transfer", "remitted_on": case.today}
    if asked is not None:
        missing = int(asked.fields["expected"]) - int(asked.fields["received"])
        return fields | {"purpose": "top_up", "amount": missing}
    return fields | ({"amount": sheets[-1].fields["total"]} if sheets else {})


def _may_receive(case: Case, now: Situation) -> bool:
    began = case.written("ContactLetterIssued") or case.received("TransferOffered")
    return case.role == "destination" and bool(began)


def _receive(case: Case, given: Fields) -> Fields:
    """The oldest payment that was announced and is not reported yet; the bank slip may say otherwise."""
    announced = case.announced()
    return {"received_on": case.today} | (_payment_of(announced[0]) if announced else {})


def _give_back(case: Case, given: Fields) -> Fields:
    """The excess over the sheet; all of it where nothing is due here."""
    received = [*case.written("FundsReceived"), *case.written("UnassignedFundsReceived")][-1]
    return dict(new_payment(case, "back")) | {
        "amount": case.surplus() or case.kept(),
        "returned_reference": received.fields["payment_reference"],
        "returned_line": received.fields["payment_line"],
        "returned_on": case.today,
    }


def _refund(case: Case, given: Fields) -> Fields:
    return dict(new_payment(case, "refund")) | {"kept_province": case.province, "paid_on": case.today}


def _bounced(case: Case, given: Fields) -> Fields:
    ordered = case.written("FundsRemitted")
    return _payment_of(ordered[-1]) | {"bounced_on": case.today}


def _came_back(case: Case, given: Fields) -> Fields:
    given_back = case.given_back()
    return {"received_on": case.today} | (_payment_of(given_back[0]) if given_back else {})


ACTIONS = (
    Action(
        "order-payment", FundsRemittedForm, _may_order, _order, lambda case: _asked(case) or case.letter, payment_key
    ),
    Action(
        "report-bounced-payment",
        PaymentBouncedForm,
        lambda case, now: bool(case.written("FundsRemitted")),
        _bounced,
        key=payment_key,
    ),
    Action("report-funds", FundsReceivedForm, _may_receive, _receive, key=payment_key),
    Action(
        "return-funds",
        FundsReturnedForm,
        lambda case, now: case.role == "destination" and case.kept() > 0,
        _give_back,
        key=payment_key,
    ),
    Action(
        "report-returned-funds",
        ReturnedFundsReceivedForm,
        lambda case, now: (
            case.role == "origin" and bool(case.received("FundsReturned") or case.written("FundsRemitted"))
        ),
        _came_back,
        key=payment_key,
    ),
    Action(
        "report-unknown-funds",
        UnassignedFundsReceivedForm,
        lambda case, now: now.state == NONE and case.role == "none",
        lambda case, given: {"received_on": case.today},
        key=case_key,
        begins=True,
    ),
    Action("assign-unknown-funds", UnassignedFundsAssignedForm, lambda case, now: now.state == "unassigned"),
    Action(
        "clear-overlap",
        OverlapClearedForm,
        lambda case, now: now.state == "completed" and case.role == "destination",
        _refund,
        key=payment_key,
    ),
)
