"""The ways in which a transfer ends without one: the applicant withdraws, or the destination closes a returned case."""

from __future__ import annotations

from typing import ClassVar

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Text, Version


class WithdrawalRequested(Submission, frozen=True, gc=False, kw_only=True):
    """The applicant wants to withdraw after the letter: the destination asks the origin to return it by agreement."""

    NAME: ClassVar[str] = "WithdrawalRequested"
    letter_version: Version
    reason_text: Text


class TransferWithdrawn(Submission, frozen=True, gc=False, kw_only=True):
    """The applicant has withdrawn: before the letter, or after the origin returned it by agreement."""

    NAME: ClassVar[str] = "TransferWithdrawn"
    reason_text: Text


class TransferClosed(Submission, frozen=True, gc=False, kw_only=True):
    """The destination closes a case that the origin has returned, instead of sending a new letter."""

    NAME: ClassVar[str] = "TransferClosed"
    reason_text: Text
