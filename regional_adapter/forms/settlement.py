"""按期结算: the forms of a settlement between two provinces. Amounts are fen."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from jinbao.regional_adapter.forms.form import Form, Source
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.schemas.messages import Amount, Fen, Line, PaymentReference, Province
from jinbao.schemas.messages.settlement import Year


class SettlementPaidForm(Form, frozen=True, kw_only=True):
    """The payment order for what a statement says, or for a part of it."""

    KIND: ClassVar[str] = "SettlementPaid"
    year: Annotated[Year, Source.SHEET]
    counterpart: Annotated[Province, Source.SHEET]
    payment_reference: Annotated[PaymentReference, Source.PAYMENT_ORDER]
    payment_line: Annotated[Line, Source.PAYMENT_ORDER]
    amount: Annotated[Amount, Source.PAYMENT_ORDER]
    paid_on: Annotated[date, Source.PAYMENT_ORDER]


class SettlementReceivedForm(Form, frozen=True, kw_only=True):
    """The bank's credit for it."""

    KIND: ClassVar[str] = "SettlementReceived"
    year: Annotated[Year, Source.SHEET]
    counterpart: Annotated[Province, Source.SHEET]
    payment_reference: Annotated[PaymentReference, Source.BANK]
    payment_line: Annotated[Line, Source.BANK]
    amount: Annotated[Amount, Source.BANK]
    received_on: Annotated[date, Source.BANK]


def net_owed(stated: IncomingDocument, province: str) -> Fen:
    """Fen that a province owes the other by a statement (SettlementStated); negative where it is owed."""
    fields = stated.fields
    first = int(fields["first_owes_personal"]) + int(fields["first_owes_pooling"])
    second = int(fields["second_owes_personal"]) + int(fields["second_owes_pooling"])
    return Fen(first - second if fields["first"] == province else second - first)


def counterpart_of(stated: IncomingDocument, province: str) -> str:
    """The other province of a statement."""
    first, second = str(stated.fields["first"]), str(stated.fields["second"])
    return second if first == province else first


def settlement_paid(
    stated: IncomingDocument, province: str, amount: Fen, reference: str, line: int, paid_on: date
) -> SettlementPaidForm:
    """The payment order for what a statement says, or for a part of it."""
    return SettlementPaidForm(
        year=stated.fields["year"],
        counterpart=counterpart_of(stated, province),
        payment_reference=reference,
        payment_line=line,
        amount=amount,
        paid_on=paid_on,
    )


def settlement_received(
    stated: IncomingDocument, province: str, amount: Fen, reference: str, line: int, received_on: date
) -> SettlementReceivedForm:
    """The bank's credit for it."""
    return SettlementReceivedForm(
        year=stated.fields["year"],
        counterpart=counterpart_of(stated, province),
        payment_reference=reference,
        payment_line=line,
        amount=amount,
        received_on=received_on,
    )
