"""A break as the national application knows it: what it tells a province's application before an officer's word."""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol
from uuid import UUID

BREAKS_PATH = "/finance/breaks"
"""The list; one break lies below it."""
Word = Literal["investigate", "confirm", "annul", "resolve"]
"""What an officer says of a break."""


class BreakAtHand(NamedTuple):
    """A break, as far as an officer's word about it is held against it."""

    province: str
    account: UUID
    stands: tuple[str, int]
    """State and number of the finding: it changes once a word has had its effect."""
    entry: bytes | None
    candidates: tuple[str, ...]
    is_confirmed: bool
    """Whether an officer has said which payment its entry is."""


class Cure(NamedTuple):
    """Breaks that come to nothing together, and the id of the event that brought the last of it."""

    breaks: list[bytes]
    event: bytes


class NationalBreaks(Protocol):
    """Whom a province's application asks: the nation in the same process."""

    def find(self, break_id: UUID) -> BreakAtHand | None:
        """The break as it stands now; None where there never was one."""

    def cure(self, break_id: UUID, event: str) -> Cure | None:
        """What an event (position or id) leaves nothing of the break by; None where a difference remains."""
