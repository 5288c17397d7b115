"""The forms that end a case without a transfer: the applicant withdraws, or the destination closes the case."""

from __future__ import annotations

from typing import Annotated, ClassVar

from jinbao.regional_adapter.forms.form import Form, Offer, Source
from jinbao.schemas.messages import Text, Version


class WithdrawalRequestedForm(Form, frozen=True, kw_only=True):
    """The applicant withdraws after the letter: the origin is asked to return it."""

    KIND: ClassVar[str] = "WithdrawalRequested"
    OFFER: ClassVar[Offer | None] = Offer(
        "request-withdrawal", "destination", ("letter_issued", "origin_review", "transfer")
    )
    letter_version: Annotated[Version, Source.COUNTED]
    reason_text: Annotated[Text, Source.CLERK]


class TransferWithdrawnForm(Form, frozen=True, kw_only=True):
    """The applicant has withdrawn."""

    KIND: ClassVar[str] = "TransferWithdrawn"
    reason_text: Annotated[Text, Source.CLERK]


class TransferClosedForm(Form, frozen=True, kw_only=True):
    """A returned case is closed instead of sending a new letter."""

    KIND: ClassVar[str] = "TransferClosed"
    reason_text: Annotated[Text, Source.CLERK]
