"""A transfer that begins at the origin, where the money lies."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Agency, Id, Province, Sealed, Text

OfferKind = Literal["temporary_move", "temporary_collection", "supplement", "reversal"]


class TransferOffered(Submission, frozen=True, gc=False, kw_only=True):
    """A transfer that begins where the money lies: a temporary account, what stayed behind, or a reversal."""

    NAME: ClassVar[str] = "TransferOffered"
    kind: OfferKind
    origin: Province
    destination: Province
    offered_on: date
    letter_number: Text
    agency: Agency
    personal: Sealed
    names: Id | None = None
    """The earlier transfer that a supplement completes or a reversal undoes."""
    account_number: Text | None = None
    """The temporary account that moves."""
