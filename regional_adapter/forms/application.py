"""受理: the forms by which the destination accepts or refuses an application."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from jinbao.regional_adapter.forms.form import Form, RegisteredApplicant, Source, reason, registered
from jinbao.regional_adapter.local.local_records import Application, Person
from jinbao.rules.schemes import ENTERPRISE_EMPLOYEES, Scheme
from jinbao.schemas.messages import Code, Province, Text
from jinbao.schemas.personal_fields import ApplicantFields


class ApplicationAcceptedForm(Form, frozen=True, kw_only=True):
    """受理: the complete application."""

    KIND: ClassVar[str] = "ApplicationAccepted"
    scheme: Annotated[Scheme, Source.APPLICATION]
    origin: Annotated[Province, Source.APPLICATION]
    destination: Annotated[Province, Source.AGENCY]
    accepted_on: Annotated[date, Source.APPLICATION]
    personal: RegisteredApplicant
    hukou_province: Annotated[Province | None, Source.PERSON] = None
    certificate_number: Annotated[Text | None, Source.APPLICATION] = None


class ApplicationRefusedForm(Form, frozen=True, kw_only=True):
    """不予受理: the written refusal."""

    KIND: ClassVar[str] = "ApplicationRefused"
    reason_code: Annotated[Code, Source.CLERK]
    reason_text: Annotated[Text, Source.REASON_TABLE]


def application_form(application: Application, person: Person, destination: str) -> ApplicationAcceptedForm:
    """受理: from the registered application and the person's record."""
    return ApplicationAcceptedForm(
        scheme=ENTERPRISE_EMPLOYEES,
        origin=application.origin,
        destination=destination,
        accepted_on=application.accepted_on,
        personal=registered(person, ApplicantFields),
        hukou_province=person.hukou_province,
        certificate_number=application.certificate_number,
    )


def refusal(reason_code: str, reason_text: str | None = None) -> ApplicationRefusedForm:
    """不予受理: with the written reason; the table's Chinese text where no other is given."""
    code, text = reason(reason_code, reason_text)
    return ApplicationRefusedForm(reason_code=code, reason_text=text)
