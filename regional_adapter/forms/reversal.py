"""The form that undoes a completed transfer, once the opposite one is completed."""

from __future__ import annotations

from typing import Annotated, ClassVar
from uuid import UUID

from jinbao.regional_adapter.forms.form import Form, Source
from jinbao.schemas.messages import Text


class TransferReversedForm(Form, frozen=True, kw_only=True):
    """`reversal` is the opposite transfer."""

    KIND: ClassVar[str] = "TransferReversed"
    reversal: Annotated[UUID, Source.LETTER]
    reason_text: Annotated[Text, Source.CLERK]
