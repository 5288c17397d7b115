"""The destination finds that sheet and money differ."""

from __future__ import annotations

from typing import ClassVar, Literal

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Amount, Text, Version


class MismatchReported(Submission, frozen=True, gc=False, kw_only=True):
    """The destination finds that sheet and money differ, holds the money in suspense and asks the origin."""

    NAME: ClassVar[str] = "MismatchReported"
    sheet_version: Version
    expected: Amount
    received: Amount
    request: Literal["correct_sheet", "top_up", "take_back_excess"]
    text: Text
