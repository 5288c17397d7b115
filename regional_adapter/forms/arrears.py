"""欠费: the forms of months that were not paid, and of what the person decides about them. Amounts are fen."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from jinbao.regional_adapter.forms.form import Form, Offer, Source
from jinbao.schemas.messages import Amount, Months, Version


class ArrearsReportedForm(Form, frozen=True, kw_only=True):
    """The origin found unpaid months; `own_part` is what the person would have to pay."""

    KIND: ClassVar[str] = "ArrearsReported"
    OFFER: ClassVar[Offer | None] = Offer("report-arrears", "origin", ("origin_review", "transfer"), once=True)
    letter_version: Annotated[Version, Source.LETTER]
    months: Annotated[Months, Source.HISTORY]
    own_part: Annotated[Amount, Source.HISTORY]


class ArrearsSettledForm(Form, frozen=True, kw_only=True):
    """The person paid the own part that was reported."""

    KIND: ClassVar[str] = "ArrearsSettled"
    paid_on: Annotated[date, Source.BANK]
    amount: Annotated[Amount, Source.HISTORY]


class ArrearsDeclinedForm(Form, frozen=True, kw_only=True):
    """The person will not pay."""

    KIND: ClassVar[str] = "ArrearsDeclined"
    declined_on: Annotated[date, Source.CLERK]
