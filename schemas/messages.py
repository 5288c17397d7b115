"""The message types of the national bus, as typed values; `schemas/avro/` holds the same as released Avro schemas.

Every submission carries an `Envelope`. Amounts are integer fen, instants integer microseconds since 1970 UTC, days are
`datetime.date`. Ids are 16 raw bytes (`uuid.UUID(bytes=...)` reads them). A field whose default is None may be absent.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from jinbao.schemas.continuation_messages import (
    CaseContinued as CaseContinued,
    ContinuationConfirmed as ContinuationConfirmed,
    ContinuationRefused as ContinuationRefused,
    ContinuedCase as ContinuedCase,
    ContinuedClock as ContinuedClock,
    ContinuedLumpSum as ContinuedLumpSum,
    ContinuedMismatch as ContinuedMismatch,
    ContinuedPayment as ContinuedPayment,
    ContinuedRun as ContinuedRun,
)
from jinbao.schemas.rare_messages import (
    NO_TRANSFER as NO_TRANSFER,
    AgencyChanged as AgencyChanged,
    ArrearsDeclined as ArrearsDeclined,
    ArrearsReported as ArrearsReported,
    ArrearsSettled as ArrearsSettled,
    CertificateIssued as CertificateIssued,
    ClockRedated as ClockRedated,
    ContributionsRecorded as ContributionsRecorded,
    EmployerInformed as EmployerInformed,
    FactAnnulled as FactAnnulled,
    IdentityCorrected as IdentityCorrected,
    LumpSumDocumentRequested as LumpSumDocumentRequested,
    LumpSumDocumentSupplied as LumpSumDocumentSupplied,
    LumpSumFound as LumpSumFound,
    LumpSumNoticeSent as LumpSumNoticeSent,
    OverlapCleared as OverlapCleared,
    PaymentBounced as PaymentBounced,
    PersonInformed as PersonInformed,
    TemporaryAccountOpened as TemporaryAccountOpened,
    TemporaryAccountSealed as TemporaryAccountSealed,
    TransferFrozen as TransferFrozen,
    TransferOffered as TransferOffered,
    TransferReversed as TransferReversed,
    UnassignedFundsAssigned as UnassignedFundsAssigned,
    UnassignedFundsReceived as UnassignedFundsReceived,
)
from jinbao.schemas.records import (
    MOST_FEN as MOST_FEN,
    Agency as Agency,
    Amount as Amount,
    Code as Code,
    Envelope as Envelope,
    Fen as Fen,
    Id as Id,
    Instant as Instant,
    Int as Int,
    Line as Line,
    Long as Long,
    PaymentReference as PaymentReference,
    Postcode as Postcode,
    Province as Province,
    Record as Record,
    Sealed as Sealed,
    Submission as Submission,
    Text as Text,
    Version as Version,
    YearMonth as YearMonth,
    YearRow as YearRow,
)
from jinbao.schemas.settlements import (
    SettlementPaid as SettlementPaid,
    SettlementReceived as SettlementReceived,
    SettlementStated as SettlementStated,
)


class ApplicationAccepted(Submission, frozen=True, gc=False, kw_only=True):
    """受理: the destination has accepted a complete application; the first clock starts."""

    NAME: ClassVar[str] = "ApplicationAccepted"
    scheme: Literal["110"]
    """AAE140 code of the insurance; 110 = enterprise employees' basic pension."""
    origin: Province
    destination: Province
    accepted_on: date
    personal: Sealed
    hukou_province: Province | None = None
    certificate_number: Text | None = None


class ApplicationRefused(Submission, frozen=True, gc=False, kw_only=True):
    """不予受理转移: the destination refuses in writing."""

    NAME: ClassVar[str] = "ApplicationRefused"
    reason_code: Code
    reason_text: Text


class ContactLetterIssued(Submission, frozen=True, gc=False, kw_only=True):
    """联系函: the destination asks the origin for records and money."""

    NAME: ClassVar[str] = "ContactLetterIssued"
    letter_version: Version
    letter_number: Text
    agency: Agency
    personal: Sealed


