"""Payments: remitted, received, returned, received back, or bounced."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.money import PaymentLine, put
from jinbao.platform.aggregates.transfer import Transfer


class MoneyFact(Fact, frozen=True, gc=False, kw_only=True):
    """Base of the facts that move one payment line."""

    payment: PaymentLine
    """The line as it is after this fact."""

    def assign(self, transfer: Transfer) -> None:
        """The line as it is now."""
        transfer.payments = put(transfer.payments, self.payment)


class FundsRemitted(MoneyFact, frozen=True, gc=False, kw_only=True):
    """The origin ordered the payment."""

    TOPIC: ClassVar[str] = "funds-remitted"
    day: date


class FundsReceived(MoneyFact, frozen=True, gc=False, kw_only=True):
    """The destination's bank credited the payment."""

    TOPIC: ClassVar[str] = "funds-received"
    day: date


class FundsReturned(MoneyFact, frozen=True, gc=False, kw_only=True):
    """The destination paid an excess back."""

    TOPIC: ClassVar[str] = "funds-returned"
    day: date


class ReturnedFundsReceived(MoneyFact, frozen=True, gc=False, kw_only=True):
    """The origin's bank has the returned money."""

    TOPIC: ClassVar[str] = "returned-funds-received"
    day: date


class PaymentBounced(Fact, frozen=True, gc=False, kw_only=True):
    """The bank gave a payment line back to the origin."""

    TOPIC: ClassVar[str] = "payment-bounced"
    payment: PaymentLine
    day: date

    def assign(self, transfer: Transfer) -> None:
        """The line is back at the origin."""
        transfer.payments = put(transfer.payments, self.payment)
