"""The facts that a pension relationship records: what was said, and everything that was decided to follow from it.

Facts only assign. Each carries its consequences (state, whose turn it is, clocks, ledger postings), so that a stored
history loads and projects without asking any rule again. Stored as MessagePack arrays: fields are only ever appended,
with defaults. `TOPIC` is the stored name of a fact and never changes, wherever the class moves.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

import msgspec

from jinbao.platform.aggregates.lump_sums import left_behind
from jinbao.platform.aggregates.money import PaymentLine, Posting, put
from jinbao.rules.money import NO_FEN, Fen

if TYPE_CHECKING:
    from jinbao.platform.aggregates.transfer import Transfer


class State(StrEnum):
    """Where a transfer stands."""

    APPLICATION_REVIEW = "application_review"
    LETTER_ISSUED = "letter_issued"
    ORIGIN_REVIEW = "origin_review"
    TRANSFER = "transfer"
    CONFIRMATION = "confirmation"
    MISMATCH = "mismatch"
    RETURNED = "returned"
    FROZEN = "frozen"
    UNASSIGNED = "unassigned"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    COMPLETED = "completed"
    REVERSED = "reversed"
    MOVING = "moving"
    MOVED = "moved"


FINAL = frozenset({State.REFUSED, State.WITHDRAWN, State.CLOSED, State.COMPLETED, State.REVERSED, State.MOVED})

NOBODY = ""
"""`waiting_for` of a case in which nobody has to act."""


class ClockStarted(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A clock begins to run; the procedure and calendar it keeps until its end are named here."""

    clock: str
    run: int
    """Counted from 1 for each clock within its transfer."""
    number: int
    """Counted from 1 over all clocks of the transfer."""
    responsible: str
    """Province code of the agency that must act."""
    limit_working_days: int
    procedure: str
    procedure_version: int
    calendar: str
    due: date
    provisional: bool
    """The due day reaches a year whose calendar is not published."""
    counted_from: date | None = None
    """The day from which the working days count, itself not counted."""