class ContactLetterReceived(Submission, frozen=True, gc=False, kw_only=True):
    """The origin's adapter has received the letter; the origin's clock starts."""

    NAME: ClassVar[str] = "ContactLetterReceived"
    letter_version: Version


class OriginReviewPassed(Submission, frozen=True, gc=False, kw_only=True):
    """The origin has verified the person and the records."""

    NAME: ClassVar[str] = "OriginReviewPassed"
    letter_version: Version


class TransferReturned(Submission, frozen=True, gc=False, kw_only=True):
    """退回: the origin returns the letter with a reason."""

    NAME: ClassVar[str] = "TransferReturned"
    letter_version: Version
    reason_code: Code
    reason_text: Text


class InformationSheetSent(Submission, frozen=True, gc=False, kw_only=True):
    """信息表: the origin sends the records and the split of the money."""

    NAME: ClassVar[str] = "InformationSheetSent"
    sheet_version: Version
    letter_version: Version
    individual_before_1998: Amount
    account_at_previous_year_end: Amount
    current_year_principal: Amount
    individual_total: Amount
    pooling_total: Amount
    total: Amount
    first_month: YearMonth
    last_month: YearMonth
    months: Annotated[int, msgspec.Meta(ge=0, le=1200)]
    rows: list[YearRow]
    agency: Agency
    personal: Sealed
    withheld_months: Annotated[int, msgspec.Meta(ge=0, le=1200)] | None = None
    """Months that stay behind for want of a document or for arrears."""
    withheld_amount: Amount | None = None
    """Fen that stay behind with them."""


class InformationSheetReceived(Submission, frozen=True, gc=False, kw_only=True):
    """The destination's adapter has received the sheet."""

    NAME: ClassVar[str] = "InformationSheetReceived"
    sheet_version: Version


class FundsRemitted(Submission, frozen=True, gc=False, kw_only=True):
    """The origin has ordered its bank to pay."""

    NAME: ClassVar[str] = "FundsRemitted"
    payment_reference: PaymentReference
    payment_line: Line
    amount: Amount
    purpose: Literal["transfer", "top_up"]
    remitted_on: date


class FundsReceived(Submission, frozen=True, gc=False, kw_only=True):
    """The destination's bank has credited the money."""

    NAME: ClassVar[str] = "FundsReceived"
    payment_reference: PaymentReference
    payment_line: Line
    amount: Amount
    received_on: date


class MismatchReported(Submission, frozen=True, gc=False, kw_only=True):
    """The destination finds that sheet and money differ, holds the money in suspense and asks the origin."""

    NAME: ClassVar[str] = "MismatchReported"
    sheet_version: Version
    expected: Amount
    received: Amount
    request: Literal["correct_sheet", "top_up", "take_back_excess"]
    text: Text


class FundsReturned(Submission, frozen=True, gc=False, kw_only=True):
    """The destination pays an excess back: a new, opposite payment that names the first."""

    NAME: ClassVar[str] = "FundsReturned"
    payment_reference: PaymentReference
    payment_line: Line
    amount: Amount
    returned_reference: PaymentReference
    returned_line: Line
    returned_on: date


class ReturnedFundsReceived(Submission, frozen=True, gc=False, kw_only=True):
    """The origin's bank has the returned money."""

    NAME: ClassVar[str] = "ReturnedFundsReceived"
    payment_reference: PaymentReference
    payment_line: Line
    amount: Amount
    received_on: date


class TransferCompleted(Submission, frozen=True, gc=False, kw_only=True):
    """办结: the destination has checked sheet and money, credited years and account, and booked the transfer."""

    NAME: ClassVar[str] = "TransferCompleted"
    sheet_version: Version
    individual_total: Amount
    pooling_total: Amount
    completed_on: date


class WithdrawalRequested(Submission, frozen=True, gc=False, kw_only=True):
    """The applicant wants to withdraw after the letter: the destination asks the origin to return it by agreement."""

    NAME: ClassVar[str] = "WithdrawalRequested"
    letter_version: Version
    reason_text: Text


class TransferWithdrawn(Submission, frozen=True, gc=False, kw_only=True):
    """The applicant has withdrawn: before the letter, or after the origin returned it by agreement."""

    NAME: ClassVar[str] = "TransferWithdrawn"
    reason_text: Text


