"""A transfer given up: withdrawn (撤回) before or after the letter, or closed after a return."""

from __future__ import annotations

from typing import ClassVar

from jinbao.platform.aggregates.decision import Draft, Rejection
from jinbao.platform.aggregates.effect import Effect
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.rule import MessageRule, Rule, base_of, to_origin
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.procedures import Milestone
from jinbao.rules.reason_codes import WITHDRAWAL_AGREED
from jinbao.schemas import messages as m


class WithdrawalRequested(Fact, frozen=True, gc=False, kw_only=True):
    """The applicant asked to withdraw after the letter."""

    TOPIC: ClassVar[str] = "withdrawal-requested"
    letter_version: int

    def assign(self, transfer: Transfer) -> None:
        """The origin may now return the letter by agreement."""
        transfer.withdrawal_requested = True


class TransferWithdrawn(Fact, frozen=True, gc=False, kw_only=True):
    """The applicant withdrew."""

    TOPIC: ClassVar[str] = "transfer-withdrawn"


class TransferClosed(Fact, frozen=True, gc=False, kw_only=True):
    """The destination closed a returned case."""

    TOPIC: ClassVar[str] = "transfer-closed"


def _request_withdrawal(t: Transfer, message: m.WithdrawalRequested, at: int) -> Draft:
    if message.letter_version != t.letter_version:
        return Rejection("VERSION_OUT_OF_ORDER", "letter_version")
    if t.split is not None or t.holds_money:
        return Rejection("STATE_CONFLICT")
    return WithdrawalRequested(**base_of(t, message), letter_version=message.letter_version)


def _withdraw_transfer(t: Transfer, message: m.TransferWithdrawn, at: int) -> Draft:
    if t.state is State.RETURNED and t.return_reason != WITHDRAWAL_AGREED:
        return Rejection("WITHDRAWAL_NOT_AGREED")
    if t.holds_money:
        return Rejection("MONEY_STILL_HELD")
    return TransferWithdrawn(**base_of(t, message))


def _close_transfer(t: Transfer, message: m.TransferClosed, at: int) -> Draft:
    if t.holds_money:
        return Rejection("MONEY_STILL_HELD")
    return TransferClosed(**base_of(t, message))


RULES: tuple[Rule, ...] = (
    MessageRule(
        message=m.WithdrawalRequested,
        role="destination",
        accept={State.LETTER_ISSUED, State.ORIGIN_REVIEW, State.TRANSFER},
        wait={State.APPLICATION_REVIEW},
        recorded_before=lambda t, message: t.withdrawal_requested and message.letter_version == t.letter_version,
        decide=_request_withdrawal,
        fact=WithdrawalRequested,
        readers=to_origin,
        annullable=True,
    ),
    MessageRule(
        message=m.TransferWithdrawn,
        role="destination",
        accept={State.APPLICATION_REVIEW, State.RETURNED},
        recorded_before=lambda t, _: t.state is State.WITHDRAWN,
        decide=_withdraw_transfer,
        fact=TransferWithdrawn,
        has_object=lambda t: t.state is State.APPLICATION_REVIEW or t.return_reason == WITHDRAWAL_AGREED,
        effect=Effect(state=State.WITHDRAWN, milestones=(Milestone.withdrawn,), counted=True),
        readers=to_origin,
        annullable=True,
    ),
    MessageRule(
        message=m.TransferClosed,
        role="destination",
        accept={State.RETURNED, State.FROZEN, State.UNASSIGNED},
        recorded_before=lambda t, _: t.state is State.CLOSED,
        decide=_close_transfer,
        fact=TransferClosed,
        ordinary=True,
        effect=Effect(state=State.CLOSED, milestones=(Milestone.closed,)),
        readers=to_origin,
        annullable=True,
    ),
)
