"""The origin's review of a contact letter: passed, or the letter returned (退回)."""

from __future__ import annotations

from typing import ClassVar

from jinbao.platform.aggregates.decision import WAIT, Draft, Rejection
from jinbao.platform.aggregates.effect import Effect
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.rule import MessageRule, Rule, base_of, to_destination
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.procedures import Milestone
from jinbao.rules.reason_codes import WITHDRAWAL_AGREED, reasons
from jinbao.schemas import messages as m

_RETURNS = frozenset(reason.code for reason in reasons("return"))
_PASSED = {State.TRANSFER, State.CONFIRMATION, State.MISMATCH, State.COMPLETED, State.REVERSED}


class OriginReviewPassed(Fact, frozen=True, gc=False, kw_only=True):
    """The origin verified person and records."""

    TOPIC: ClassVar[str] = "origin-review-passed"
    letter_version: int


class TransferReturned(Fact, frozen=True, gc=False, kw_only=True):
    """The origin returned the letter."""

    TOPIC: ClassVar[str] = "transfer-returned"
    letter_version: int
    reason_code: str

    def assign(self, transfer: Transfer) -> None:
        """Remember why."""
        transfer.return_reason = self.reason_code


def _pass_origin_review(t: Transfer, message: m.OriginReviewPassed, at: int) -> Draft:
    if message.letter_version > t.letter_version:
        return WAIT
    return OriginReviewPassed(**base_of(t, message), letter_version=message.letter_version)


def _return_transfer(t: Transfer, message: m.TransferReturned, at: int) -> Draft:
    if message.letter_version > t.letter_version:
        return WAIT
    if message.reason_code not in _RETURNS:
        return Rejection("UNKNOWN_REASON_CODE", "reason_code")
    if message.reason_code == WITHDRAWAL_AGREED and not t.withdrawal_requested:
        return Rejection("WITHDRAWAL_NOT_AGREED", "reason_code")
    if t.split is not None or t.holds_money:
        return Rejection("STATE_CONFLICT")
    return TransferReturned(
        **base_of(t, message), letter_version=message.letter_version, reason_code=message.reason_code
    )


RULES: tuple[Rule, ...] = (
    MessageRule(
        message=m.OriginReviewPassed,
        role="origin",
        accept={State.ORIGIN_REVIEW},
        wait={State.APPLICATION_REVIEW, State.LETTER_ISSUED, State.RETURNED},
        recorded_before=lambda t, message: t.knows_letter(message.letter_version, t.state in _PASSED),
        decide=_pass_origin_review,
        fact=OriginReviewPassed,
        ordinary=True,
        effect=Effect(state=State.TRANSFER, milestones=(Milestone.review_passed,)),
        readers=to_destination,
        annullable=True,
    ),
    MessageRule(
        message=m.TransferReturned,
        role="origin",
        accept={State.ORIGIN_REVIEW, State.TRANSFER},
        wait={State.APPLICATION_REVIEW, State.LETTER_ISSUED},
        recorded_before=lambda t, message: t.knows_letter(message.letter_version, t.return_reason is not None),
        decide=_return_transfer,
        fact=TransferReturned,
        has_object=lambda t: t.split is None and not t.holds_money,
        effect=Effect(state=State.RETURNED, milestones=(Milestone.returned,), counted=True),
        readers=to_destination,
        annullable=True,
    ),
)
