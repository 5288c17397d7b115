"""Payments of a case: remitted, received, bounced (退汇), returned."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Amount, Line, PaymentReference, Text


class FundsRemitted(Submission, frozen=True, gc=False, kw_only=True):
    """The origin has ordered its bank to pay."""

    NAME: ClassVar[str] = "FundsRemitted"
    payment_reference: PaymentReference
    payment_line: Line
    amount: Amount
    purpose: Literal["transfer", "top_up"]
    remitted_on: date


class FundsReceived(Submission, frozen=True, gc=False, kw_only=True):
    """The destination's bank has credited the money."""

    NAME: ClassVar[str] = "FundsReceived"
    payment_reference: PaymentReference
    payment_line: Line
    amount: Amount
    received_on: date


class PaymentBounced(Submission, frozen=True, gc=False, kw_only=True):
    """退汇: the origin's bank gave a payment line back; it never arrived."""

    NAME: ClassVar[str] = "PaymentBounced"
    payment_reference: PaymentReference
    payment_line: Line
    amount: Amount
    bounced_on: date
    reason_text: Text


class FundsReturned(Submission, frozen=True, gc=False, kw_only=True):
    """The destination pays an excess back: a new, opposite payment that names the first."""

    NAME: ClassVar[str] = "FundsReturned"
    payment_reference: PaymentReference
    payment_line: Line
    amount: Amount
    returned_reference: PaymentReference
    returned_line: Line
    returned_on: date


class ReturnedFundsReceived(Submission, frozen=True, gc=False, kw_only=True):
    """The origin's bank has the returned money."""

    NAME: ClassVar[str] = "ReturnedFundsReceived"
    payment_reference: PaymentReference
    payment_line: Line
    amount: Amount
    received_on: date
