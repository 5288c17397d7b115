"""Money for a case that nobody knows, and to whom it is assigned."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Amount, Id, Line, PaymentReference, Province, Text


class UnassignedFundsReceived(Submission, frozen=True, gc=False, kw_only=True):
    """Money came for a case that nobody knows: it is held in suspense under an id of its own."""

    NAME: ClassVar[str] = "UnassignedFundsReceived"
    payer: Province
    payment_reference: PaymentReference
    payment_line: Line
    amount: Amount
    received_on: date


class UnassignedFundsAssigned(Submission, frozen=True, gc=False, kw_only=True):
    """Somebody decided whose the money is; the case's own receipt follows."""

    NAME: ClassVar[str] = "UnassignedFundsAssigned"
    assigned_to: Id
    reason_text: Text