class ClockEnded(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """A clock stops: met or missed, or cancelled where something else took its place."""

    clock: str
    run: int
    number: int
    outcome: str
    """`met`, `missed` or `cancelled`."""


class Consequences(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What follows from a fact, decided once."""

    state: State | None = None
    """The state from now on; None: unchanged."""
    waiting_for: str | None = None
    """Province code of the agency whose turn it is, NOBODY, or None: unchanged."""
    started: tuple[ClockStarted, ...] = ()
    ended: tuple[ClockEnded, ...] = ()
    postings: tuple[Posting, ...] = ()
    late: bool = False
    """Reported later than one working day after it happened."""
    parties: tuple[str, str] = ("", "")
    """(origin, destination) of a transfer that was applied for, on the facts that begin, end, return or go back."""
    due: date | None = None
    """Where clocks started, ended or moved: the earliest due day of those that run on; None: none runs."""
    due_provisional: bool = False


class Fact(msgspec.Struct, frozen=True, gc=False, array_like=True, kw_only=True):
    """Base of all facts."""

    TOPIC: ClassVar[str] = ""
    transfer: int
    """Number of the transfer within its relationship, counted from 1."""
    occurred_at: int
    """Microseconds since 1970 UTC, by the sender's account."""
    then: Consequences

    def assign(self, transfer: Transfer) -> None:
        """Put this fact's own fields into the transfer."""


class ApplicationAccepted(Fact, frozen=True, gc=False, kw_only=True):
    """The destination accepted an application; the transfer begins."""

    TOPIC: ClassVar[str] = "application-accepted"
    transfer_id: bytes
    origin: str
    destination: str
    application: str
    """The destination's own number of the application."""
    accepted_on: date
    hukou_province: str | None = None
    information_only: bool = False
    """No money moves, by the procedure in force on that day."""
    certificate: str | None = None
    """Number of the certificate it started from."""
    by_period: bool = False
    """Its sum is settled between the two provinces by period, by the procedure in force on that day."""


class ApplicationRefused(Fact, frozen=True, gc=False, kw_only=True):
    """The destination refused in writing."""

    TOPIC: ClassVar[str] = "application-refused"
    reason: str


class ContactLetterIssued(Fact, frozen=True, gc=False, kw_only=True):
    """The destination sent a contact letter."""

    TOPIC: ClassVar[str] = "contact-letter-issued"
    version: int
    letter: str

    def assign(self, transfer: Transfer) -> None:
        """The new letter replaces the former; whatever was agreed about that one is over."""
        transfer.letter_version = self.version
        transfer.letter_received = False
        transfer.withdrawal_requested = False
        transfer.return_reason = None


class ContactLetterReceived(Fact, frozen=True, gc=False, kw_only=True):
    """The origin has the letter."""

    TOPIC: ClassVar[str] = "contact-letter-received"
    version: int
    day: date | None = None
    """The day on which it was received, as clocks count it."""

    def assign(self, transfer: Transfer) -> None:
        """The letter is received."""
        transfer.letter_received = True
        transfer.letter_received_on = self.day


class ContactLetterDeemedReceived(ContactLetterReceived, frozen=True, gc=False, kw_only=True):
    """The letter counts as received since no receipt came in time."""

    TOPIC: ClassVar[str] = "contact-letter-deemed-received"


class OriginReviewPassed(Fact, frozen=True, gc=False, kw_only=True):
    """The origin verified person and records."""

    TOPIC: ClassVar[str] = "origin-review-passed"
    version: int


class TransferReturned(Fact, frozen=True, gc=False, kw_only=True):
    """The origin returned the letter."""

    TOPIC: ClassVar[str] = "transfer-returned"
    version: int
    reason: str

    def assign(self, transfer: Transfer) -> None:
        """Remember why."""
        transfer.return_reason = self.reason


class InformationSheetSent(Fact, frozen=True, gc=False, kw_only=True):
    """The origin sent an information sheet."""

    TOPIC: ClassVar[str] = "information-sheet-sent"
    version: int
    individual_total: Fen
    pooling_total: Fen
    withheld_months: int = 0
    """Months that stay behind: the transfer is partial."""
    withheld_amount: Fen = NO_FEN

    def assign(self, transfer: Transfer) -> None:
        """The latest sheet splits the money."""
        transfer.withheld = (self.withheld_months, self.withheld_amount) if self.withheld_months else None
        if transfer.lump_sums:
            transfer.lump_sums = left_behind(transfer.lump_sums)
        transfer.sheet_version = self.version
        transfer.split = (self.individual_total, self.pooling_total)
        transfer.sheet_received = False


class InformationSheetReceived(Fact, frozen=True, gc=False, kw_only=True):
    """The destination has the sheet."""

    TOPIC: ClassVar[str] = "information-sheet-received"
    version: int

    def assign(self, transfer: Transfer) -> None:
        """The sheet is received."""
        transfer.sheet_received = True


class InformationSheetDeemedReceived(InformationSheetReceived, frozen=True, gc=False, kw_only=True):
    """The sheet counts as received since no receipt came in time."""

    TOPIC: ClassVar[str] = "information-sheet-deemed-received"


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


class MismatchReported(Fact, frozen=True, gc=False, kw_only=True):
    """Sheet and money differ; the money is held in suspense."""

    TOPIC: ClassVar[str] = "mismatch-reported"
    sheet_version: int
    expected: Fen
    received: Fen
    request: str

    def assign(self, transfer: Transfer) -> None:
        """Remember what was found and asked for."""
        transfer.mismatch = self


class TransferCompleted(Fact, frozen=True, gc=False, kw_only=True):
    """The destination completed the transfer."""

    TOPIC: ClassVar[str] = "transfer-completed"
    sheet_version: int
    amount: Fen
    completed_on: date

    def assign(self, transfer: Transfer) -> None:
        """The money is in the destination's fund."""
        transfer.credited = True


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


class TransferClosed(Fact, frozen=True, gc=False, kw_only=True):
    """The destination closed a returned case."""

    TOPIC: ClassVar[str] = "transfer-closed"


class DeadlineApproaching(Fact, frozen=True, gc=False, kw_only=True):
    """A running clock is due soon."""

    TOPIC: ClassVar[str] = "deadline-approaching"
    clock: str
    run: int
    number: int
    due: date

    def assign(self, transfer: Transfer) -> None:
        """The warning was given."""
        transfer.note_clock(self.number, warned=True)


class DeadlineMissed(Fact, frozen=True, gc=False, kw_only=True):
    """A running clock passed its due day."""

    TOPIC: ClassVar[str] = "deadline-missed"
    clock: str
    run: int
    number: int
    due: date

    def assign(self, transfer: Transfer) -> None:
        """The miss was noted."""
        transfer.note_clock(self.number, warned=True, missed=True)
