"""Months in two relationships at once, cleared by a refund to the person (先转后清)."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.money import Fen


class OverlapCleared(Fact, frozen=True, gc=False, kw_only=True):
    """Months in two relationships count once; the other's account was refunded to the person."""

    TOPIC: ClassVar[str] = "overlap-cleared"
    months: int
    kept_province: str
    reference: str
    line: int
    refund: Fen
    paid_on: date

    def assign(self, transfer: Transfer) -> None:
        """What was refunded so far."""
        transfer.refunded = Fen(transfer.refunded + self.refund)
        transfer.refunds = (*transfer.refunds, (self.reference, self.line))
