"""Actions of a yearly settlement between two provinces."""

from __future__ import annotations

from jinbao.regional_adapter.forms.settlement import (
    SettlementPaidForm,
    SettlementReceivedForm,
    counterpart_of,
    net_owed,
)
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.regional_adapter.office.action import Action, Fields, new_payment, payment_key
from jinbao.regional_adapter.office.case import Case
from jinbao.regional_adapter.office.situation import Situation


def _stated(case: Case) -> IncomingDocument | None:
    came = case.received("SettlementStated")
    return came[-1] if came else None


def open_owed(case: Case) -> int:
    """Fen that this province owes by the newest statement and has not ordered; negative where it is owed."""
    stated = _stated(case)
    if stated is None:
        return 0
    paid = sum(int(d.fields["amount"]) for d in case.written("SettlementPaid"))
    return net_owed(stated, case.province) - paid


def _pair(case: Case) -> Fields:
    stated = _stated(case)
    assert stated is not None, "a settlement begins with its statement"
    return {"year": stated.fields["year"], "counterpart": counterpart_of(stated, case.province)}


def _pay(case: Case, given: Fields) -> Fields:
    return {**_pair(case), **new_payment(case, "settlement"), "amount": open_owed(case), "paid_on": case.today}


def _receive(case: Case, given: Fields) -> Fields:
    known = {d.fields["payment_reference"] for d in case.written("SettlementReceived")}
    paid = [d for d in case.received("SettlementPaid") if d.fields["payment_reference"] not in known]
    announced = {name: paid[0].fields[name] for name in ("payment_reference", "payment_line", "amount")} if paid else {}
    return {**_pair(case), **announced, "received_on": case.today}


def _is_owed(case: Case, now: Situation) -> bool:
    stated = _stated(case)
    return stated is not None and net_owed(stated, case.province) < 0


ACTIONS = (
    Action("pay-settlement", SettlementPaidForm, lambda case, now: open_owed(case) > 0, _pay, _stated, payment_key),
    Action("report-settlement-funds", SettlementReceivedForm, _is_owed, _receive, _stated, payment_key),
)
