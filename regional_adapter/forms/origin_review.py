"""The forms of the origin's review of a contact letter: passed, or returned with a reason (退回)."""

from __future__ import annotations

from typing import Annotated, ClassVar

from jinbao.regional_adapter.forms.form import Form, Offer, Source, reason
from jinbao.regional_adapter.local.local_system import IncomingDocument
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


def review_passed(letter: IncomingDocument) -> OriginReviewPassedForm:
    """The review of the letter."""
    return OriginReviewPassedForm(letter_version=letter.fields["letter_version"])


def letter_returned(letter: IncomingDocument, reason_code: str, reason_text: str | None = None) -> TransferReturnedForm:
    """退回: with the written reason; the table's Chinese text where no other is given."""
    code, text = reason(reason_code, reason_text)
    return TransferReturnedForm(letter_version=letter.fields["letter_version"], reason_code=code, reason_text=text)
