"""办结: the destination books the transfer."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Amount, Version


class TransferCompleted(Submission, frozen=True, gc=False, kw_only=True):
    """办结: the destination has checked sheet and money, credited years and account, and booked the transfer."""

    NAME: ClassVar[str] = "TransferCompleted"
    sheet_version: Version
    individual_total: Amount
    pooling_total: Amount
    completed_on: date
