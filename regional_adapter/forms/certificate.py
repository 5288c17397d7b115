"""参保缴费凭证: the form of a certificate of contributions, from the person's record, history and account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, ClassVar, Literal

from jinbao.regional_adapter.forms.form import Form, RegisteredApplicant, Source, as_applicant, registered
from jinbao.regional_adapter.local.local_records import Account, ContributionRow, Person
from jinbao.schemas.messages import Agency, Months, Province, Text, Version, YearMonth
from jinbao.schemas.personal_fields import PersonFields


class CertificateIssuedForm(Form, frozen=True, kw_only=True):
    """参保缴费凭证."""

    KIND: ClassVar[str] = "CertificateIssued"
    certificate_number: Annotated[Text, Source.COUNTED]
    certificate_version: Annotated[Version, Source.COUNTED]
    first_month: Annotated[YearMonth, Source.HISTORY]
    last_month: Annotated[YearMonth, Source.HISTORY]
    months: Annotated[Months, Source.HISTORY]
    account_kind: Annotated[Literal["general", "temporary"], Source.HISTORY]
    agency: Annotated[Agency, Source.AGENCY]
    personal: RegisteredApplicant
    hukou_province: Annotated[Province | None, Source.PERSON] = None


def certificate(
    number: str,
    version: int,
    person: Person,
    history: Sequence[ContributionRow],
    account: Account,
    agency: Agency,
    issued_on: date,
) -> CertificateIssuedForm:
    """参保缴费凭证: `version` counts re-issues. Raises ValueError where the history holds no month."""
    paid = [row for row in history if row.months]
    return CertificateIssuedForm(
        certificate_number=number,
        certificate_version=version,
        first_month=min(row.first_year_month for row in paid),
        last_month=max(row.last_year_month for row in paid),
        months=sum(row.months for row in paid),
        account_kind="temporary" if account.is_temporary(issued_on) else "general",
        agency=agency,
        personal=as_applicant(registered(person, PersonFields)),
        hukou_province=person.hukou_province,
    )