class TransferClosed(Submission, frozen=True, gc=False, kw_only=True):
    """The destination closes a case that the origin has returned, instead of sending a new letter."""

    NAME: ClassVar[str] = "TransferClosed"
    reason_text: Text


class DeadlineApproaching(Submission, frozen=True, gc=False, kw_only=True):
    """Platform: a running clock is due soon."""

    NAME: ClassVar[str] = "DeadlineApproaching"
    clock: Text
    clock_run: Version
    """Which run of that clock within the transfer, counted from 1."""
    due: date


class DeadlineMissed(Submission, frozen=True, gc=False, kw_only=True):
    """Platform: a running clock passed its due day."""

    NAME: ClassVar[str] = "DeadlineMissed"
    clock: Text
    clock_run: Version
    due: date


class ContactLetterDeemedReceived(Submission, frozen=True, gc=False, kw_only=True):
    """Platform: the letter was delivered a working day ago and no receipt came."""

    NAME: ClassVar[str] = "ContactLetterDeemedReceived"
    letter_version: Version


class InformationSheetDeemedReceived(Submission, frozen=True, gc=False, kw_only=True):
    """Platform: the sheet was delivered a working day ago and no receipt came."""

    NAME: ClassVar[str] = "InformationSheetDeemedReceived"
    sheet_version: Version


class ParkedMessageExpired(Submission, frozen=True, gc=False, kw_only=True):
    """Platform: a parked message has waited too long for the one that must come first."""

    NAME: ClassVar[str] = "ParkedMessageExpired"
    parked_event_id: Id
    parked_sender: Province


class SubmissionAnswered(Record, frozen=True, gc=False, kw_only=True):
    """The platform's answer in the sender's inbox to a submission that it rejected or could not decode."""

    NAME: ClassVar[str] = "SubmissionAnswered"
    envelope: Envelope
    """The platform's own: sender "00", causation_id = the answered message (absent where it had none)."""
    answered_type: Text
    outcome: Literal["rejected", "dead_letter"]
    code: Code
    text_zh: Text
    text_en: Text
    field: Text | None = None
    """Path of the field at fault, where there is one."""


Outcome = Literal["accepted", "duplicate", "parked", "rejected", "dead_letter"]


class SubmissionOutcome(Record, frozen=True, gc=False, kw_only=True):
    """What became of one submission."""

    event_id: Id
    type: Text
    outcome: Outcome
    received_at: Instant
    """Microseconds since 1970 UTC: when the bus took it."""
    code: Code | None = None
    """Why it waits or was not taken; of a duplicate, why the first was not."""
    field: Text | None = None
    """Path of the field at fault, where there is one."""
    first_outcome: Outcome | None = None
    """Present outcome of what first came under this sender and id; None where this one was the first."""


class SubmissionOutcomes(Record, frozen=True, gc=False, kw_only=True):
    """The platform tells a sender, in its inbox, what became of each of its submissions; one record for each batch."""

    NAME: ClassVar[str] = "SubmissionOutcomes"
    envelope: Envelope
    """The platform's own: sender "00"; its relationship and transfer are zero, since the record speaks of many."""
    outcomes: list[SubmissionOutcome]
    """In the order decided; a later one about the same message replaces an earlier one."""


PLATFORM = "00"
"""Sender code of the national platform itself."""

SUBMISSIONS: tuple[type[Submission], ...] = tuple(Submission.__subclasses__())
MESSAGES: tuple[type[Record], ...] = (*SUBMISSIONS, SubmissionAnswered, SubmissionOutcomes)
BY_NAME: dict[str, Any] = {m.NAME: m for m in MESSAGES}  # type: ignore[attr-defined]

SUBMISSIONS_TOPIC = "jinbao.submissions"
DEAD_LETTERS_TOPIC = "jinbao.dead-letters"
IDENTITY_TOPIC = "jinbao.identity"
"""Says which bus it is, and which key ring its provinces work with (`jinbao.bus.identity`); no messages."""
"""What could not be read, as it came, for whoever watches the bus."""


def inbox_topic(province: str) -> str:
    """Name of the topic that one province's adapter reads."""
    return f"jinbao.inbox.{province}"
