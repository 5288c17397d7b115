"""Payments: remitted, received, returned, received back, or bounced."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any, ClassVar

import msgspec

from jinbao.platform import limits
from jinbao.platform.aggregates import money
from jinbao.platform.aggregates.case_postings import of_line, of_lines
from jinbao.platform.aggregates.decision import WAIT, Draft, Rejection
from jinbao.platform.aggregates.effect import Effect
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.money import PaymentLine, put
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.rule import MessageRule, Rule, base_of, to_destination, to_origin
from jinbao.platform.aggregates.state import OVER, TAKES_MONEY, UNDER_WAY, State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.payment_reference import is_payment_reference
from jinbao.schemas import messages as m

_RECEIPT_FIRST = ("temporary_move", "temporary_collection")
"""A temporary account's money moves once the receiver has answered with a receipt (domain.md §1)."""
_AFTER_THE_LETTER = UNDER_WAY - {State.APPLICATION_REVIEW}


class MoneyFact(Fact, frozen=True, gc=False, kw_only=True):
    """Base of the facts that move one payment line."""

    payment: PaymentLine
    """The line as it is after this fact."""

    def assign(self, transfer: Transfer) -> None:
        """The line as it is now."""
        transfer.payments = put(transfer.payments, self.payment)


class FundsRemitted(MoneyFact, frozen=True, gc=False, kw_only=True):
    """The origin ordered the payment."""

    TOPIC: ClassVar[str] = "funds-remitted"
    day: date


class FundsReceived(MoneyFact, frozen=True, gc=False, kw_only=True):
    """The destination's bank credited the payment."""

    TOPIC: ClassVar[str] = "funds-received"
    day: date


class FundsReturned(MoneyFact, frozen=True, gc=False, kw_only=True):
    """The destination paid an excess back."""

    TOPIC: ClassVar[str] = "funds-returned"
    day: date


class ReturnedFundsReceived(MoneyFact, frozen=True, gc=False, kw_only=True):
    """The origin's bank has the returned money."""

    TOPIC: ClassVar[str] = "returned-funds-received"
    day: date


class PaymentBounced(Fact, frozen=True, gc=False, kw_only=True):
    """The bank gave a payment line back to the origin."""

    TOPIC: ClassVar[str] = "payment-bounced"
    payment: PaymentLine
    day: date

    def assign(self, transfer: Transfer) -> None:
        """The line is back at the origin."""
        transfer.payments = put(transfer.payments, self.payment)


def _payment(
    t: Transfer,
    message: m.FundsRemitted | m.FundsReceived | m.FundsReturned | m.ReturnedFundsReceived,
    *,
    backwards: bool,
    arriving: bool,
    of: tuple[str, int] | None = None,
) -> PaymentLine | Rejection:
    """The line that the message moves on, or why it cannot."""
    reference, line = message.payment_reference, message.payment_line
    if not is_payment_reference(reference):
        return Rejection("PAYMENT_REFERENCE_INVALID", "payment_reference")
    if message.amount == 0:
        return Rejection("AMOUNT_DIFFERS", "amount")
    known = money.find(t.payments, reference, line)
    if known is None:
        if len(t.payments) >= limits.PAYMENT_LINES.most:
            return Rejection(limits.CODE, limits.PAYMENT_LINES.field)
        return PaymentLine(reference, line, message.amount, backwards, not arriving, arriving, of)
    if known.backwards != backwards or known.bounced:
        return Rejection("PAYMENT_UNKNOWN", "payment_reference")
    if known.amount != message.amount:
        return Rejection("AMOUNT_DIFFERS", "amount")
    return msgspec.structs.replace(known, **({"arrived": True} if arriving else {"announced": True}))


def _remit_funds(t: Transfer, message: m.FundsRemitted, at: int) -> Draft:
    if money.find(t.payments, message.payment_reference, message.payment_line) is None:
        if t.kind == "unassigned":  # a holding is one payment; another one has a case of its own
            return Rejection("PAYMENT_UNKNOWN", "payment_reference")
        if t.state is State.RETURNED:
            return WAIT
        if t.kind in _RECEIPT_FIRST and t.live and not t.sheet_received:
            return WAIT
        if not t.is_paid:
            return Rejection("INFORMATION_ONLY" if t.money == "none" else "SETTLED_BY_PERIOD")
    payment = _payment(t, message, backwards=False, arriving=False)
    if isinstance(payment, Rejection):
        return payment
    return FundsRemitted(**base_of(t, message), payment=payment, day=message.remitted_on)


def _receive_funds(t: Transfer, message: m.FundsReceived, at: int) -> Draft:
    payment = _payment(t, message, backwards=False, arriving=True)
    if isinstance(payment, Rejection):
        return payment
    return FundsReceived(**base_of(t, message), payment=payment, day=message.received_on)


def _return_funds(t: Transfer, message: m.FundsReturned, at: int) -> Draft:
    first = money.find(t.payments, message.returned_reference, message.returned_line)
    came = first is not None and first.arrived and not first.backwards
    if t.state is State.TRANSFER and not (came and t.split is None):
        return WAIT
    if first is None or not came:
        return Rejection("PAYMENT_UNKNOWN", "returned_reference")
    of = (message.returned_reference, message.returned_line)
    excess = money.kept(t.payments) - t.due_here
    if message.amount > min(excess, first.amount - money.paid_back(t.payments, of)):
        return Rejection("PAYMENT_EXCEEDS_EXCESS", "amount")
    payment = _payment(t, message, backwards=True, arriving=False, of=of)
    if isinstance(payment, Rejection):
        return payment
    return FundsReturned(**base_of(t, message), payment=payment, day=message.returned_on)


