"""The facts of a relationship itself, not of a transfer (`transfer` is 0): certificates and temporary accounts."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, ClassVar

from jinbao.platform.aggregates.facts import Fact
from jinbao.rules.money import Fen

if TYPE_CHECKING:
    from jinbao.platform.aggregates.pension_relationship import PensionRelationship


class RelationshipFact(Fact, frozen=True, gc=False, kw_only=True):
    """Base of the facts about the relationship, not about a transfer."""

    def assign_to(self, relationship: PensionRelationship) -> None:
        """Put this fact's own fields into the relationship."""


class CertificateIssued(RelationshipFact, frozen=True, gc=False, kw_only=True):
    """An agency certified contributions; a new version replaces the former."""

    TOPIC: ClassVar[str] = "certificate-issued"
    province: str
    certificate: str
    version: int
    months: int

    def assign_to(self, relationship: PensionRelationship) -> None:
        """The certificate's latest version."""
        relationship.certificates[self.province, self.certificate] = self.version


class TemporaryAccountOpened(RelationshipFact, frozen=True, gc=False, kw_only=True):
    """A temporary account was opened; the relationship stays with its origin."""

    TOPIC: ClassVar[str] = "temporary-account-opened"
    province: str
    account: str
    opened_on: date

    def assign_to(self, relationship: PensionRelationship) -> None:
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

    def assign_to(self, relationship: PensionRelationship) -> None:
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

    def assign_to(self, relationship: PensionRelationship) -> None:
        """The account is sealed."""
        relationship.temporary_accounts[self.province, self.account] = "sealed"
