"""A corrected identity: a case moves to the relationship of the right number."""

from __future__ import annotations

from typing import ClassVar

from jinbao.platform.aggregates.continuation import transfer_from, transfer_from_snapshot
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.schemas.messages import ContinuedCase


class IdentityCorrected(Fact, frozen=True, gc=False, kw_only=True):
    """The case is to go on in the relationship of the right number; here it waits until that one has taken it."""

    TOPIC: ClassVar[str] = "identity-corrected"
    reason: str
    new_relationship: bytes
    snapshot: bytes = b""
    """The transfer as it stood before, in earlier releases, which ended it here at once."""

    def assign(self, transfer: Transfer) -> None:
        """Remember where it goes, and how it stood."""
        transfer.moving_to, transfer.stood = self.new_relationship, (transfer.state, transfer.waiting_for)


class ContinuationConfirmed(Fact, frozen=True, gc=False, kw_only=True):
    """The relationship of the right number has taken the case; here it ends."""

    TOPIC: ClassVar[str] = "continuation-confirmed"
    new_relationship: bytes


class ContinuationRefused(Fact, frozen=True, gc=False, kw_only=True):
    """The relationship of the right number could not take the case; here it stands as it stood."""

    TOPIC: ClassVar[str] = "continuation-refused"
    new_relationship: bytes
    code: str
    field: str = ""

    def assign(self, transfer: Transfer) -> None:
        """It goes nowhere."""
        transfer.moving_to, transfer.stood = b"", None


class CaseContinued(Fact, frozen=True, gc=False, kw_only=True):
    """A live transfer came from the relationship of the wrong number."""

    TOPIC: ClassVar[str] = "case-continued"
    old_relationship: bytes
    snapshot: bytes = b""
    """The transfer as it stood, as earlier releases kept it."""
    transfer_id: bytes = b""
    case: ContinuedCase | None = None
    """The transfer as it stood."""

    def begin(self) -> Transfer:
        """The transfer as it stood, under its number here; its clocks start again as this fact's consequences say."""
        if self.case is not None:
            return transfer_from(self.case, self.transfer, self.transfer_id)
        return transfer_from_snapshot(self.snapshot, self.transfer)
