"""The message types of the national bus, as typed values; `schemas/avro/` holds the same as released Avro schemas.

Every submission carries an `Envelope`. Amounts are integer fen, instants integer microseconds since 1970 UTC, days are
`datetime.date`. Ids are 16 raw bytes (`uuid.UUID(bytes=...)` reads them). A field whose default is None may be absent.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Literal, NewType

import msgspec

Fen = NewType("Fen", int)
"""An amount of money in fen (1/100 yuan), an integer."""

LONG = msgspec.Meta(ge=-(2**63), le=2**63 - 1)
Long = Annotated[int, LONG]
Int = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
MOST_FEN = 10**13
"""A hundred billion yuan: more than the country moves in a year, and 900,000 such amounts still fit a long."""
Amount = Annotated[int, msgspec.Meta(ge=0, le=MOST_FEN)]
"""A non-negative amount in fen."""
Version = Annotated[int, msgspec.Meta(ge=1, le=9999)]
Line = Annotated[int, msgspec.Meta(ge=1, le=99999)]
Instant = Annotated[int, msgspec.Meta(ge=-2_208_988_800_000_000, le=32_503_679_999_999_999)]
"""Microseconds since 1970 UTC, in the years 1900 to 2999, so that every instant has a date."""
Id = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Province = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{2}\Z")]
Postcode = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{6}\Z")]
YearMonth = Annotated[int, msgspec.Meta(ge=190001, le=299912)]
"""YYYYMM."""
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2000, pattern=r"\A[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+\Z")]
"""No control characters but tab and line ends: PostgreSQL stores no NUL, and a terminal obeys an escape sequence."""
Code = Annotated[str, msgspec.Meta(pattern=r"\A[A-Z0-9_]{2,40}\Z")]
PaymentReference = Annotated[str, msgspec.Meta(pattern=r"\ARF[0-9]{2}[0-9A-Z]{1,21}\Z")]
"""A creditor reference in the form of ISO 11649; its check digits are verified by the platform's rules."""


class Record(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Base of every record on the bus."""


class Sealed(Record, frozen=True, gc=False, kw_only=True):
    """Personal fields, encrypted under the relationship's own key and bound to the message's event id."""

    key_id: Id
    ciphertext: Annotated[bytes, msgspec.Meta(min_length=16, max_length=65536)]


class Envelope(Record, frozen=True, gc=False, kw_only=True):
    """Who says what about which transfer, and when it happened by the sender's own account."""

    event_id: Id
    relationship_id: Id
    transfer_id: Id
    sender: Province
    """Province code of the sending agency; "00" is the national platform."""
    operator: Text
    """The clerk or program that acted, by its local id."""
    local_document: Text
    """Number of the sender's own record (application, letter, sheet, voucher)."""
    occurred_at: Instant
    """Microseconds since 1970 UTC: the sender's claim."""
    causation_id: Id | None = None
    """Event id of the message that this one answers."""


class Agency(Record, frozen=True, gc=False, kw_only=True):
    """An agency's contact and bank data, as the contact letter prints them (66号, letter form)."""

    name: Text
    telephone: Text
    address: Text
    postcode: Postcode
    bank_name: Text
    account_title: Text
    account_number: Text
    bank_line_number: Text | None = None


class YearRow(Record, frozen=True, gc=False, kw_only=True):
    """One row of sheet 2: a year, or part of one, of contributions paid in one province."""

    year: Annotated[int, msgspec.Meta(ge=1950, le=2999)]
    first_month: YearMonth
    last_month: YearMonth
    months: Annotated[int, msgspec.Meta(ge=0, le=12)]
    province: Province
    """The province paid in, not the one where the relationship lies."""
    contribution_base_total: Amount
    """Sum of the monthly bases, fen."""
    account_rate_bp: Annotated[int, msgspec.Meta(ge=0, le=10000)]
    """Rate to the personal account, basis points (800 = 8 %)."""
    account_credit: Amount
    """Principal credited in the year, fen."""
    account_interest: Amount
    """Interest credited for the year, fen (0 for the year of the transfer)."""
    account_balance: Amount
    """Balance at the year's end, fen."""
    pooling: Amount
    """12 % of the year's bases, fen."""


class Submission(Record, frozen=True, gc=False, kw_only=True):
    """Base of every message a province or the platform sends to the topic of submissions."""

    NAME: ClassVar[str] = ""
    envelope: Envelope


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


PLATFORM = "00"
"""Sender code of the national platform itself."""

SUBMISSIONS: tuple[type[Submission], ...] = tuple(Submission.__subclasses__())
MESSAGES: tuple[type[Record], ...] = (*SUBMISSIONS, SubmissionAnswered)
BY_NAME: dict[str, Any] = {m.NAME: m for m in MESSAGES}  # type: ignore[attr-defined]

SUBMISSIONS_TOPIC = "jinbao.submissions"
DEAD_LETTERS_TOPIC = "jinbao.dead-letters"
"""What could not be read, as it came, for whoever watches the bus."""


def inbox_topic(province: str) -> str:
    """Name of the topic that one province's adapter reads."""
    return f"jinbao.inbox.{province}"
