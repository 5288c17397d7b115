"""A mismatch (表款不符) of sheet and money, while the money is held in suspense."""

from __future__ import annotations

from typing import ClassVar

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.transfer import Mismatch, Transfer
from jinbao.rules.money import Fen


class MismatchReported(Fact, frozen=True, gc=False, kw_only=True):
    """Sheet and money differ; the money is held in suspense."""

    TOPIC: ClassVar[str] = "mismatch-reported"
    sheet_version: int
    expected: Fen
    received: Fen
    request: str

    def assign(self, transfer: Transfer) -> None:
        """Remember what was found and asked for."""
        transfer.mismatch = Mismatch(self.sheet_version, self.expected, self.received, self.request, self.occurred_at)
