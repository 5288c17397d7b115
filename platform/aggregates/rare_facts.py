"""The facts of the rarer turns of a case, and of the relationship itself (their `transfer` is 0)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar

import msgspec

from jinbao.platform.aggregates import lump_sums
from jinbao.platform.aggregates.continuation import transfer_from
from jinbao.platform.aggregates.facts import ClockStarted, Fact, State
from jinbao.platform.aggregates.lump_sums import LumpSum
from jinbao.platform.aggregates.money import PaymentLine, put
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.procedures import MoneyWay
from jinbao.schemas.continuation_messages import ContinuedCase

if TYPE_CHECKING:
    from jinbao.platform.aggregates.pension_relationship import PensionRelationship


class RelationshipFact(Fact, frozen=True, gc=False, kw_only=True):
    """Base of the facts about the relationship, not about a transfer."""

    def assign_to(self, relationship: PensionRelationship) -> None:
        """Put this fact's own fields into the relationship."""


class CertificateIssued(RelationshipFact, frozen=True, gc=False, kw_only=True):
    """An agency certified contributions; a new version replaces the former."""

    TOPIC: ClassVar[str] = "certificate-issued"
    province: str
    certificate: str
    version: int
    months: int

    def assign_to(self, relationship: PensionRelationship) -> None:
        """The certificate's latest version."""
        relationship.certificates[self.province, self.certificate] = self.version


class TemporaryAccountOpened(RelationshipFact, frozen=True, gc=False, kw_only=True):
    """A temporary account was opened; the relationship stays with its origin."""

    TOPIC: ClassVar[str] = "temporary-account-opened"
    province: str
    account: str
    opened_on: date

    def assign_to(self, relationship: PensionRelationship) -> None:
        """The account is open."""
        relationship.temporary_accounts[self.province, self.account] = "open"


class ContributionsRecorded(RelationshipFact, frozen=True, gc=False, kw_only=True):
    """Months and money were recorded in a temporary account."""

    TOPIC: ClassVar[str] = "contributions-recorded"
    account: str
    months: int
    individual: int
    employer: int
    first_month: int = 0
    """YYYYMM; 0 in the first releases, which did not keep the months."""
    last_month: int = 0
    province: str = ""
    """Who holds the account; empty in the first releases."""

    def assign_to(self, relationship: PensionRelationship) -> None:
        """A record of the same months replaces the former."""
        if self.first_month:
            account, parts = (self.province, self.account), (self.individual, self.employer)
            recorded = relationship.contributions.get(account, {})
            relationship.contributions[account] = {**recorded, (self.first_month, self.last_month): parts}


class TemporaryAccountSealed(RelationshipFact, frozen=True, gc=False, kw_only=True):
    """The account rests until the benefit place collects it."""

    TOPIC: ClassVar[str] = "temporary-account-sealed"
    province: str
    account: str
    sealed_on: date

    def assign_to(self, relationship: PensionRelationship) -> None:
        """The account is sealed."""
        relationship.temporary_accounts[self.province, self.account] = "sealed"


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


class LumpSumFound(Fact, frozen=True, gc=False, kw_only=True):
    """The origin found a lump-sum back-payment."""

    TOPIC: ClassVar[str] = "lump-sum-found"
    months: int
    amount: int
    paid_on: date
    paid_in: str
    number: int = 1
    """Counted from 1 within its transfer."""

    def assign(self, transfer: Transfer) -> None:
        """Without a document those years stay behind."""
        found = LumpSum(self.months, self.amount, self.paid_on, self.paid_in, number=self.number)
        transfer.lump_sums = (*transfer.lump_sums, found)


class LumpSumDocumentRequested(Fact, frozen=True, gc=False, kw_only=True):
    """The agency where the back-payment was made was asked for its document."""

    TOPIC: ClassVar[str] = "lump-sum-document-requested"
    paid_in: str
    number: int = 1
    """Of the back-payment."""


