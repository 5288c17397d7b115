"""The messages of the rarer turns of a case: part of the catalogue in `messages.py`, which takes them all in."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

import msgspec

from jinbao.schemas.records import (
    Agency,
    Amount,
    Id,
    Line,
    PaymentReference,
    Province,
    Sealed,
    Submission,
    Text,
    Version,
    YearMonth,
)

NO_TRANSFER = bytes(16)
"""Transfer id of a message about the relationship itself."""
Months = Annotated[int, msgspec.Meta(ge=0, le=1200)]
LumpSumDocument = Literal["commitment", "court", "audit", "labour_inspection", "arbitration"]
OfferKind = Literal["temporary_move", "temporary_collection", "supplement", "reversal"]
FreezeCause = Literal["death", "nationality_lost", "pension_started"]


class CertificateIssued(Submission, frozen=True, gc=False, kw_only=True):
    """参保缴费凭证: the agency a person leaves certifies the contributions; a new version replaces the former."""

    NAME: ClassVar[str] = "CertificateIssued"
    certificate_number: Text
    certificate_version: Version
    first_month: YearMonth
    last_month: YearMonth
    months: Months
    account_kind: Literal["general", "temporary"]
    agency: Agency
    personal: Sealed
    hukou_province: Province | None = None


class TemporaryAccountOpened(Submission, frozen=True, gc=False, kw_only=True):
    """临时基本养老保险缴费账户: opened at a place where the age rule leaves the relationship with the origin."""

    NAME: ClassVar[str] = "TemporaryAccountOpened"
    account_number: Text
    opened_on: date
    personal: Sealed


class ContributionsRecorded(Submission, frozen=True, gc=False, kw_only=True):
    """Months and money (employer's and own) recorded in a temporary account."""

    NAME: ClassVar[str] = "ContributionsRecorded"
    account_number: Text
    first_month: YearMonth
    last_month: YearMonth
    months: Months
    individual: Amount
    employer: Amount


class TemporaryAccountSealed(Submission, frozen=True, gc=False, kw_only=True):
    """封存: the person moved on since 2016-11-28; the account rests until the benefit place collects it (5号)."""

    NAME: ClassVar[str] = "TemporaryAccountSealed"
    account_number: Text
    sealed_on: date


class TransferOffered(Submission, frozen=True, gc=False, kw_only=True):
    """A transfer that begins where the money lies: a temporary account, what stayed behind, or a reversal."""

    NAME: ClassVar[str] = "TransferOffered"
    kind: OfferKind
    origin: Province
    destination: Province
    offered_on: date
    letter_number: Text
    agency: Agency
    personal: Sealed
    names: Id | None = None
    """The earlier transfer that a supplement completes or a reversal undoes."""
    account_number: Text | None = None
    """The temporary account that moves."""


class LumpSumFound(Submission, frozen=True, gc=False, kw_only=True):
    """一次性缴费: the origin found a back-payment covering three years or more."""

    NAME: ClassVar[str] = "LumpSumFound"
    letter_version: Version
    months: Annotated[int, msgspec.Meta(ge=36, le=1200)]
    amount: Amount
    paid_on: date
    paid_in: Province
    lump_sum_number: Version | None = None
    """Of the transfer's back-payments this one, counted from 1; without it the next that is new."""


class LumpSumDocumentRequested(Submission, frozen=True, gc=False, kw_only=True):
    """The origin asks the agency where the back-payment was made for its document; the person is never asked."""

    NAME: ClassVar[str] = "LumpSumDocumentRequested"
    paid_in: Province
    lump_sum_number: Version | None = None
    """Which back-payment, where several were made there."""


class LumpSumDocumentSupplied(Submission, frozen=True, gc=False, kw_only=True):
    """承诺书 or legal instrument: supplied by the agency where the back-payment was made, through the origin."""

    NAME: ClassVar[str] = "LumpSumDocumentSupplied"
    document: LumpSumDocument
    document_number: Text
    document_date: date
    lump_sum_number: Version | None = None
    """Which back-payment, where the document could be for several."""
    document_kind: Text | None = None
    """The kind by the rules' own table, where it is newer than `document`, which then says what counts alike."""


class LumpSumNoticeSent(Submission, frozen=True, gc=False, kw_only=True):
    """The origin told the person in writing that years and money without a document stay behind."""

    NAME: ClassVar[str] = "LumpSumNoticeSent"
    notice_number: Text
    notified_on: date
    text: Text
    lump_sum_number: Version | None = None
    """Which back-payment; without it all that were found."""


class ArrearsReported(Submission, frozen=True, gc=False, kw_only=True):
    """欠费: the origin found months that were not paid; the person may pay the own part first."""

    NAME: ClassVar[str] = "ArrearsReported"
    letter_version: Version
    months: Annotated[int, msgspec.Meta(ge=1, le=1200)]
    own_part: Amount


class ArrearsSettled(Submission, frozen=True, gc=False, kw_only=True):
    """The person paid the own part: those months and the employer's part move too."""

    NAME: ClassVar[str] = "ArrearsSettled"
    paid_on: date
    amount: Amount


class ArrearsDeclined(Submission, frozen=True, gc=False, kw_only=True):
    """The person declined: those months carry neither years nor money, and cannot be paid later."""

    NAME: ClassVar[str] = "ArrearsDeclined"
    declined_on: date


class PaymentBounced(Submission, frozen=True, gc=False, kw_only=True):
    """退汇: the origin's bank gave a payment line back; it never arrived."""

    NAME: ClassVar[str] = "PaymentBounced"
    payment_reference: PaymentReference
    payment_line: Line
    amount: Amount
    bounced_on: date
    reason_text: Text


class UnassignedFundsReceived(Submission, frozen=True, gc=False, kw_only=True):
    """Money came for a case that nobody knows: it is held in suspense under an id of its own."""

    NAME: ClassVar[str] = "UnassignedFundsReceived"
    payer: Province
    payment_reference: PaymentReference
    payment_line: Line
    amount: Amount
    received_on: date


class UnassignedFundsAssigned(Submission, frozen=True, gc=False, kw_only=True):
    """Somebody decided whose the money is; the case's own receipt follows."""

    NAME: ClassVar[str] = "UnassignedFundsAssigned"
    assigned_to: Id
    reason_text: Text


class TransferFrozen(Submission, frozen=True, gc=False, kw_only=True):
    """The person died, lost Chinese nationality or drew a pension meanwhile: nothing new begins."""

    NAME: ClassVar[str] = "TransferFrozen"
    cause: FreezeCause
    happened_on: date
    document_number: Text


class TransferReversed(Submission, frozen=True, gc=False, kw_only=True):
    """The first transfer is undone: an opposite one, which names it, was completed."""

    NAME: ClassVar[str] = "TransferReversed"
    reversal: Id
    reason_text: Text


class IdentityCorrected(Submission, frozen=True, gc=False, kw_only=True):
    """The person's number was wrong or changed: the case goes on in the relationship of the right one."""

    NAME: ClassVar[str] = "IdentityCorrected"
    reason: Literal["upgraded_15_to_18", "wrong_digit", "permit_to_citizen"]
    new_relationship_id: Id
    personal: Sealed


class FactAnnulled(Submission, frozen=True, gc=False, kw_only=True):
    """The sender takes a mistaken fact back, while nobody has acted on it."""

    NAME: ClassVar[str] = "FactAnnulled"
    annulled_event_id: Id
    reason_text: Text


class AgencyChanged(Submission, frozen=True, gc=False, kw_only=True):
    """The sender's agency was merged or renamed while it holds the case: contact and bank data from now on."""

    NAME: ClassVar[str] = "AgencyChanged"
    reason: Literal["merged", "renamed"]
    valid_from: date
    agency: Agency


class OverlapCleared(Submission, frozen=True, gc=False, kw_only=True):
    """先转后清: months in two relationships; the person chose which stays, the other's account is refunded."""

    NAME: ClassVar[str] = "OverlapCleared"
    first_month: YearMonth
    last_month: YearMonth
    months: Annotated[int, msgspec.Meta(ge=1, le=1200)]
    kept_province: Province
    payment_reference: PaymentReference
    payment_line: Line
    refund: Amount
    paid_on: date


class ClockRedated(Submission, frozen=True, gc=False, kw_only=True):
    """Platform: a new release of the calendar moves the due day of a running clock."""

    NAME: ClassVar[str] = "ClockRedated"
    clock: Text
    clock_run: Version
    calendar: Text
    old_due: date
    new_due: date
    provisional: bool | None = None
    """Whether the new due day lies in a year that this calendar does not know yet; None: as before."""


class PersonInformed(Submission, frozen=True, gc=False, kw_only=True):
    """告知本人: the person, or after a death the heirs, were told of a decision."""

    NAME: ClassVar[str] = "PersonInformed"
    about: Text
    """Name of the message that carried the decision."""
    informed_on: date
    means: Literal["letter", "counter", "telephone", "message", "online"]
    text: Text
    reader: Literal["person", "heirs"] = "person"
    """Who was told: the heirs after a death, else the person."""


class EmployerInformed(Submission, frozen=True, gc=False, kw_only=True):
    """告知用人单位: the employer was told of a decision."""

    NAME: ClassVar[str] = "EmployerInformed"
    about: Text
    informed_on: date
    means: Literal["letter", "counter", "telephone", "message", "online"]
    text: Text
