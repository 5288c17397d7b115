"""Contribution certificates (参保缴费凭证) of a relationship."""

from __future__ import annotations

from typing import ClassVar

from jinbao.platform.aggregates.fact import RelationshipFact
from jinbao.platform.aggregates.relationship import Relationship


class CertificateIssued(RelationshipFact, frozen=True, gc=False, kw_only=True):
    """An agency certified contributions; a new version replaces the former."""

    TOPIC: ClassVar[str] = "certificate-issued"
    province: str
    certificate: str
    version: int
    months: int

    def assign_to(self, relationship: Relationship) -> None:
        """The certificate's latest version."""
        relationship.certificates[self.province, self.certificate] = self.version
