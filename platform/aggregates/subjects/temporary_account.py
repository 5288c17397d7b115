"""Temporary accounts (临时缴费账户) of a relationship: opened, paid into, sealed."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.fact import RelationshipFact
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.rules.money import Fen


class TemporaryAccountOpened(RelationshipFact, frozen=True, gc=False, kw_only=True):
    """A temporary account was opened; the relationship stays with its origin."""

    TOPIC: ClassVar[str] = "temporary-account-opened"
    province: str
    account: str
    opened_on: date

    def assign_to(self, relationship: Relationship) -> None:
        """The account is open."""
        relationship.temporary_accounts[self.province, self.account] = "open"


class ContributionsRecorded(RelationshipFact, frozen=True, gc=False, kw_only=True):
    """Months and money were recorded in a temporary account."""

    TOPIC: ClassVar[str] = "contributions-recorded"
    account: str
    months: int
    individual: Fen
    employer: Fen
    first_month: int = 0
    """YYYYMM; 0 in the first releases, which did not keep the months."""
    last_month: int = 0
    province: str = ""
    """Who holds the account; empty in the first releases."""

    def assign_to(self, relationship: Relationship) -> None:
        """A record of the same months replaces the former."""
        if self.first_month:
            account, parts = (self.province, self.account), (self.individual, self.employer)
            recorded = relationship.contributions.get(account, {})
            relationship.contributions[account] = {**recorded, (self.first_month, self.last_month): parts}


class TemporaryAccountSealed(RelationshipFact, frozen=True, gc=False, kw_only=True):
    """The account rests until the benefit place collects it."""

    TOPIC: ClassVar[str] = "temporary-account-sealed"
    province: str
    account: str
    sealed_on: date

    def assign_to(self, relationship: Relationship) -> None:
        """The account is sealed."""
        relationship.temporary_accounts[self.province, self.account] = "sealed"
