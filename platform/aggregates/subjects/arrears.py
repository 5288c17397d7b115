"""Arrears (欠费): unpaid months that the origin found, and the person's answer."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.money import Fen


class ArrearsReported(Fact, frozen=True, gc=False, kw_only=True):
    """The origin found unpaid months and asked the person."""

    TOPIC: ClassVar[str] = "arrears-reported"
    months: int
    own_part: Fen

    def assign(self, transfer: Transfer) -> None:
        """The sheet waits for the person's answer."""
        transfer.arrears = "reported"


class ArrearsSettled(Fact, frozen=True, gc=False, kw_only=True):
    """The person paid."""

    TOPIC: ClassVar[str] = "arrears-settled"
    amount: Fen

    def assign(self, transfer: Transfer) -> None:
        """The months move too."""
        transfer.arrears = "settled"


class ArrearsDeclined(Fact, frozen=True, gc=False, kw_only=True):
    """The person declined."""

    TOPIC: ClassVar[str] = "arrears-declined"
    declined_on: date

    def assign(self, transfer: Transfer) -> None:
        """The transfer goes on without those months."""
        transfer.arrears = "declined"
