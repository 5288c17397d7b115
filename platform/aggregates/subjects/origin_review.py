"""The origin's review of a contact letter: passed, or the letter returned (退回)."""

from __future__ import annotations

from typing import ClassVar

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.transfer import Transfer


class OriginReviewPassed(Fact, frozen=True, gc=False, kw_only=True):
    """The origin verified person and records."""

    TOPIC: ClassVar[str] = "origin-review-passed"
    version: int


class TransferReturned(Fact, frozen=True, gc=False, kw_only=True):
    """The origin returned the letter."""

    TOPIC: ClassVar[str] = "transfer-returned"
    version: int
    reason: str

    def assign(self, transfer: Transfer) -> None:
        """Remember why."""
        transfer.return_reason = self.reason
