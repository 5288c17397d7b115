"""The facts of the rarer turns of a case: offers, unknown money, arrears, bounced payments, annulments, overlaps."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.facts import ClockStarted, Fact, State
from jinbao.platform.aggregates.money import PaymentLine, put
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.money import Fen
from jinbao.rules.procedures import MoneyWay


class TransferOffered(Fact, frozen=True, gc=False, kw_only=True):
    """A transfer began where the money lies."""

    TOPIC: ClassVar[str] = "transfer-offered"
    transfer_id: bytes
    kind: str
    origin: str
    destination: str
    letter: str
    offered_on: date
    names: bytes | None = None
    account: str | None = None
    covers: tuple[int, ...] = ()
    """Numbers of the back-payments that a supplement brings; () in what was stored when there was one at most."""
    money: MoneyWay = "per_person"

    def begin(self) -> Transfer:
        """The transfer that begins: its letter is the offer, and needs no review."""
        return Transfer(
            self.transfer,
            self.transfer_id,
            self.origin,
            self.destination,
            self.letter,
            state=State.TRANSFER,
            letter_version=1,
            letter_received=True,
            kind=self.kind,
            names=self.names,
            account=self.account,
            money=self.money,
            covers=self.covers or ((1,) if self.kind == "supplement" else ()),
        )


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


class PaymentBounced(Fact, frozen=True, gc=False, kw_only=True):
    """The bank gave a payment line back to the origin."""

    TOPIC: ClassVar[str] = "payment-bounced"
    payment: PaymentLine
    day: date

    def assign(self, transfer: Transfer) -> None:
        """The line is back at the origin."""
        transfer.payments = put(transfer.payments, self.payment)


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


class TransferReversed(Fact, frozen=True, gc=False, kw_only=True):
    """An opposite transfer undid this one."""

    TOPIC: ClassVar[str] = "transfer-reversed"
    reversal: bytes


class FactAnnulled(Fact, frozen=True, gc=False, kw_only=True):
    """The sender took its last fact back."""

    TOPIC: ClassVar[str] = "fact-annulled"
    annulled: bytes
    letter_version: int
    """Version of the letter, of the sheet and its total as they count again; 0 where there is none."""
    sheet_version: int
    sheet_total: Fen
    reason: str = ""
    """Why the case stands where it stands again, and whose receipt is outstanding again."""
    awaiting: str = ""
    undone: str = ""
    """Stored topic of the annulled fact; empty where an earlier release recorded it."""
    undone_on: date | None = None
    """The day on which the bus took that fact: whoever counted it did so on that day."""


class AgencyChanged(Fact, frozen=True, gc=False, kw_only=True):
    """An agency of the case was merged or renamed."""

    TOPIC: ClassVar[str] = "agency-changed"
    province: str
    reason: str
    valid_from: date


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


class ClockRedated(Fact, frozen=True, gc=False, kw_only=True):
    """A new release of the calendar moved a due day."""

    TOPIC: ClassVar[str] = "clock-redated"
    restarted: ClockStarted
    """The clock as it runs on: same number and run, another calendar and due day."""
    old_due: date

    def assign(self, transfer: Transfer) -> None:
        """The clock runs to another day."""
        transfer.redate(self.restarted)


class PersonInformed(Fact, frozen=True, gc=False, kw_only=True):
    """The person, or after a death the heirs, were told of a decision."""

    TOPIC: ClassVar[str] = "person-informed"
    about: str
    informed_on: date
    means: str
    reader: str = "person"

    def assign(self, transfer: Transfer) -> None:
        """Told once."""
        transfer.informed = (*transfer.informed, f"person:{self.about}")


class EmployerInformed(Fact, frozen=True, gc=False, kw_only=True):
    """The employer was told of a decision."""

    TOPIC: ClassVar[str] = "employer-informed"
    about: str
    informed_on: date
    means: str

    def assign(self, transfer: Transfer) -> None:
        """Told once."""
        transfer.informed = (*transfer.informed, f"employer:{self.about}")
