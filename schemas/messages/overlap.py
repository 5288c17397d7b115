"""先转后清: months that were paid in two provinces are cleared after the transfer."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Amount, Line, PaymentReference, Province, YearMonth


class OverlapCleared(Submission, frozen=True, gc=False, kw_only=True):
    """先转后清: months in two relationships; the person chose which stays, the other's account is refunded."""

    NAME: ClassVar[str] = "OverlapCleared"
    first_month: YearMonth
    last_month: YearMonth
    months: Annotated[int, msgspec.Meta(ge=1, le=1200)]
    kept_province: Province
    payment_reference: PaymentReference
    payment_line: Line
    refund: Amount
    paid_on: date
