"""The form that freezes a transfer: death, loss of nationality, start of a pension."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from jinbao.regional_adapter.forms.form import Form, Source
from jinbao.schemas.messages import FreezeCause, Text


class TransferFrozenForm(Form, frozen=True, kw_only=True):
    """Something happened to the person."""

    KIND: ClassVar[str] = "TransferFrozen"
    cause: Annotated[FreezeCause, Source.CLERK]
    happened_on: Annotated[date, Source.CLERK]
    document_number: Annotated[Text, Source.CLERK]
