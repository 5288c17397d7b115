"""办结: the form of a completion, with the sheet's own totals."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from jinbao.regional_adapter.forms.form import Form, Source
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.schemas.messages import Amount, Version


class TransferCompletedForm(Form, frozen=True, kw_only=True):
    """办结: sheet and money were checked, years and account credited."""

    KIND: ClassVar[str] = "TransferCompleted"
    sheet_version: Annotated[Version, Source.SHEET]
    individual_total: Annotated[Amount, Source.SHEET]
    pooling_total: Annotated[Amount, Source.SHEET]
    completed_on: Annotated[date, Source.CLERK]


def completion(sheet: IncomingDocument, completed_on: date) -> TransferCompletedForm:
    """办结: with the sheet's own totals."""
    return TransferCompletedForm(
        sheet_version=sheet.fields["sheet_version"],
        individual_total=sheet.fields["individual_total"],
        pooling_total=sheet.fields["pooling_total"],
        completed_on=completed_on,
    )
