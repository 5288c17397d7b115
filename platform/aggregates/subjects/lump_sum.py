"""Lump-sum back-payments (一次性缴费): found, documented, or told the person as staying behind."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates import lump_sums
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.lump_sums import LumpSum
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.money import Fen


class LumpSumFound(Fact, frozen=True, gc=False, kw_only=True):
    """The origin found a lump-sum back-payment."""

    TOPIC: ClassVar[str] = "lump-sum-found"
    months: int
    amount: Fen
    paid_on: date
    paid_in: str
    number: int = 1
    """Counted from 1 within its transfer."""

    def assign(self, transfer: Transfer) -> None:
        """Without a document those years stay behind."""
        found = LumpSum(self.months, self.amount, self.paid_on, self.paid_in, number=self.number)
        transfer.lump_sums = (*transfer.lump_sums, found)


class LumpSumDocumentRequested(Fact, frozen=True, gc=False, kw_only=True):
    """The agency where the back-payment was made was asked for its document."""

    TOPIC: ClassVar[str] = "lump-sum-document-requested"
    paid_in: str
    number: int = 1
    """Of the back-payment."""


class LumpSumDocumentSupplied(Fact, frozen=True, gc=False, kw_only=True):
    """The document is there: the years may move."""

    TOPIC: ClassVar[str] = "lump-sum-document-supplied"
    document: str
    number: str
    """The document's own."""
    document_date: date
    lump_sum: int = 1
    """Number of the back-payment."""

    def assign(self, transfer: Transfer) -> None:
        """The document counts from now on."""
        transfer.lump_sums = lump_sums.with_document(transfer.lump_sums, self.lump_sum, self.document)


class LumpSumNoticeSent(Fact, frozen=True, gc=False, kw_only=True):
    """The person was told in writing what stays behind."""

    TOPIC: ClassVar[str] = "lump-sum-notice-sent"
    notified_on: date
    lump_sum: int | None = None
    """Number of the back-payment; None: of all that were found."""

    def assign(self, transfer: Transfer) -> None:
        """A partial sheet may follow."""
        transfer.lump_sums = lump_sums.noticed(transfer.lump_sums, self.lump_sum)
