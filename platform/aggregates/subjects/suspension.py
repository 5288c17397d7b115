"""A case frozen by what happened to the person: death, lost nationality, a pension that began."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.transfer import Transfer


class TransferFrozen(Fact, frozen=True, gc=False, kw_only=True):
    """Something happened to the person: nothing new begins."""

    TOPIC: ClassVar[str] = "transfer-frozen"
    cause: str
    happened_on: date
    said_by: str = ""
    """Province that reported it, and alone may take it back."""
    awaiting: str = ""
    """`sheet` where its receipt is outstanding; a letter's is of no use any more."""

    def assign(self, transfer: Transfer) -> None:
        """Remember why, and who said so."""
        transfer.frozen, transfer.frozen_by = self.cause, self.said_by
