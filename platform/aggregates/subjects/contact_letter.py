"""The contact letter (联系函), by which the destination asks the origin for the transfer."""

from __future__ import annotations

from typing import ClassVar

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.transfer import Transfer


class ContactLetterIssued(Fact, frozen=True, gc=False, kw_only=True):
    """The destination sent a contact letter."""

    TOPIC: ClassVar[str] = "contact-letter-issued"
    version: int
    letter: str

    def assign(self, transfer: Transfer) -> None:
        """The new letter replaces the former; whatever was agreed about that one is over."""
        transfer.letter_version = self.version
        transfer.letter_received = False
        transfer.withdrawal_requested = False
        transfer.return_reason = None
