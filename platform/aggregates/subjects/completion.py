"""The end of a transfer: completed (办结), or closed after a return."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.money import Fen


class TransferCompleted(Fact, frozen=True, gc=False, kw_only=True):
    """The destination completed the transfer."""

    TOPIC: ClassVar[str] = "transfer-completed"
    sheet_version: int
    amount: Fen
    completed_on: date

    def assign(self, transfer: Transfer) -> None:
        """The money is in the destination's fund."""
        transfer.credited = True


class TransferClosed(Fact, frozen=True, gc=False, kw_only=True):
    """The destination closed a returned case."""

    TOPIC: ClassVar[str] = "transfer-closed"
