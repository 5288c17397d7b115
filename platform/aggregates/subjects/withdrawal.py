"""A withdrawn application (撤回): asked for after the letter, or done."""

from __future__ import annotations

from typing import ClassVar

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.transfer import Transfer


class WithdrawalRequested(Fact, frozen=True, gc=False, kw_only=True):
    """The applicant asked to withdraw after the letter."""

    TOPIC: ClassVar[str] = "withdrawal-requested"
    version: int

    def assign(self, transfer: Transfer) -> None:
        """The origin may now return the letter by agreement."""
        transfer.withdrawal_requested = True


class TransferWithdrawn(Fact, frozen=True, gc=False, kw_only=True):
    """The applicant withdrew."""

    TOPIC: ClassVar[str] = "transfer-withdrawn"
