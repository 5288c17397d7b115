"""一次性缴费: lump-sum back-payments of three years or more, their documents and the notice about them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

import msgspec

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Amount, Province, Text, Version

LumpSumDocument = Literal["commitment", "court", "audit", "labour_inspection", "arbitration"]


class LumpSumFound(Submission, frozen=True, gc=False, kw_only=True):
    """一次性缴费: the origin found a back-payment covering three years or more."""

    NAME: ClassVar[str] = "LumpSumFound"
    letter_version: Version
    months: Annotated[int, msgspec.Meta(ge=36, le=1200)]
    amount: Amount
    paid_on: date
    paid_in: Province
    lump_sum_number: Version | None = None
    """Of the transfer's back-payments this one, counted from 1; without it the next that is new."""


class LumpSumDocumentRequested(Submission, frozen=True, gc=False, kw_only=True):
    """The origin asks the agency where the back-payment was made for its document; the person is never asked."""

    NAME: ClassVar[str] = "LumpSumDocumentRequested"
    paid_in: Province
    lump_sum_number: Version | None = None
    """Which back-payment, where several were made there."""


class LumpSumDocumentSupplied(Submission, frozen=True, gc=False, kw_only=True):
    """承诺书 or legal instrument: supplied by the agency where the back-payment was made, through the origin."""

    NAME: ClassVar[str] = "LumpSumDocumentSupplied"
    document: LumpSumDocument
    document_number: Text
    document_date: date
    lump_sum_number: Version | None = None
    """Which back-payment, where the document could be for several."""
    document_kind: Text | None = None
    """The kind by the rules' own table, where it is newer than `document`, which then says what counts alike."""


class LumpSumNoticeSent(Submission, frozen=True, gc=False, kw_only=True):
    """The origin told the person in writing that years and money without a document stay behind."""

    NAME: ClassVar[str] = "LumpSumNoticeSent"
    notice_number: Text
    notified_on: date
    text: Text
    lump_sum_number: Version | None = None
    """Which back-payment; without it all that were found."""
