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

NOBODY = ""
"""`waiting_for` of a case in which nobody has to act."""
