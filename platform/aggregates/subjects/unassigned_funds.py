"""Money for a case that nobody knows (不明款项): held in suspense, then assigned to its case."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.money import PaymentLine, put
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer


class UnassignedFundsReceived(Fact, frozen=True, gc=False, kw_only=True):
    """Money came for a case that nobody knows; it is held in suspense."""

    TOPIC: ClassVar[str] = "unassigned-funds-received"
    transfer_id: bytes
    payer: str
    receiver: str
    voucher: str
    payment: PaymentLine
    day: date

    def begin(self) -> Transfer:
        """A holding in suspense, with the payer for its origin."""
        return Transfer(
            self.transfer,
            self.transfer_id,
            self.payer,
            self.receiver,
            self.voucher,
            state=State.UNASSIGNED,
            kind="unassigned",
        )

    def assign(self, transfer: Transfer) -> None:
        """The money is here."""
        transfer.payments = put(transfer.payments, self.payment)


class UnassignedFundsAssigned(Fact, frozen=True, gc=False, kw_only=True):
    """The holding was found to belong to a case, whose own receipt follows."""

    TOPIC: ClassVar[str] = "unassigned-funds-assigned"
    assigned_to: bytes

    def assign(self, transfer: Transfer) -> None:
        """The holding lets go of the money."""
        transfer.payments = ()
