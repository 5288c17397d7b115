"""先转后清: the form by which months that were paid in two provinces are cleared. Amounts are fen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, ClassVar

from jinbao.regional_adapter.forms.form import Form, Source
from jinbao.schemas.messages import Amount, Fen, Line, Months, PaymentReference, Province, YearMonth


class OverlapClearedForm(Form, frozen=True, kw_only=True):
    """The person chose which months stay, and the other account was refunded."""

    KIND: ClassVar[str] = "OverlapCleared"
    first_month: Annotated[YearMonth, Source.SHEET]
    last_month: Annotated[YearMonth, Source.SHEET]
    months: Annotated[Months, Source.SHEET]
    kept_province: Annotated[Province, Source.CLERK]
    payment_reference: Annotated[PaymentReference, Source.PAYMENT_ORDER]
    payment_line: Annotated[Line, Source.PAYMENT_ORDER]
    refund: Annotated[Amount, Source.SHEET]
    paid_on: Annotated[date, Source.PAYMENT_ORDER]


def overlap_cleared(
    months: Sequence[int], kept_province: str, refund: Fen, reference: str, line: int, paid_on: date
) -> OverlapClearedForm:
    """For the given months (YYYYMM), after the person chose what stays."""
    return OverlapClearedForm(
        first_month=min(months),
        last_month=max(months),
        months=len(months),
        kept_province=kept_province,
        payment_reference=reference,
        payment_line=line,
        refund=refund,
        paid_on=paid_on,
    )