class LumpSumDocumentSupplied(Fact, frozen=True, gc=False, kw_only=True):
    """The document is there: the years may move."""

    TOPIC: ClassVar[str] = "lump-sum-document-supplied"
    document: str
    number: str
    """The document's own."""
    document_date: date
    lump_sum: int = 1
    """Number of the back-payment."""

    def assign(self, transfer: Transfer) -> None:
        """The document counts from now on."""
        transfer.lump_sums = lump_sums.with_document(transfer.lump_sums, self.lump_sum, self.document)


class LumpSumNoticeSent(Fact, frozen=True, gc=False, kw_only=True):
    """The person was told in writing what stays behind."""

    TOPIC: ClassVar[str] = "lump-sum-notice-sent"
    notified_on: date
    lump_sum: int | None = None
    """Number of the back-payment; None: of all that were found."""

    def assign(self, transfer: Transfer) -> None:
        """A partial sheet may follow."""
        transfer.lump_sums = lump_sums.noticed(transfer.lump_sums, self.lump_sum)


class ArrearsReported(Fact, frozen=True, gc=False, kw_only=True):
    """The origin found unpaid months and asked the person."""

    TOPIC: ClassVar[str] = "arrears-reported"
    months: int
    own_part: int

    def assign(self, transfer: Transfer) -> None:
        """The sheet waits for the person's answer."""
        transfer.arrears = "reported"


class ArrearsSettled(Fact, frozen=True, gc=False, kw_only=True):
    """The person paid."""

    TOPIC: ClassVar[str] = "arrears-settled"
    amount: int

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


class IdentityCorrected(Fact, frozen=True, gc=False, kw_only=True):
    """The case is to go on in the relationship of the right number; here it waits until that one has taken it."""

    TOPIC: ClassVar[str] = "identity-corrected"
    reason: str
    new_relationship: bytes
    snapshot: bytes = b""
    """The transfer as it stood before, in earlier releases, which ended it here at once."""

    def assign(self, transfer: Transfer) -> None:
        """Remember where it goes, and how it stood."""
        transfer.moving_to, transfer.stood = self.new_relationship, (transfer.state, transfer.waiting_for)


class ContinuationConfirmed(Fact, frozen=True, gc=False, kw_only=True):
    """The relationship of the right number has taken the case; here it ends."""

    TOPIC: ClassVar[str] = "continuation-confirmed"
    new_relationship: bytes


class ContinuationRefused(Fact, frozen=True, gc=False, kw_only=True):
    """The relationship of the right number could not take the case; here it stands as it stood."""

    TOPIC: ClassVar[str] = "continuation-refused"
    new_relationship: bytes
    code: str
    field: str = ""

    def assign(self, transfer: Transfer) -> None:
        """It goes nowhere."""
        transfer.moving_to, transfer.stood = b"", None


class CaseContinued(Fact, frozen=True, gc=False, kw_only=True):
    """A live transfer came from the relationship of the wrong number."""

    TOPIC: ClassVar[str] = "case-continued"
    old_relationship: bytes
    snapshot: bytes = b""
    """The transfer as it stood, as earlier releases kept it."""
    transfer_id: bytes = b""
    case: ContinuedCase | None = None
    """The transfer as it stood."""

    def begin(self) -> Transfer:
        """The transfer as it stood, under its number here; its clocks start again as this fact's consequences say."""
        if self.case is not None:
            return transfer_from(self.case, self.transfer, self.transfer_id)
        transfer = msgspec.msgpack.decode(self.snapshot, type=Transfer)
        transfer.number = self.transfer
        transfer.clocks = ()
        transfer.previous = None
        return transfer


class FactAnnulled(Fact, frozen=True, gc=False, kw_only=True):
    """The sender took its last fact back."""

    TOPIC: ClassVar[str] = "fact-annulled"
    annulled: bytes
    letter_version: int
    """Version of the letter, of the sheet and its total as they count again; 0 where there is none."""
    sheet_version: int
    sheet_total: int
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
    refund: int
    paid_on: date

    def assign(self, transfer: Transfer) -> None:
        """What was refunded so far."""
        transfer.refunded += self.refund
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
