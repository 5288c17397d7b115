"""The information sheet (信息表), which says what months and money move."""

from __future__ import annotations

from typing import ClassVar

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.lump_sums import left_behind
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.money import NO_FEN, Fen


class InformationSheetSent(Fact, frozen=True, gc=False, kw_only=True):
    """The origin sent an information sheet."""

    TOPIC: ClassVar[str] = "information-sheet-sent"
    version: int
    individual_total: Fen
    pooling_total: Fen
    withheld_months: int = 0
    """Months that stay behind: the transfer is partial."""
    withheld_amount: Fen = NO_FEN

    def assign(self, transfer: Transfer) -> None:
        """The latest sheet splits the money."""
        transfer.withheld = (self.withheld_months, self.withheld_amount) if self.withheld_months else None
        if transfer.lump_sums:
            transfer.lump_sums = left_behind(transfer.lump_sums)
        transfer.sheet_version = self.version
        transfer.split = (self.individual_total, self.pooling_total)
        transfer.sheet_received = False
