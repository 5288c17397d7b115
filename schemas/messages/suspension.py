"""A transfer is frozen: death, loss of nationality, start of a pension."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Text

FreezeCause = Literal["death", "nationality_lost", "pension_started"]


class TransferFrozen(Submission, frozen=True, gc=False, kw_only=True):
    """The person died, lost Chinese nationality or drew a pension meanwhile: nothing new begins."""

    NAME: ClassVar[str] = "TransferFrozen"
    cause: FreezeCause
    happened_on: date
    document_number: Text
