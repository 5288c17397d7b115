"""按期结算: what two provinces owe each other for a year, as stated, paid and received.

A pair of provinces settles in a stream of its own; `schemas/derived_ids.py` derives the ids of stream and settlement.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Amount, Line, PaymentReference, Province, Version

Year = Annotated[int, msgspec.Meta(ge=2000, le=2999)]
Cases = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class SettlementStated(Submission, frozen=True, gc=False, kw_only=True):
    """Platform: what each of two provinces owes the other for a year of cases that were completed without a payment.

    `first` is the smaller code. A later version replaces an earlier one where another case of the year became known.
    """

    NAME: ClassVar[str] = "SettlementStated"
    year: Year
    first: Province
    second: Province
    first_owes_personal: Amount
    first_owes_pooling: Amount
    second_owes_personal: Amount
    second_owes_pooling: Amount
    cases: Cases
    statement_version: Version


class SettlementPaid(Submission, frozen=True, gc=False, kw_only=True):
    """The province that owes has ordered its bank to pay the difference, or a part of it."""

    NAME: ClassVar[str] = "SettlementPaid"
    year: Year
    counterpart: Province
    payment_reference: PaymentReference
    payment_line: Line
    amount: Amount
    paid_on: date


class SettlementReceived(Submission, frozen=True, gc=False, kw_only=True):
    """The bank of the province that is owed has credited the money."""

    NAME: ClassVar[str] = "SettlementReceived"
    year: Year
    counterpart: Province
    payment_reference: PaymentReference
    payment_line: Line
    amount: Amount
    received_on: date
