"""联系函: the destination asks the origin for records and money."""

from __future__ import annotations

from typing import ClassVar

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Agency, Sealed, Text, Version


class ContactLetterIssued(Submission, frozen=True, gc=False, kw_only=True):
    """联系函: the destination asks the origin for records and money."""

    NAME: ClassVar[str] = "ContactLetterIssued"
    letter_version: Version
    letter_number: Text
    agency: Agency
    personal: Sealed
