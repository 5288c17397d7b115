"""Who may say what, and in which state: the table that every message is held against first.

A message in a state of `accept` goes on to its own checks; in a state of `wait` something that must come first has not
been seen, and it is parked; in any other state it is rejected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from jinbao.platform.aggregates.state import FINAL, State
from jinbao.schemas import messages as m

Role = Literal["destination", "origin", "party", "document_holder", "platform"]
"""`party`: either side; `document_holder`: the origin, or the agency where a lump sum was paid."""

_A, _L, _O, _T = State.APPLICATION_REVIEW, State.LETTER_ISSUED, State.ORIGIN_REVIEW, State.TRANSFER
_C, _M, _R = State.CONFIRMATION, State.MISMATCH, State.RETURNED
_F, _U, _DONE = State.FROZEN, State.UNASSIGNED, State.COMPLETED
_OVER = {State.COMPLETED, State.CLOSED, State.WITHDRAWN, State.REFUSED, State.REVERSED}
"""Ended after money may have moved: what the banks still bring is booked, so that no fen is lost from sight."""
_LIVE = frozenset(State) - FINAL - {State.MOVING}
_UNDER_WAY = {_A, _L, _O, _T, _C, _M, _R}
_ANY = set(State) - {State.MOVING, State.MOVED}


@dataclass(frozen=True, slots=True)
class Admission:
    """The sender's role and the states in which a message is taken or must wait."""

    role: Role
    accept: frozenset[State]
    wait: frozenset[State] = frozenset()


def _row(role: Role, accept: set[State], wait: set[State] | None = None) -> Admission:
    return Admission(role, frozenset(accept), frozenset(wait or ()))


ADMISSION: Mapping[type[m.Submission], Admission] = {
    m.ApplicationRefused: _row("destination", {_A}),
    m.ContactLetterIssued: _row("destination", {_A, _R}, {_L, _O, _T}),
    m.ContactLetterReceived: _row("origin", {_L}, {_A, _R}),
    m.OriginReviewPassed: _row("origin", {_O}, {_A, _L, _R}),
    m.TransferReturned: _row("origin", {_O, _T}, {_A, _L}),
    m.InformationSheetSent: _row("origin", {_T, _C, _M}, {_A, _L, _O, _R}),
    m.InformationSheetReceived: _row("destination", {_T, _C, _M, _F}, {_A, _L, _O, _R}),
    m.FundsRemitted: _row("origin", {_T, _C, _M, _R, _F, _U} | _OVER, {_A, _L, _O}),
    m.FundsReceived: _row("destination", {_L, _O, _T, _C, _M, _R, _F} | _OVER, {_A}),
    m.MismatchReported: _row("destination", {_C, _M}, {_A, _L, _O, _T}),
    m.FundsReturned: _row("destination", {_L, _O, _T, _M, _R, _F, _U} | _OVER, {_C}),
    m.ReturnedFundsReceived: _row("origin", {_L, _O, _T, _C, _M, _R, _F, _U} | _OVER),
    m.TransferCompleted: _row("destination", {_C, _M, _F}, {_A, _L, _O, _T}),
    m.WithdrawalRequested: _row("destination", {_L, _O, _T}, {_A}),
    m.TransferWithdrawn: _row("destination", {_A, _R}),
    m.TransferClosed: _row("destination", {_R, _F, _U}),
    m.DeadlineApproaching: Admission("platform", _LIVE),
    m.DeadlineMissed: Admission("platform", _LIVE),
    m.ContactLetterDeemedReceived: _row("platform", {_L}),
    m.InformationSheetDeemedReceived: _row("platform", {_T, _C, _M, _F}),
    m.ClockRedated: Admission("platform", _LIVE),
    m.LumpSumFound: _row("origin", {_O, _T}, {_A, _L, _R}),
    m.LumpSumDocumentRequested: _row("origin", {_O, _T, _DONE}, {_A, _L}),
    m.LumpSumDocumentSupplied: _row("document_holder", {_O, _T, _C, _M, _DONE}, {_A, _L}),
    m.LumpSumNoticeSent: _row("origin", {_O, _T}, {_A, _L}),
    m.ArrearsReported: _row("origin", {_O, _T}, {_A, _L, _R}),
    m.ArrearsSettled: _row("origin", {_O, _T}, {_A, _L}),
    m.ArrearsDeclined: _row("origin", {_O, _T}, {_A, _L}),
    m.PaymentBounced: _row("party", {_L, _O, _T, _C, _M, _R, _F, _U} | _OVER, {_A}),
    m.UnassignedFundsAssigned: _row("destination", {_U}),
    m.TransferFrozen: _row("party", _UNDER_WAY),
    m.TransferReversed: _row("origin", {_DONE}),
    m.IdentityCorrected: _row("party", _UNDER_WAY | {_F}),
    m.ContinuationConfirmed: _row("platform", {State.MOVING}),
    m.ContinuationRefused: _row("platform", {State.MOVING}),
    m.FactAnnulled: _row("party", _ANY),
    m.AgencyChanged: _row("party", _UNDER_WAY | {_F}),
    m.OverlapCleared: _row("destination", {_DONE}, {_T, _C, _M}),
    m.PersonInformed: _row("party", _ANY - {_U}),
    m.EmployerInformed: _row("party", _ANY - {_U}),
}
"""Every message about an existing transfer; others begin one, or are about the relationship."""
