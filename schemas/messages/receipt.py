"""Receipts of contact letter and information sheet, real and deemed: each starts the receiver's clock."""

from __future__ import annotations

from typing import ClassVar

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Version


class ContactLetterReceived(Submission, frozen=True, gc=False, kw_only=True):
    """The origin's adapter has received the letter; the origin's clock starts."""

    NAME: ClassVar[str] = "ContactLetterReceived"
    letter_version: Version


class ContactLetterDeemedReceived(Submission, frozen=True, gc=False, kw_only=True):
    """Platform: the letter was delivered a working day ago and no receipt came."""

    NAME: ClassVar[str] = "ContactLetterDeemedReceived"
    letter_version: Version


class InformationSheetReceived(Submission, frozen=True, gc=False, kw_only=True):
    """The destination's adapter has received the sheet."""

    NAME: ClassVar[str] = "InformationSheetReceived"
    sheet_version: Version


class InformationSheetDeemedReceived(Submission, frozen=True, gc=False, kw_only=True):
    """Platform: the sheet was delivered a working day ago and no receipt came."""

    NAME: ClassVar[str] = "InformationSheetDeemedReceived"
    sheet_version: Version
