"""Receipts of letter and sheet: reported by the reader, or deemed received when no receipt comes in time."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.transfer import Transfer


class ContactLetterReceived(Fact, frozen=True, gc=False, kw_only=True):
    """The origin has the letter."""

    TOPIC: ClassVar[str] = "contact-letter-received"
    version: int
    day: date | None = None
    """The day on which it was received, as clocks count it."""

    def assign(self, transfer: Transfer) -> None:
        """The letter is received."""
        transfer.letter_received = True
        transfer.letter_received_on = self.day


class ContactLetterDeemedReceived(ContactLetterReceived, frozen=True, gc=False, kw_only=True):
    """The letter counts as received since no receipt came in time."""

    TOPIC: ClassVar[str] = "contact-letter-deemed-received"


class InformationSheetReceived(Fact, frozen=True, gc=False, kw_only=True):
    """The destination has the sheet."""

    TOPIC: ClassVar[str] = "information-sheet-received"
    version: int

    def assign(self, transfer: Transfer) -> None:
        """The sheet is received."""
        transfer.sheet_received = True


class InformationSheetDeemedReceived(InformationSheetReceived, frozen=True, gc=False, kw_only=True):
    """The sheet counts as received since no receipt came in time."""

    TOPIC: ClassVar[str] = "information-sheet-deemed-received"
