"""The forms of a case's payments: ordered, received, bounced (退汇), returned. Amounts are fen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from jinbao.regional_adapter.forms.form import Form, Source
from jinbao.schemas.messages import Amount, Fen, Line, PaymentReference, Text


class FundsRemittedForm(Form, frozen=True, kw_only=True):
    """The payment order that went to the origin's bank; the amount is the sheet's total or the missing rest."""

    KIND: ClassVar[str] = "FundsRemitted"
    payment_reference: Annotated[PaymentReference, Source.PAYMENT_ORDER]
    payment_line: Annotated[Line, Source.PAYMENT_ORDER]
    amount: Annotated[Amount, Source.SHEET]
    purpose: Annotated[Literal["transfer", "top_up"], Source.PAYMENT_ORDER]
    remitted_on: Annotated[date, Source.PAYMENT_ORDER]


class FundsReceivedForm(Form, frozen=True, kw_only=True):
    """到账: what the destination's bank slip says."""

    KIND: ClassVar[str] = "FundsReceived"
    payment_reference: Annotated[PaymentReference, Source.BANK]
    payment_line: Annotated[Line, Source.BANK]
    amount: Annotated[Amount, Source.BANK]
    received_on: Annotated[date, Source.BANK]


class PaymentBouncedForm(Form, frozen=True, kw_only=True):
    """退汇: what the origin's bank slip says of a payment that never arrived."""

    KIND: ClassVar[str] = "PaymentBounced"
    payment_reference: Annotated[PaymentReference, Source.BANK]
    payment_line: Annotated[Line, Source.BANK]
    amount: Annotated[Amount, Source.BANK]
    bounced_on: Annotated[date, Source.BANK]
    reason_text: Annotated[Text, Source.BANK]


class FundsReturnedForm(Form, frozen=True, kw_only=True):
    """A new, opposite payment of the destination that names the received one."""

    KIND: ClassVar[str] = "FundsReturned"
    payment_reference: Annotated[PaymentReference, Source.PAYMENT_ORDER]
    payment_line: Annotated[Line, Source.PAYMENT_ORDER]
    amount: Annotated[Amount, Source.COMPARISON]
    returned_reference: Annotated[PaymentReference, Source.BANK]
    returned_line: Annotated[Line, Source.BANK]
    returned_on: Annotated[date, Source.PAYMENT_ORDER]


class ReturnedFundsReceivedForm(Form, frozen=True, kw_only=True):
    """What the origin's bank slip says of money that came back."""

    KIND: ClassVar[str] = "ReturnedFundsReceived"
    payment_reference: Annotated[PaymentReference, Source.BANK]
    payment_line: Annotated[Line, Source.BANK]
    amount: Annotated[Amount, Source.BANK]
    received_on: Annotated[date, Source.BANK]


def remittance(
    amount: Fen, reference: str, line: int, remitted_on: date, purpose: Literal["transfer", "top_up"] = "transfer"
) -> FundsRemittedForm:
    """The payment order that went to the bank."""
    return FundsRemittedForm(
        payment_reference=reference, payment_line=line, amount=amount, purpose=purpose, remitted_on=remitted_on
    )


def funds_received(amount: Fen, reference: str, line: int, received_on: date) -> FundsReceivedForm:
    """到账: what the destination's bank slip says."""
    return FundsReceivedForm(payment_reference=reference, payment_line=line, amount=amount, received_on=received_on)


def excess_returned(
    received: Mapping[str, Any], amount: Fen, reference: str, line: int, returned_on: date
) -> FundsReturnedForm:
    """An opposite payment of `amount` that names the received one (fields of its FundsReceived)."""
    return FundsReturnedForm(
        payment_reference=reference,
        payment_line=line,
        amount=amount,
        returned_reference=received["payment_reference"],
        returned_line=received["payment_line"],
        returned_on=returned_on,
    )


def returned_funds_received(amount: Fen, reference: str, line: int, received_on: date) -> ReturnedFundsReceivedForm:
    """What the origin's bank slip says of money that came back."""
    return ReturnedFundsReceivedForm(
        payment_reference=reference, payment_line=line, amount=amount, received_on=received_on
    )