def _receive_returned_funds(t: Transfer, message: m.ReturnedFundsReceived, at: int) -> Draft:
    if money.find(t.payments, message.payment_reference, message.payment_line) is None:
        return WAIT
    payment = _payment(t, message, backwards=True, arriving=True)
    if isinstance(payment, Rejection):
        return payment
    return ReturnedFundsReceived(**base_of(t, message), payment=payment, day=message.received_on)


def _bounce_payment(t: Transfer, message: m.PaymentBounced, at: int) -> Draft:
    line = money.find(t.payments, message.payment_reference, message.payment_line)
    if line is None:
        return WAIT if t.live and t.kind != "unassigned" else Rejection("PAYMENT_UNKNOWN", "payment_reference")
    if message.envelope.sender != (t.destination if line.backwards else t.origin):
        return Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
    if line.arrived:
        return Rejection("PAYMENT_UNKNOWN", "payment_reference")
    if line.amount != message.amount:
        return Rejection("AMOUNT_DIFFERS", "amount")
    bounced = msgspec.structs.replace(line, bounced=True)
    return PaymentBounced(**base_of(t, message), payment=bounced, day=message.bounced_on)


def _held_without_a_name(r: Relationship, t: Transfer, message: m.FundsReceived, at: int) -> Draft | None:
    """Money that is held without a name is not received a second time before the holding lets go of it."""
    for other in r.transfers:
        held_here = other.state is State.UNASSIGNED and other.destination == t.destination
        if held_here and money.find(other.payments, message.payment_reference, message.payment_line) is not None:
            return WAIT
    return None


def _same_payment(t: Transfer, message: Any, *, backwards: bool) -> PaymentLine | None:
    """The case's line of that reference, direction and amount."""
    known = money.find(t.payments, message.payment_reference, message.payment_line)
    if known is None or (known.backwards, known.amount) != (backwards, message.amount):
        return None
    return known


def _announced(t: Transfer, message: Any, *, backwards: bool) -> bool:
    known = _same_payment(t, message, backwards=backwards)
    return known is not None and known.announced


def _arrived(t: Transfer, message: Any, *, backwards: bool) -> bool:
    known = _same_payment(t, message, backwards=backwards)
    return known is not None and known.arrived


def _bounced(t: Transfer, message: Any) -> bool:
    line = money.find(t.payments, message.payment_reference, message.payment_line)
    return line is not None and line.bounced


def _payer(t: Transfer, fact: PaymentBounced) -> str:
    return t.destination if fact.payment.backwards else t.origin


RULES: tuple[Rule, ...] = (
    MessageRule(
        message=m.FundsRemitted,
        role="origin",
        accept={State.TRANSFER, State.CONFIRMATION, State.MISMATCH, State.RETURNED, State.FROZEN, State.UNASSIGNED}
        | OVER,
        wait={State.APPLICATION_REVIEW, State.LETTER_ISSUED, State.ORIGIN_REVIEW},
        recorded_before=partial(_announced, backwards=False),
        decide=_remit_funds,
        fact=FundsRemitted,
        ordinary=True,
        has_object=lambda t: t.live and t.is_paid,
        effect=Effect(sends=True, arrives=True, postings=of_line),
        readers=to_destination,
        annullable=True,
    ),
    MessageRule(
        message=m.FundsReceived,
        role="destination",
        accept=TAKES_MONEY,
        wait={State.APPLICATION_REVIEW},
        recorded_before=partial(_arrived, backwards=False),
        objection=_held_without_a_name,
        decide=_receive_funds,
        fact=FundsReceived,
        ordinary=True,
        has_object=lambda t: t.is_paid and (t.live or money.on_the_way(t.payments) > 0),
        effect=Effect(sends=True, arrives=True, postings=of_line),
        readers=to_origin,
        annullable=True,
    ),
    MessageRule(
        message=m.FundsReturned,
        role="destination",
        accept=(_AFTER_THE_LETTER - {State.CONFIRMATION}) | {State.FROZEN, State.UNASSIGNED} | OVER,
        wait={State.CONFIRMATION},
        recorded_before=partial(_announced, backwards=True),
        decide=_return_funds,
        fact=FundsReturned,
        ordinary=True,
        has_object=lambda t: money.kept(t.payments) > t.due_here,
        effect=Effect(arrives=True, postings=of_line),
        readers=to_origin,
        annullable=True,
    ),
    MessageRule(
        message=m.ReturnedFundsReceived,
        role="origin",
        accept=_AFTER_THE_LETTER | {State.FROZEN, State.UNASSIGNED} | OVER,
        recorded_before=partial(_arrived, backwards=True),
        decide=_receive_returned_funds,
        fact=ReturnedFundsReceived,
        ordinary=True,
        has_object=lambda t: money.on_the_way_back(t.payments) > 0,
        effect=Effect(arrives=True, postings=of_line),
        readers=to_destination,
    ),
    MessageRule(
        message=m.PaymentBounced,
        role="party",
        accept=_AFTER_THE_LETTER | {State.FROZEN, State.UNASSIGNED} | OVER,
        wait={State.APPLICATION_REVIEW},
        recorded_before=_bounced,
        decide=_bounce_payment,
        fact=PaymentBounced,
        has_object=lambda t: money.on_the_way(t.payments) > 0 or money.on_the_way_back(t.payments) > 0,
        effect=Effect(sends=True, arrives=True, postings=of_lines),
        readers=to_destination,
        annullable=True,
        reported_by=_payer,
    ),
)
