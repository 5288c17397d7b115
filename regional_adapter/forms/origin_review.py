"""The forms of the origin's review of a contact letter: passed, or returned with a reason (退回)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from jinbao.regional_adapter.forms.form import Form, Offer, Source
from jinbao.schemas.messages import Code, Text, Version


class OriginReviewPassedForm(Form, frozen=True, kw_only=True):
    """The origin has verified person and records."""

    KIND: ClassVar[str] = "OriginReviewPassed"
    OFFER: ClassVar[Offer | None] = Offer("pass-review", "origin", ("origin_review",))
    letter_version: Annotated[Version, Source.LETTER]


class TransferReturnedForm(Form, frozen=True, kw_only=True):
    """退回: the letter goes back with its reason."""

    KIND: ClassVar[str] = "TransferReturned"
    letter_version: Annotated[Version, Source.LETTER]
    reason_code: Annotated[Code, Source.CLERK]
    reason_text: Annotated[Text, Source.REASON_TABLE]
