"""The states of a transfer."""

from __future__ import annotations

from enum import StrEnum


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
UNDER_WAY = frozenset(
    {
        State.APPLICATION_REVIEW,
        State.LETTER_ISSUED,
        State.ORIGIN_REVIEW,
        State.TRANSFER,
        State.CONFIRMATION,
        State.MISMATCH,
        State.RETURNED,
    }
)
"""Between application and end, nothing unusual having happened to the person."""
LIVE = frozenset(State) - FINAL - {State.MOVING}
OVER = FINAL - {State.MOVED}
"""Ended after money may have moved: what the banks still bring is booked, so that no fen is lost from sight."""
TAKES_MONEY = (UNDER_WAY - {State.APPLICATION_REVIEW}) | {State.FROZEN} | OVER
"""A receipt of money is taken in."""

NOBODY = ""
"""`waiting_for` of a case in which nobody has to act."""
