"""Money for a case that nobody knows (不明款项): held in suspense, then assigned to its case."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform import limits
from jinbao.platform.aggregates import money
from jinbao.platform.aggregates.case_postings import of_all_that_came, of_lines
from jinbao.platform.aggregates.decision import WAIT, Draft, Rejection
from jinbao.platform.aggregates.effect import Effect
from jinbao.platform.aggregates.fact import BeginningFact, Fact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.money import PaymentLine, put
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.rule import (
    BeginningRule,
    MessageRule,
    Rule,
    base_of,
    base_of_beginning,
    misaddressed,
    not_to_begin,
    to_origin,
)
from jinbao.platform.aggregates.same_money import OF_ANOTHER_CASE
from jinbao.platform.aggregates.state import TAKES_MONEY, State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.payment_reference import is_payment_reference
from jinbao.schemas import messages as m


class UnassignedFundsReceived(BeginningFact, frozen=True, gc=False, kw_only=True):
    """Money came for a case that nobody knows; it is held in suspense."""

    TOPIC: ClassVar[str] = "unassigned-funds-received"
    transfer_id: bytes
    payer: str
    receiver: str
    voucher: str
    payment: PaymentLine
    day: date

    def begin(self) -> Transfer:
        """A holding in suspense, with the payer for its origin."""
        return Transfer(
            self.transfer,
            self.transfer_id,
            self.payer,
            self.receiver,
            self.voucher,
            state=State.UNASSIGNED,
            kind="unassigned",
        )

    def assign(self, transfer: Transfer) -> None:
        """The money is here."""
        transfer.payments = put(transfer.payments, self.payment)


class UnassignedFundsAssigned(Fact, frozen=True, gc=False, kw_only=True):
    """The holding was found to belong to a case, whose own receipt follows."""

    TOPIC: ClassVar[str] = "unassigned-funds-assigned"
    assigned_to: bytes

    def assign(self, transfer: Transfer) -> None:
        """The holding lets go of the money."""
        transfer.payments = ()


def _receive_unassigned_funds(r: Relationship, message: m.UnassignedFundsReceived, at: int, law: Law) -> Draft:
    sender = message.envelope.sender
    trouble = misaddressed(sender, message.payer, sender, sender)
    trouble = trouble or not_to_begin(r, message)
    if trouble:
        return trouble
    if not is_payment_reference(message.payment_reference):
        return Rejection("PAYMENT_REFERENCE_INVALID", "payment_reference")
    if message.amount == 0:
        return Rejection("AMOUNT_DIFFERS", "amount")
    return UnassignedFundsReceived(
        **base_of_beginning(r, message),
        payer=message.payer,
        receiver=sender,
        voucher=message.envelope.local_document,
        payment=PaymentLine(message.payment_reference, message.payment_line, message.amount, arrived=True),
        day=message.received_on,
    )


def _assign_funds(t: Transfer, message: m.UnassignedFundsAssigned, at: int) -> Draft:
    if any(p.backwards and not p.bounced for p in t.payments):
        return Rejection("STATE_CONFLICT")
    return UnassignedFundsAssigned(**base_of(t, message), assigned_to=message.assigned_to)


def _not_of_that_case(r: Relationship, holding: Transfer, message: m.UnassignedFundsAssigned, at: int) -> Draft | None:
    """The holding lets go only of what the case can take in, or has taken in: then it would count twice.

    Under a person's relationship it is that person's money. Where nothing but holdings lies, nobody knew whose it was,
    and the case is one of any person.
    """
    case = r.transfer(message.assigned_to)
    here = case is not None or any(t.kind != "unassigned" for t in r.transfers)
    if not here:
        case = r.elsewhere(message.assigned_to)
    ways = (holding.origin, holding.destination)
    if case is None or case.kind == "unassigned" or (case.origin, case.destination) != ways:
        return Rejection(OF_ANOTHER_CASE, "assigned_to")
    if case.state is State.MOVED:
        return Rejection("RELATIONSHIP_MOVED", "assigned_to")
    if case.state not in TAKES_MONEY:
        return WAIT if here else Rejection("STATE_CONFLICT", "assigned_to")  # nobody hears when another's case moves
    for line in holding.payments:
        known = money.find(case.payments, line.payment_reference, line.payment_line)
        if known is None and len(case.payments) >= limits.PAYMENT_LINES.most:
            return Rejection(limits.CODE, "assigned_to")
        if known is not None and (known.bounced or known.backwards or known.amount != line.amount):
            return Rejection(OF_ANOTHER_CASE, "assigned_to")
    return None


RULES: tuple[Rule, ...] = (
    BeginningRule(
        message=m.UnassignedFundsReceived,
        decide=_receive_unassigned_funds,
        fact=UnassignedFundsReceived,
        effect=Effect(postings=of_all_that_came),
        readers=to_origin,
    ),
    MessageRule(
        message=m.UnassignedFundsAssigned,
        role="destination",
        accept={State.UNASSIGNED},
        recorded_before=lambda t, _: t.kind == "unassigned" and t.state is State.CLOSED and not t.payments,
        objection=_not_of_that_case,
        decide=_assign_funds,
        fact=UnassignedFundsAssigned,
        ordinary=True,
        effect=Effect(state=State.CLOSED, postings=of_lines),
        readers=to_origin,
    ),
)
