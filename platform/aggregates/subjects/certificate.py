"""Contribution certificates (参保缴费凭证) of a relationship."""

from __future__ import annotations

from typing import ClassVar

from jinbao.platform.aggregates.decision import RECORDED, WAIT, Draft, Rejection
from jinbao.platform.aggregates.fact import RelationshipFact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.rule import RelationshipRule, Rule, base_of_relationship
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas import messages as m


class CertificateIssued(RelationshipFact, frozen=True, gc=False, kw_only=True):
    """An agency certified contributions; a new version replaces the former."""

    TOPIC: ClassVar[str] = "certificate-issued"
    province: str
    certificate_number: str
    certificate_version: int
    months: int

    def assign_to(self, relationship: Relationship) -> None:
        """The certificate's latest version."""
        relationship.certificates[self.province, self.certificate_number] = self.certificate_version


def _issue_certificate(r: Relationship, message: m.CertificateIssued, at: int, law: Law) -> Draft:
    if message.envelope.sender not in PROVINCES:
        return Rejection("ROLE_NOT_ALLOWED", "envelope.sender")
    province = message.envelope.sender
    version = r.certificates.get((province, message.certificate_number), 0)
    if message.certificate_version <= version:
        return RECORDED
    if message.certificate_version > version + 1:
        return WAIT
    return CertificateIssued(
        **base_of_relationship(message),
        province=province,
        certificate_number=message.certificate_number,
        certificate_version=message.certificate_version,
        months=message.months,
    )


RULES: tuple[Rule, ...] = (
    RelationshipRule(message=m.CertificateIssued, decide=_issue_certificate, fact=CertificateIssued),
)
