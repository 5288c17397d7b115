"""The outcomes of bus messages, as log and intake count them."""

from __future__ import annotations

from enum import IntEnum


class Outcome(IntEnum):
    """What became of a bus message; stored by number."""

    ACCEPTED = 1
    DUPLICATE = 2
    PARKED = 3
    REJECTED = 4
    DEAD_LETTER = 5
    FORWARDED = 6
    """Sent on to its own partition, where it gets its outcome: not one of the five, and not counted."""
