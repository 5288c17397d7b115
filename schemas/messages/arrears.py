"""欠费: months that were not paid, and what the person decides about them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

import msgspec

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Amount, Version


class ArrearsReported(Submission, frozen=True, gc=False, kw_only=True):
    """欠费: the origin found months that were not paid; the person may pay the own part first."""

    NAME: ClassVar[str] = "ArrearsReported"
    letter_version: Version
    months: Annotated[int, msgspec.Meta(ge=1, le=1200)]
    own_part: Amount


class ArrearsSettled(Submission, frozen=True, gc=False, kw_only=True):
    """The person paid the own part: those months and the employer's part move too."""

    NAME: ClassVar[str] = "ArrearsSettled"
    paid_on: date
    amount: Amount


class ArrearsDeclined(Submission, frozen=True, gc=False, kw_only=True):
    """The person declined: those months carry neither years nor money, and cannot be paid later."""

    NAME: ClassVar[str] = "ArrearsDeclined"
    declined_on: date
