"""The form of a transfer that begins where the money lies: a temporary account, what stayed behind, a reversal."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from jinbao.regional_adapter.forms.form import Form, Source
from jinbao.schemas.messages import Agency, OfferKind, Province, Text
from jinbao.schemas.personal_fields import PersonFields


class TransferOfferedForm(Form, frozen=True, kw_only=True):
    """The offer; `letter_number` is its own number."""

    KIND: ClassVar[str] = "TransferOffered"
    kind: Annotated[OfferKind, Source.CLERK]
    origin: Annotated[Province, Source.AGENCY]
    destination: Annotated[Province, Source.CLERK]
    offered_on: Annotated[date, Source.CLERK]
    letter_number: Annotated[Text, Source.COUNTED]
    agency: Annotated[Agency, Source.AGENCY]
    personal: Annotated[PersonFields, Source.PERSON]
    names: Annotated[UUID | None, Source.COUNTED] = None
    """The earlier transfer that a supplement completes or a reversal undoes."""
    account_number: Annotated[Text | None, Source.COUNTED] = None
