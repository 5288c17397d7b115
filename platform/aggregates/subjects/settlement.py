"""Settlements between two provinces: stated by the platform, paid by one, received by the other."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.fact import RelationshipFact
from jinbao.platform.aggregates.money import PaymentLine
from jinbao.platform.aggregates.pair_settlement import Parts, Settlement
from jinbao.platform.aggregates.relationship import Relationship


class SettlementStated(RelationshipFact, frozen=True, gc=False, kw_only=True):
    """The platform stated what two provinces owe each other for a year; a later version replaces the former."""

    TOPIC: ClassVar[str] = "settlement-stated"
    year: int
    first: str
    second: str
    first_owes: Parts
    second_owes: Parts
    cases: int
    version: int

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
            self.version,
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
