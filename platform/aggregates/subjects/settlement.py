"""What two provinces owe each other for a year of cases that were completed without a payment, and how it is paid.

The settlements of a pair are facts of a stream of their own, like its messages: the platform's statement sets
the smaller direction off against the larger, the province that owes reports its payment, the other its receipt.
Payments may be partial; one that is too much turns the debt round, and the other pays it back. Once nothing is owed and
nothing is under way, what the cases left between the two funds is cleared, part by part.
"""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import msgspec

from jinbao.platform import limits
from jinbao.platform.aggregates.decision import RECORDED, WAIT, Draft, Rejection
from jinbao.platform.aggregates.fact import Consequences, Fact, RelationshipFact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.money import PaymentLine, find
from jinbao.platform.aggregates.pair_settlement import Parts, Settlement, postings
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.rule import RelationshipRule, Rule
from jinbao.rules.payment_reference import is_payment_reference
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas import messages as m
from jinbao.schemas.derived_ids import settlement_id, settlement_relationship


class SettlementStated(RelationshipFact, frozen=True, gc=False, kw_only=True):
    """The platform stated what two provinces owe each other for a year; a later version replaces the former."""

    TOPIC: ClassVar[str] = "settlement-stated"
    year: int
    first: str
    second: str
    first_owes: Parts
    second_owes: Parts
    cases: int
    statement_version: int

    def assign_to(self, relationship: Relationship) -> None:
        """The latest statement, with the payments known so far."""
        before = relationship.settlements.get(self.year)
        relationship.settlements[self.year] = Settlement(
            self.year,
            self.first,
            self.second,
            self.first_owes,
            self.second_owes,
            self.cases,
            self.statement_version,
            before.lines if before else (),
        )


class _SettlementPayment(RelationshipFact, frozen=True, gc=False, kw_only=True):
    """Base of the facts that move one payment of a settlement."""

    year: int
    payment: PaymentLine
    """The payment as it is after this fact."""
    day: date

    def assign_to(self, relationship: Relationship) -> None:
        """The payment as it is now."""
        relationship.settlements[self.year] = relationship.settlements[self.year].with_line(self.payment)


class SettlementPaid(_SettlementPayment, frozen=True, gc=False, kw_only=True):
    """The province that owed ordered a payment."""

    TOPIC: ClassVar[str] = "settlement-paid"


class SettlementReceived(_SettlementPayment, frozen=True, gc=False, kw_only=True):
    """The bank of the other credited it."""

    TOPIC: ClassVar[str] = "settlement-received"


def _misplaced(message: m.Submission, one: str, other: str, year: int) -> Rejection | None:
    """Why the message is not about the settlement of these two provinces for the year."""
    for name, province in (("first", one), ("counterpart", other)):
        if province not in PROVINCES:
            return Rejection("UNKNOWN_PROVINCE", name)
    if one == other:
        return Rejection("SAME_PROVINCE", "counterpart")
    if message.envelope.relationship_id != settlement_relationship(one, other).bytes:
        return Rejection("TRANSFER_ID_DIFFERS", "envelope.relationship_id")
    if message.envelope.transfer_id != settlement_id(one, other, year).bytes:
        return Rejection("TRANSFER_ID_DIFFERS", "envelope.transfer_id")
    return None


def _state(r: Relationship, message: m.SettlementStated, at: int, law: Law) -> Draft:
    if message.envelope.sender != m.PLATFORM:
        return Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
    trouble = _misplaced(message, message.first, message.second, message.year)
    if trouble:
        return trouble
    before = r.settlements.get(message.year)
    if message.statement_version != (before.version if before else 0) + 1:
        return RECORDED
    first_owes = (message.first_owes_personal, message.first_owes_pooling)
    second_owes = (message.second_owes_personal, message.second_owes_pooling)
    after = Settlement(
        message.year,
        message.first,
        message.second,
        first_owes,
        second_owes,
        message.cases,
        message.statement_version,
        before.lines if before else (),
    )
    return SettlementStated(
        **_about(message, before, after),
        year=message.year,
        first=message.first,
        second=message.second,
        first_owes=first_owes,
        second_owes=second_owes,
        cases=message.cases,
        statement_version=message.statement_version,
    )


