"""Months in two relationships at once, cleared by a refund to the person (先转后清)."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform import limits
from jinbao.platform.aggregates.decision import Draft, Rejection
from jinbao.platform.aggregates.effect import Effect
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.money import Posting
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.rule import MessageRule, Rule, base_of, to_origin
from jinbao.platform.aggregates.same_money import MOVED_ON, moved_on, reversals
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.money import Fen
from jinbao.rules.payment_reference import is_payment_reference
from jinbao.schemas import messages as m


class OverlapCleared(Fact, frozen=True, gc=False, kw_only=True):
    """Months in two relationships count once; the other's account was refunded to the person."""

    TOPIC: ClassVar[str] = "overlap-cleared"
    months: int
    kept_province: str
    payment_reference: str
    payment_line: int
    refund: Fen
    paid_on: date

    def assign(self, transfer: Transfer) -> None:
        """What was refunded so far."""
        transfer.refunded = Fen(transfer.refunded + self.refund)
        transfer.refunds = (*transfer.refunds, (self.payment_reference, self.payment_line))


def _clear_overlap(t: Transfer, message: m.OverlapCleared, at: int) -> Draft:
    if not is_payment_reference(message.payment_reference):
        return Rejection("PAYMENT_REFERENCE_INVALID", "payment_reference")
    if t.split is None or message.refund + t.refunded > t.split[0]:
        return Rejection("PAYMENT_EXCEEDS_EXCESS", "refund")
    if len(t.refunds) >= limits.PAYMENT_LINES.most:
        return Rejection(limits.CODE, limits.PAYMENT_LINES.field)
    return OverlapCleared(
        **base_of(t, message),
        months=message.months,
        kept_province=message.kept_province,
        payment_reference=message.payment_reference,
        payment_line=message.payment_line,
        refund=message.refund,
        paid_on=message.paid_on,
    )


def _went_elsewhere(r: Relationship, t: Transfer, message: m.OverlapCleared, at: int) -> Draft | None:
    undone = any(other.split is not None for other in reversals(r, t))
    if message.refund and (undone or moved_on(r, t)):
        return Rejection(MOVED_ON, "refund")
    return None


def _paid_to_the_person(fact: OverlapCleared, before: Transfer | None, after: Transfer) -> tuple[Posting, ...]:
    """The destination's fund pays the account of the overlapping months; pooling money stays."""
    if fact.refund == 0:
        return ()
    line = (after.destination, fact.payment_reference, fact.payment_line)
    return (
        Posting("destination_fund", *line, -fact.refund, 0, 0),
        Posting("refunded", *line, fact.refund, 0, 0),
    )


RULES: tuple[Rule, ...] = (
    MessageRule(
        message=m.OverlapCleared,
        role="destination",
        accept={State.COMPLETED},
        wait={State.TRANSFER, State.CONFIRMATION, State.MISMATCH},
        recorded_before=lambda t, message: (message.payment_reference, message.payment_line) in t.refunds,
        objection=_went_elsewhere,
        decide=_clear_overlap,
        fact=OverlapCleared,
        effect=Effect(postings=_paid_to_the_person),
        readers=to_origin,
    ),
)
