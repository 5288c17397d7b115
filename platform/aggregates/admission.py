"""Who may say what, and in which state: the table that every message is held against first.

A message in a state of `accept` goes on to its own checks; in a state of `wait` something that must come first has not
been seen, and it is parked; in any other state it is rejected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from jinbao.platform.aggregates.facts import FINAL, State
from jinbao.schemas import messages as m

Role = Literal["destination", "origin", "platform"]

_A, _L, _O, _T = State.APPLICATION_REVIEW, State.LETTER_ISSUED, State.ORIGIN_REVIEW, State.TRANSFER
_C, _M, _R = State.CONFIRMATION, State.MISMATCH, State.RETURNED
_OVER = {State.COMPLETED, State.CLOSED, State.WITHDRAWN}
"""Ended after money may have moved: what the banks still bring is booked, so that no fen is lost from sight."""
_LIVE = frozenset(State) - FINAL


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
    m.InformationSheetReceived: _row("destination", {_T, _C, _M}, {_A, _L, _O, _R}),
    m.FundsRemitted: _row("origin", {_T, _C, _M} | _OVER, {_A, _L, _O, _R}),
    m.FundsReceived: _row("destination", {_L, _O, _T, _C, _M, _R} | _OVER, {_A}),
    m.MismatchReported: _row("destination", {_C, _M}, {_A, _L, _O, _T}),
    m.FundsReturned: _row("destination", {_M, _R} | _OVER, {_T, _C}),
    m.ReturnedFundsReceived: _row("origin", {_C, _M, _R} | _OVER),
    m.TransferCompleted: _row("destination", {_C, _M}, {_A, _L, _O, _T}),
    m.WithdrawalRequested: _row("destination", {_L, _O, _T}, {_A}),
    m.TransferWithdrawn: _row("destination", {_A, _R}),
    m.TransferClosed: _row("destination", {_R}),
    m.DeadlineApproaching: Admission("platform", _LIVE),
    m.DeadlineMissed: Admission("platform", _LIVE),
    m.ContactLetterDeemedReceived: _row("platform", {_L}),
    m.InformationSheetDeemedReceived: _row("platform", {_T, _C, _M}),
}
"""Every message about an existing transfer; `ApplicationAccepted` begins one."""
