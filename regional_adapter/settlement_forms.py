"""Prefilled forms of a settlement between two provinces: all comes from the statement, the order or the bank slip."""

from __future__ import annotations

from datetime import date

from jinbao.regional_adapter.forms import Form, Source
from jinbao.regional_adapter.local.local_system import IncomingDocument


def net_owed(stated: IncomingDocument, province: str) -> int:
    """Fen that a province owes the other by a statement (SettlementStated); negative where it is owed."""
    fields = stated.fields
    first = int(fields["first_owes_personal"]) + int(fields["first_owes_pooling"])
    second = int(fields["second_owes_personal"]) + int(fields["second_owes_pooling"])
    return first - second if fields["first"] == province else second - first


def counterpart_of(stated: IncomingDocument, province: str) -> str:
    """The other province of a statement."""
    first, second = str(stated.fields["first"]), str(stated.fields["second"])
    return second if first == province else first


def settlement_paid(
    stated: IncomingDocument, province: str, amount: int, reference: str, line: int, paid_on: date
) -> Form:
    """SettlementPaid: the payment order for what a statement says, or for a part of it."""
    fields = _fields(stated, province, amount, reference, line) | {"paid_on": paid_on}
    sources = dict.fromkeys(fields, Source.PAYMENT_ORDER) | dict.fromkeys(("year", "counterpart"), Source.SHEET)
    return Form("SettlementPaid", fields, sources)


def settlement_received(
    stated: IncomingDocument, province: str, amount: int, reference: str, line: int, received_on: date
) -> Form:
    """SettlementReceived: the bank's credit for it."""
    fields = _fields(stated, province, amount, reference, line) | {"received_on": received_on}
    sources = dict.fromkeys(fields, Source.BANK) | dict.fromkeys(("year", "counterpart"), Source.SHEET)
    return Form("SettlementReceived", fields, sources)


def _fields(stated: IncomingDocument, province: str, amount: int, reference: str, line: int) -> dict[str, object]:
    return {
        "year": stated.fields["year"],
        "counterpart": counterpart_of(stated, province),
        "payment_reference": reference,
        "payment_line": line,
        "amount": amount,
    }
