"""Who is told of an accepted submission: the other side of the case, or whoever must act."""

from __future__ import annotations

from collections.abc import Mapping

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.subjects.agency_change import AgencyChanged
from jinbao.platform.aggregates.subjects.annulment import FactAnnulled
from jinbao.platform.aggregates.subjects.arrears import ArrearsDeclined, ArrearsReported, ArrearsSettled
from jinbao.platform.aggregates.subjects.completion import TransferClosed, TransferCompleted
from jinbao.platform.aggregates.subjects.contact_letter import ContactLetterIssued
from jinbao.platform.aggregates.subjects.deadline import ClockRedated, DeadlineApproaching, DeadlineMissed
from jinbao.platform.aggregates.subjects.identity_correction import (
    CaseContinued,
    ContinuationRefused,
    IdentityCorrected,
)
from jinbao.platform.aggregates.subjects.information_sheet import InformationSheetSent
from jinbao.platform.aggregates.subjects.lump_sum import (
    LumpSumDocumentRequested,
    LumpSumDocumentSupplied,
    LumpSumFound,
    LumpSumNoticeSent,
)
from jinbao.platform.aggregates.subjects.mismatch import MismatchReported
from jinbao.platform.aggregates.subjects.origin_review import OriginReviewPassed, TransferReturned
from jinbao.platform.aggregates.subjects.overlap import OverlapCleared
from jinbao.platform.aggregates.subjects.payment import (
    FundsReceived,
    FundsRemitted,
    FundsReturned,
    PaymentBounced,
    ReturnedFundsReceived,
)
from jinbao.platform.aggregates.subjects.receipt import (
    ContactLetterDeemedReceived,
    ContactLetterReceived,
    InformationSheetDeemedReceived,
    InformationSheetReceived,
)
from jinbao.platform.aggregates.subjects.reversal import TransferReversed
from jinbao.platform.aggregates.subjects.settlement import SettlementPaid, SettlementReceived, SettlementStated
from jinbao.platform.aggregates.subjects.suspension import TransferFrozen
from jinbao.platform.aggregates.subjects.transfer_offer import TransferOffered
from jinbao.platform.aggregates.subjects.unassigned_funds import UnassignedFundsAssigned, UnassignedFundsReceived
from jinbao.platform.aggregates.subjects.withdrawal import TransferWithdrawn, WithdrawalRequested
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.schemas import messages as m

_TO_ORIGIN, _TO_DESTINATION, _TO_BOTH = ("origin",), ("destination",), ("origin", "destination")

READERS: Mapping[type[Fact], tuple[str, ...]] = {
    ContactLetterIssued: _TO_ORIGIN,
    ContactLetterReceived: _TO_DESTINATION,
    ContactLetterDeemedReceived: _TO_BOTH,
    OriginReviewPassed: _TO_DESTINATION,
    TransferReturned: _TO_DESTINATION,
    InformationSheetSent: _TO_DESTINATION,
    InformationSheetReceived: _TO_ORIGIN,
    InformationSheetDeemedReceived: _TO_BOTH,
    FundsRemitted: _TO_DESTINATION,
    FundsReceived: _TO_ORIGIN,
    FundsReturned: _TO_ORIGIN,
    ReturnedFundsReceived: _TO_DESTINATION,
    MismatchReported: _TO_ORIGIN,
    TransferCompleted: _TO_ORIGIN,
    WithdrawalRequested: _TO_ORIGIN,
    TransferWithdrawn: _TO_ORIGIN,
    TransferClosed: _TO_ORIGIN,
    TransferOffered: _TO_DESTINATION,
    UnassignedFundsReceived: _TO_ORIGIN,
    UnassignedFundsAssigned: _TO_ORIGIN,
    LumpSumFound: _TO_DESTINATION,
    LumpSumNoticeSent: _TO_DESTINATION,
    ArrearsReported: _TO_DESTINATION,
    ArrearsSettled: _TO_DESTINATION,
    ArrearsDeclined: _TO_DESTINATION,
    PaymentBounced: _TO_DESTINATION,
    TransferReversed: _TO_DESTINATION,
    FactAnnulled: _TO_BOTH,
    ClockRedated: _TO_BOTH,
    OverlapCleared: _TO_ORIGIN,
}
"""Fact → roles whose inbox gets the message; the origin hears of a case from its first letter on."""

_DEADLINES = (DeadlineApproaching, DeadlineMissed)


def readers(fact: Fact, transfer: Transfer, sender: str) -> tuple[str, ...]:
    """Province codes whose inbox gets the submission behind a fact, `sender` being who said it."""
    roles = READERS.get(type(fact), ())
    if roles and (transfer.letter_version or transfer.kind != "application"):
        if roles is _TO_DESTINATION:
            return (transfer.destination,)
        return (transfer.origin,) if roles is _TO_ORIGIN else (transfer.origin, transfer.destination)
    if isinstance(fact, _DEADLINES):
        return tuple(c.start.responsible for c in transfer.clocks if c.start.number == fact.number)
    match fact:
        case TransferFrozen() | IdentityCorrected() | AgencyChanged():
            return (transfer.origin if sender == transfer.destination else transfer.destination,)
        case CaseContinued() | ContinuationRefused():
            return (transfer.origin, transfer.destination)  # both were told that it moves
        case LumpSumDocumentRequested():
            return (fact.paid_in,) if fact.paid_in != transfer.origin else ()
        case LumpSumDocumentSupplied():
            return tuple(p for p in (transfer.origin, transfer.destination) if p != sender)
    return ()


def readers_of_settlement(fact: Fact, message: m.Submission) -> tuple[str, ...]:
    """Province codes whose inbox gets a message about a settlement; of other relationship facts nobody is told."""
    match fact, message:
        case SettlementStated(), _:
            return (fact.first, fact.second)
        case (
            (SettlementPaid() | SettlementReceived()),
            (m.SettlementPaid() | m.SettlementReceived()),
        ):
            return (message.counterpart,)
    return ()
