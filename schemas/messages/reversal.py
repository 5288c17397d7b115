"""A completed transfer is undone by an opposite one."""

from __future__ import annotations

from typing import ClassVar

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Id, Text


class TransferReversed(Submission, frozen=True, gc=False, kw_only=True):
    """The first transfer is undone: an opposite one, which names it, was completed."""

    NAME: ClassVar[str] = "TransferReversed"
    reversal: Id
    reason_text: Text
