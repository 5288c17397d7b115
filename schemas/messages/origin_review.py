"""The origin's review of a contact letter: passed, or returned with a reason (退回)."""

from __future__ import annotations

from typing import ClassVar

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Code, Text, Version


class OriginReviewPassed(Submission, frozen=True, gc=False, kw_only=True):
    """The origin has verified the person and the records."""

    NAME: ClassVar[str] = "OriginReviewPassed"
    letter_version: Version


class TransferReturned(Submission, frozen=True, gc=False, kw_only=True):
    """退回: the origin returns the letter with a reason."""

    NAME: ClassVar[str] = "TransferReturned"
    letter_version: Version
    reason_code: Code
    reason_text: Text
