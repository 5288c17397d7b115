"""身份更正: a corrected identity moves a case to the relationship of the right number.

The platform's messages between the two streams: `CaseContinued` carries the case; the relationship that takes it
answers with `ContinuationConfirmed`, the one that cannot with `ContinuationRefused`, and the case stands again where
it stood. Nothing in them but `IdentityCorrected.personal` is personal data.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

import msgspec

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import (
    Amount,
    Code,
    Id,
    Instant,
    Line,
    Months,
    PaymentReference,
    Province,
    Record,
    Sealed,
    Text,
    Version,
)

Count = Annotated[int, msgspec.Meta(ge=0, le=9999)]


class IdentityCorrected(Submission, frozen=True, gc=False, kw_only=True):
    """The person's number was wrong or changed: the case goes on in the relationship of the right one."""

    NAME: ClassVar[str] = "IdentityCorrected"
    reason: Literal["upgraded_15_to_18", "wrong_digit", "permit_to_citizen"]
    new_relationship_id: Id
    personal: Sealed


class ContinuedPayment(Record, frozen=True, gc=False, kw_only=True):
    """One payment line of the case, and how far it has come."""

    payment_reference: PaymentReference
    payment_line: Line
    amount: Amount
    backwards: bool
    announced: bool
    arrived: bool
    bounced: bool
    returned_reference: PaymentReference | None = None
    returned_line: Line | None = None


class ContinuedLumpSum(Record, frozen=True, gc=False, kw_only=True):
    """One lump-sum back-payment that the origin found."""

    number: Version
    months: Months
    amount: Amount
    paid_on: date
    paid_in: Province
    noticed: bool
    withheld: bool
    document_kind: Text | None = None


class ContinuedMismatch(Record, frozen=True, gc=False, kw_only=True):
    """The mismatch that is not settled."""

    sheet_version: Version
    expected: Amount
    received: Amount
    request: Text
    occurred_at: Instant


class ContinuedClock(Record, frozen=True, gc=False, kw_only=True):
    """A clock that runs."""

    clock: Text
    run: Version
    responsible: Province
    limit_working_days: Count
    procedure: Text
    procedure_version: Version
    calendar: Text
    due: date
    provisional: bool
    counted_from: date | None = None


class ContinuedRun(Record, frozen=True, gc=False, kw_only=True):
    """How often a clock has started in the case, ended ones included."""

    clock: Text
    run: Version


class ContinuedCase(Record, frozen=True, gc=False, kw_only=True):
    """A live transfer as it stood before it moved."""

    kind: Text
    origin: Province
    destination: Province
    application: Text
    state: Text
    money: Text
    letter_version: Count
    letter_received: bool
    withdrawal_requested: bool
    sheet_version: Count
    sheet_received: bool
    payments: list[ContinuedPayment]
    lump_sums: list[ContinuedLumpSum]
    clocks: list[ContinuedClock]
    runs: list[ContinuedRun]
    informed: list[Text]
    covers: list[Version]
    withheld_months: Months
    withheld_amount: Amount
    began_under: Id | None = None
    letter_received_on: date | None = None
    return_reason: Code | None = None
    individual_total: Amount | None = None
    pooling_total: Amount | None = None
    mismatch: ContinuedMismatch | None = None
    arrears: Text | None = None
    frozen: Text | None = None
    frozen_by: Province | None = None
    names: Id | None = None
    account_number: Text | None = None


class CaseContinued(Submission, frozen=True, gc=False, kw_only=True):
    """Platform: a live transfer arrives in the relationship of the right number, as it stood."""

    NAME: ClassVar[str] = "CaseContinued"
    old_relationship_id: Id
    state: Annotated[bytes, msgspec.Meta(min_length=0, max_length=262144)]
    """Empty; the first version's readers need it."""
    case: ContinuedCase | None = None


class ContinuationConfirmed(Submission, frozen=True, gc=False, kw_only=True):
    """Platform: the relationship of the right number has taken the case; here it ends."""

    NAME: ClassVar[str] = "ContinuationConfirmed"
    new_relationship_id: Id


class ContinuationRefused(Submission, frozen=True, gc=False, kw_only=True):
    """Platform: the case cannot go on under the right number; it stands again where it stood."""

    NAME: ClassVar[str] = "ContinuationRefused"
    new_relationship_id: Id
    code: Code
    field: Text | None = None
