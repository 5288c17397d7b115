"""The message types of the national bus as typed values, a file for each subject; all files of this folder are read.

A message of one subject may be imported from its own file; those that several rooms name can be had from here.

`schemas/avro/` holds the same as released Avro schemas. Every submission carries an `Envelope`. Amounts are integer
fen, instants integer microseconds since 1970 UTC, days are `datetime.date`. Ids are 16 raw bytes
(`uuid.UUID(bytes=...)` reads them). A field whose default is None may be absent.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from typing import Any

from jinbao.schemas.messages.agency_change import AgencyChanged as AgencyChanged
from jinbao.schemas.messages.annulment import FactAnnulled as FactAnnulled
from jinbao.schemas.messages.application import (
    ApplicationAccepted as ApplicationAccepted,
    ApplicationRefused as ApplicationRefused,
)
from jinbao.schemas.messages.arrears import (
    ArrearsDeclined as ArrearsDeclined,
    ArrearsReported as ArrearsReported,
    ArrearsSettled as ArrearsSettled,
)
from jinbao.schemas.messages.bank import (
    BankAccountOpened as BankAccountOpened,
    BankEntry as BankEntry,
    BankMessage as BankMessage,
    BreakInvestigated as BreakInvestigated,
    ConfirmationAnnulled as ConfirmationAnnulled,
    EntryConfirmed as EntryConfirmed,
    StatementBooked as StatementBooked,
)
from jinbao.schemas.messages.certificate import CertificateIssued as CertificateIssued
from jinbao.schemas.messages.completion import TransferCompleted as TransferCompleted
from jinbao.schemas.messages.contact_letter import ContactLetterIssued as ContactLetterIssued
from jinbao.schemas.messages.deadline import (
    ClockRedated as ClockRedated,
    DeadlineApproaching as DeadlineApproaching,
    DeadlineMissed as DeadlineMissed,
    ParkedMessageExpired as ParkedMessageExpired,
)
from jinbao.schemas.messages.envelope import (
    DEAD_LETTERS_TOPIC as DEAD_LETTERS_TOPIC,
    IDENTITY_TOPIC as IDENTITY_TOPIC,
    NO_TRANSFER as NO_TRANSFER,
    PLATFORM as PLATFORM,
    RELATIONSHIP as RELATIONSHIP,
    SUBMISSIONS_TOPIC as SUBMISSIONS_TOPIC,
    Envelope as Envelope,
    StreamEnvelope as StreamEnvelope,
    StreamMessage as StreamMessage,
    Submission as Submission,
    inbox_topic as inbox_topic,
)
from jinbao.schemas.messages.identity_correction import (
    CaseContinued as CaseContinued,
    ContinuationConfirmed as ContinuationConfirmed,
    ContinuationRefused as ContinuationRefused,
    ContinuedCase as ContinuedCase,
    ContinuedClock as ContinuedClock,
    ContinuedLumpSum as ContinuedLumpSum,
    ContinuedMismatch as ContinuedMismatch,
    ContinuedPayment as ContinuedPayment,
    ContinuedRun as ContinuedRun,
    IdentityCorrected as IdentityCorrected,
)
from jinbao.schemas.messages.information_sheet import InformationSheetSent as InformationSheetSent, YearRow as YearRow
from jinbao.schemas.messages.lump_sum import (
    LumpSumDocument as LumpSumDocument,
    LumpSumDocumentRequested as LumpSumDocumentRequested,
    LumpSumDocumentSupplied as LumpSumDocumentSupplied,
    LumpSumFound as LumpSumFound,
    LumpSumNoticeSent as LumpSumNoticeSent,
)
from jinbao.schemas.messages.mismatch import MismatchReported as MismatchReported
from jinbao.schemas.messages.notification import EmployerInformed as EmployerInformed, PersonInformed as PersonInformed
from jinbao.schemas.messages.origin_review import (
    OriginReviewPassed as OriginReviewPassed,
    TransferReturned as TransferReturned,
)
from jinbao.schemas.messages.overlap import OverlapCleared as OverlapCleared
from jinbao.schemas.messages.payment import (
    FundsReceived as FundsReceived,
    FundsRemitted as FundsRemitted,
    FundsReturned as FundsReturned,
    PaymentBounced as PaymentBounced,
    ReturnedFundsReceived as ReturnedFundsReceived,
)
from jinbao.schemas.messages.receipt import (
    ContactLetterDeemedReceived as ContactLetterDeemedReceived,
    ContactLetterReceived as ContactLetterReceived,
    InformationSheetDeemedReceived as InformationSheetDeemedReceived,
    InformationSheetReceived as InformationSheetReceived,
)
from jinbao.schemas.messages.records import (
    MOST_FEN as MOST_FEN,
    Agency as Agency,
    Amount as Amount,
    Code as Code,
    Fen as Fen,
    Id as Id,
    Instant as Instant,
    Int as Int,
    Line as Line,
    Long as Long,
    Months as Months,
    PaymentReference as PaymentReference,
    Postcode as Postcode,
    Province as Province,
    Record as Record,
    Sealed as Sealed,
    Text as Text,
    Version as Version,
    YearMonth as YearMonth,
)
from jinbao.schemas.messages.reversal import TransferReversed as TransferReversed
from jinbao.schemas.messages.settlement import (
    SettlementPaid as SettlementPaid,
    SettlementReceived as SettlementReceived,
    SettlementStated as SettlementStated,
)
from jinbao.schemas.messages.submission_outcome import (
    Outcome as Outcome,
    SubmissionAnswered as SubmissionAnswered,
    SubmissionOutcome as SubmissionOutcome,
    SubmissionOutcomes as SubmissionOutcomes,
)
from jinbao.schemas.messages.suspension import FreezeCause as FreezeCause, TransferFrozen as TransferFrozen
from jinbao.schemas.messages.temporary_account import (
    ContributionsRecorded as ContributionsRecorded,
    TemporaryAccountOpened as TemporaryAccountOpened,
    TemporaryAccountSealed as TemporaryAccountSealed,
)
from jinbao.schemas.messages.transfer_offer import OfferKind as OfferKind, TransferOffered as TransferOffered
from jinbao.schemas.messages.unassigned_funds import (
    UnassignedFundsAssigned as UnassignedFundsAssigned,
    UnassignedFundsReceived as UnassignedFundsReceived,
)
from jinbao.schemas.messages.withdrawal import (
    TransferClosed as TransferClosed,
    TransferWithdrawn as TransferWithdrawn,
    WithdrawalRequested as WithdrawalRequested,
)

for _file in pkgutil.iter_modules(__path__):  # in alphabetical order
    importlib.import_module(f"{__name__}.{_file.name}")


def by_name(messages: Iterable[Any]) -> dict[str, Any]:
    """Message types by their names. Raises TypeError where one has none, or that of another."""
    found: dict[str, Any] = {}
    for message in messages:
        if not message.NAME or message.NAME in found:
            raise TypeError(f"{message.__module__}.{message.__name__}: its NAME '{message.NAME}' is empty or another's")
        found[message.NAME] = message
    return found


SUBMISSIONS: tuple[type[Submission], ...] = tuple(Submission.__subclasses__())
BANK_MESSAGES: tuple[type[BankMessage], ...] = tuple(BankMessage.__subclasses__())
MESSAGES: tuple[type[Record], ...] = (*SUBMISSIONS, *BANK_MESSAGES, SubmissionAnswered, SubmissionOutcomes)
BY_NAME = by_name(MESSAGES)
