"""Who is told of an accepted submission: the other side of the case, or whoever must act."""

from __future__ import annotations

from collections.abc import Mapping

from jinbao.platform.aggregates import facts
from jinbao.platform.aggregates.facts import Fact
from jinbao.platform.aggregates.transfer import Transfer

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
}
"""Fact → roles whose inbox gets the message; the origin hears of a case from its first letter on."""

_DEADLINES = (facts.DeadlineApproaching, facts.DeadlineMissed)


def readers(fact: Fact, transfer: Transfer) -> tuple[str, ...]:
    """Province codes whose inbox gets the submission behind a fact."""
    roles = READERS.get(type(fact), ())
    if roles and transfer.letter_version:
        return tuple([transfer.origin if role == "origin" else transfer.destination for role in roles])
    if isinstance(fact, _DEADLINES):
        return tuple(c.start.responsible for c in transfer.clocks if c.start.number == fact.number)
    return ()
