"""The forms of money for a case that nobody knows. Amounts are fen."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from jinbao.regional_adapter.forms.form import Form, Source
from jinbao.schemas.messages import Amount, Line, PaymentReference, Province, Text


class UnassignedFundsReceivedForm(Form, frozen=True, kw_only=True):
    """A credit whose case nobody knows."""

    KIND: ClassVar[str] = "UnassignedFundsReceived"
    payer: Annotated[Province, Source.BANK]
    payment_reference: Annotated[PaymentReference, Source.BANK]
    payment_line: Annotated[Line, Source.BANK]
    amount: Annotated[Amount, Source.BANK]
    received_on: Annotated[date, Source.BANK]


class UnassignedFundsAssignedForm(Form, frozen=True, kw_only=True):
    """Somebody decided to which transfer the money belongs."""

    KIND: ClassVar[str] = "UnassignedFundsAssigned"
    assigned_to: Annotated[UUID, Source.CLERK]
    reason_text: Annotated[Text, Source.CLERK]
