"""A fact that its sender takes back."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.fact import Fact
from jinbao.rules.money import Fen


class FactAnnulled(Fact, frozen=True, gc=False, kw_only=True):
    """The sender took its last fact back."""

    TOPIC: ClassVar[str] = "fact-annulled"
    annulled: bytes
    letter_version: int
    """Version of the letter, of the sheet and its total as they count again; 0 where there is none."""
    sheet_version: int
    sheet_total: Fen
    reason: str = ""
    """Why the case stands where it stands again, and whose receipt is outstanding again."""
    awaiting: str = ""
    undone: str = ""
    """Stored topic of the annulled fact; empty where an earlier release recorded it."""
    undone_on: date | None = None
    """The day on which the bus took that fact: whoever counted it did so on that day."""
