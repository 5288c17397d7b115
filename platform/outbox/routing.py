"""Who is told of an accepted submission: the other side of the case, or whoever must act."""

from __future__ import annotations

from collections.abc import Mapping

from jinbao.platform.aggregates import (
    facts,
    identity_facts,
    lump_sum_facts,
    rare_facts as rare,
    settlement_facts as settlement,
)
from jinbao.platform.aggregates.facts import Fact
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.schemas import messages as m

_TO_ORIGIN, _TO_DESTINATION, _TO_BOTH = ("origin",), ("destination",), ("origin", "destination")

READERS: Mapping[type[Fact], tuple[str, ...]] = {
    facts.ContactLetterIssued: _TO_ORIGIN,
    facts.ContactLetterReceived: _TO_DESTINATION,
    facts.ContactLetterDeemedReceived: _TO_BOTH,
    facts.OriginReviewPassed: _TO_DESTINATION,
    facts.TransferReturned: _TO_DESTINATION,
    facts.InformationSheetSent: _TO_DESTINATION,
    facts.InformationSheetReceived: _TO_ORIGIN,
    facts.InformationSheetDeemedReceived: _TO_BOTH,
    facts.FundsRemitted: _TO_DESTINATION,
    facts.FundsReceived: _TO_ORIGIN,
    facts.FundsReturned: _TO_ORIGIN,
    facts.ReturnedFundsReceived: _TO_DESTINATION,
    facts.MismatchReported: _TO_ORIGIN,
    facts.TransferCompleted: _TO_ORIGIN,
    facts.WithdrawalRequested: _TO_ORIGIN,
    facts.TransferWithdrawn: _TO_ORIGIN,
    facts.TransferClosed: _TO_ORIGIN,
    rare.TransferOffered: _TO_DESTINATION,
    rare.UnassignedFundsReceived: _TO_ORIGIN,
    rare.UnassignedFundsAssigned: _TO_ORIGIN,
    lump_sum_facts.LumpSumFound: _TO_DESTINATION,
    lump_sum_facts.LumpSumNoticeSent: _TO_DESTINATION,
    rare.ArrearsReported: _TO_DESTINATION,
    rare.ArrearsSettled: _TO_DESTINATION,
    rare.ArrearsDeclined: _TO_DESTINATION,
    rare.PaymentBounced: _TO_DESTINATION,
    rare.TransferReversed: _TO_DESTINATION,
    rare.FactAnnulled: _TO_BOTH,
    rare.ClockRedated: _TO_BOTH,
    rare.OverlapCleared: _TO_ORIGIN,
}
"""Fact → roles whose inbox gets the message; the origin hears of a case from its first letter on."""

_DEADLINES = (facts.DeadlineApproaching, facts.DeadlineMissed)


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
        case rare.TransferFrozen() | identity_facts.IdentityCorrected() | rare.AgencyChanged():
            return (transfer.origin if sender == transfer.destination else transfer.destination,)
        case identity_facts.CaseContinued() | identity_facts.ContinuationRefused():
            return (transfer.origin, transfer.destination)  # both were told that it moves
        case lump_sum_facts.LumpSumDocumentRequested():
            return (fact.paid_in,) if fact.paid_in != transfer.origin else ()
        case lump_sum_facts.LumpSumDocumentSupplied():
            return tuple(p for p in (transfer.origin, transfer.destination) if p != sender)
    return ()


def readers_of_settlement(fact: Fact, message: m.Submission) -> tuple[str, ...]:
    """Province codes whose inbox gets a message about a settlement; of other relationship facts nobody is told."""
    match fact, message:
        case settlement.SettlementStated(), _:
            return (fact.first, fact.second)
        case (
            (settlement.SettlementPaid() | settlement.SettlementReceived()),
            (m.SettlementPaid() | m.SettlementReceived()),
        ):
            return (message.counterpart,)
    return ()