def _pay(r: Relationship, message: m.SettlementPaid, at: int, law: Law) -> Draft:
    settlement = _named(r, message)
    if not isinstance(settlement, Settlement):
        return settlement
    payer = message.envelope.sender
    line = _line(settlement, message, payer)
    if not isinstance(line, PaymentLine):
        return line
    if line.announced:
        return RECORDED
    if not line.arrived and settlement.owes(payer) <= 0:
        return Rejection("SETTLEMENT_NOT_OWED", "envelope.sender")
    paid = msgspec.structs.replace(line, announced=True)
    after = settlement.with_line(paid)
    return SettlementPaid(**_about(message, settlement, after), year=message.year, payment=paid, day=message.paid_on)


def _receive(r: Relationship, message: m.SettlementReceived, at: int, law: Law) -> Draft:
    settlement = _named(r, message)
    if not isinstance(settlement, Settlement):
        return settlement
    line = _line(settlement, message, message.counterpart)
    if not isinstance(line, PaymentLine):
        return line
    if line.arrived:
        return RECORDED
    if not line.announced and settlement.owes(message.counterpart) <= 0:
        return WAIT
    received = msgspec.structs.replace(line, arrived=True)
    after = settlement.with_line(received)
    return SettlementReceived(
        **_about(message, settlement, after), year=message.year, payment=received, day=message.received_on
    )


def _named(r: Relationship, message: m.SettlementPaid | m.SettlementReceived) -> Settlement | Draft:
    """The settlement that a province speaks of; it waits for the platform's statement."""
    if message.envelope.sender not in PROVINCES:
        return Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
    trouble = _misplaced(message, message.envelope.sender, message.counterpart, message.year)
    if trouble:
        return trouble
    return r.settlements.get(message.year) or WAIT


def _line(
    settlement: Settlement, message: m.SettlementPaid | m.SettlementReceived, payer: str
) -> PaymentLine | Rejection:
    """The payment as it is known, or as it begins."""
    reference, number = message.payment_reference, message.payment_line
    if not is_payment_reference(reference):
        return Rejection("PAYMENT_REFERENCE_INVALID", "payment_reference")
    if message.amount == 0:
        return Rejection("AMOUNT_DIFFERS", "amount")
    backwards = payer == settlement.second
    known = find(settlement.lines, reference, number)
    if known is None:
        if len(settlement.lines) >= limits.PAYMENT_LINES.most:
            return Rejection(limits.CODE, limits.PAYMENT_LINES.field)
        return PaymentLine(reference, number, message.amount, backwards)
    if known.backwards != backwards:
        return Rejection("PAYMENT_UNKNOWN", "payment_reference")
    if known.amount != message.amount:
        return Rejection("AMOUNT_DIFFERS", "amount")
    return known


def _about(message: m.Submission, before: Settlement | None, after: Settlement) -> dict[str, Any]:
    then = Consequences(postings=postings(before, after))
    return {"transfer": 0, "occurred_at": message.envelope.occurred_at, "then": then}


def _to_the_pair(fact: SettlementStated, t: None, message: m.Submission) -> tuple[str, ...]:
    return (fact.first, fact.second)


def _to_counterpart(fact: Fact, t: None, message: m.SettlementPaid | m.SettlementReceived) -> tuple[str, ...]:
    return (message.counterpart,)


RULES: tuple[Rule, ...] = (
    RelationshipRule(message=m.SettlementStated, decide=_state, fact=SettlementStated, readers=_to_the_pair),
    RelationshipRule(message=m.SettlementPaid, decide=_pay, fact=SettlementPaid, readers=_to_counterpart),
    RelationshipRule(message=m.SettlementReceived, decide=_receive, fact=SettlementReceived, readers=_to_counterpart),
)
