"""The form by which the destination reports that sheet and money differ."""

from __future__ import annotations

from typing import Annotated, ClassVar

from jinbao.regional_adapter.forms.form import Form, Request, Source
from jinbao.regional_adapter.local.local_system import IncomingDocument
from jinbao.rules.money import format_yuan
from jinbao.schemas.messages import Amount, Fen, Text, Version


class MismatchReportedForm(Form, frozen=True, kw_only=True):
    """What should have come, what came, and what the destination asks for."""

    KIND: ClassVar[str] = "MismatchReported"
    sheet_version: Annotated[Version, Source.SHEET]
    expected: Annotated[Amount, Source.SHEET]
    received: Annotated[Amount, Source.BANK]
    request: Annotated[Request, Source.COMPARISON]
    text: Annotated[Text, Source.COMPARISON]


def mismatch(
    sheet: IncomingDocument, received: Fen, request: Request | None = None, expected: Fen | None = None
) -> MismatchReportedForm:
    """Sheet and money differ; unless told otherwise, asks for a top-up or to take the excess back.

    `expected`: what should have come, if not the sheet's total: nothing, where no payment goes with the case.
    """
    expected = Fen(sheet.fields["total"]) if expected is None else expected
    return MismatchReportedForm(
        sheet_version=sheet.fields["sheet_version"],
        expected=expected,
        received=received,
        request=request or ("top_up" if received < expected else "take_back_excess"),
        text=f"应到 {format_yuan(expected)} 元，实到 {format_yuan(received)} 元",
    )
