"""参保缴费凭证: certificate of contributions."""

from __future__ import annotations

from typing import ClassVar, Literal

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Agency, Months, Province, Sealed, Text, Version, YearMonth


class CertificateIssued(Submission, frozen=True, gc=False, kw_only=True):
    """参保缴费凭证: the agency a person leaves certifies the contributions; a new version replaces the former."""

    NAME: ClassVar[str] = "CertificateIssued"
    certificate_number: Text
    certificate_version: Version
    first_month: YearMonth
    last_month: YearMonth
    months: Months
    account_kind: Literal["general", "temporary"]
    agency: Agency
    personal: Sealed
    hukou_province: Province | None = None
