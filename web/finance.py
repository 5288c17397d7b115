"""What the national application tells a province's own before an officer's word: of a break, of a month to seal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, Protocol
from uuid import UUID

import msgspec

BREAKS_PATH = "/finance/breaks"
"""The list; one break lies below it."""
MONTH_PATH = "/finance/month"
MonthText = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
"""YYYY-MM."""
Code = Annotated[str, msgspec.Meta(pattern=r"^([A-Z][A-Z_]{2,39})?$")]
"""Why a word was not taken; empty: it was."""
Told = Literal["", "accepted", "sent"]
"""What became of the word that was just said: taken by the platform, or on its way."""
Word = Literal["investigate", "confirm", "annul", "resolve"]
"""What an officer says of a break."""


class BreakAtHand(NamedTuple):
    """A break, as far as an officer's word about it is held against it."""

    province: str
    account: UUID
    stands: tuple[str, int]
    """State and number of the finding: it changes once a word has had its effect."""
    entry: bytes | None
    entries: tuple[bytes, ...]
    """Ids of the booked entries that it is about."""
    candidates: tuple[str, ...]
    is_confirmed: bool
    """Whether an officer has said which payment its entry is."""


class Cure(NamedTuple):
    """Breaks that come to nothing together, and the id of the event that brought the last of it."""

    breaks: list[bytes]
    event: bytes


class SealToSign(NamedTuple):
    """What a person would sign of an account's month."""

    account: UUID
    fields: Mapping[str, Any]
    """Of the message, without its envelope."""
    code: str | None
    """Why the account would not take it."""


class NationalBreaks(Protocol):
    """Whom a province's application asks: the nation in the same process."""

    def find(self, break_id: UUID) -> BreakAtHand | None:
        """The break as it stands now; None where there never was one."""

    def cure(self, break_id: UUID, event: str) -> Cure | None:
        """What an event (position or id) leaves nothing of the break by; None where a difference remains."""

    def seals(self, province: str, month: str, operator: str) -> list[SealToSign]:
        """The accounts of a province whose month (YYYY-MM) is not sealed, each as this person would sign it."""
