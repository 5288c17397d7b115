"""The completion of a transfer (办结)."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates import money
from jinbao.platform.aggregates.case_postings import of_lines
from jinbao.platform.aggregates.decision import WAIT, Draft, Rejection
from jinbao.platform.aggregates.effect import Effect
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.money import Posting, between_funds
from jinbao.platform.aggregates.rule import MessageRule, Rule, base_of, to_origin
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.money import NO_FEN, Fen
from jinbao.rules.procedures import Milestone
from jinbao.schemas import messages as m


class TransferCompleted(Fact, frozen=True, gc=False, kw_only=True):
    """The destination completed the transfer."""

    TOPIC: ClassVar[str] = "transfer-completed"
    sheet_version: int
    amount: Fen
    completed_on: date

    def assign(self, transfer: Transfer) -> None:
        """The money is in the destination's fund."""
        transfer.credited = True


def _complete_transfer(t: Transfer, message: m.TransferCompleted, at: int) -> Draft:
    if message.sheet_version != t.sheet_version:
        return WAIT if message.sheet_version > t.sheet_version else Rejection("VERSION_OUT_OF_ORDER", "sheet_version")
    if (message.individual_total, message.pooling_total) != t.split:
        return Rejection("AMOUNT_DIFFERS", "individual_total")
    if not t.sheet_received:
        return WAIT
    if not t.sheet_and_funds_match or money.on_the_way(t.payments):
        return Rejection("SHEET_FUNDS_MISMATCH")
    return TransferCompleted(
        **base_of(t, message),
        sheet_version=message.sheet_version,
        amount=NO_FEN if t.money == "none" else Fen(message.individual_total + message.pooling_total),
        completed_on=message.completed_on,
    )


def _booked(fact: TransferCompleted, before: Transfer | None, after: Transfer) -> tuple[Posting, ...]:
    """The lines go to the destination's fund; a sum that is settled by period stands between the provinces."""
    moved = of_lines(fact, before, after)
    return moved + between_funds(after.split, after.origin, after.destination) if after.money == "by_period" else moved


RULES: tuple[Rule, ...] = (
    MessageRule(
        message=m.TransferCompleted,
        role="destination",
        accept={State.CONFIRMATION, State.MISMATCH, State.FROZEN},
        wait={State.APPLICATION_REVIEW, State.LETTER_ISSUED, State.ORIGIN_REVIEW, State.TRANSFER},
        recorded_before=lambda t, _: t.credited,
        decide=_complete_transfer,
        fact=TransferCompleted,
        ordinary=True,
        has_object=lambda t: t.sheet_and_funds_match,
        effect=Effect(state=State.COMPLETED, milestones=(Milestone.completed,), counted=True, postings=_booked),
        readers=to_origin,
    ),
)
