"""联系函: the contact letter's form, prefilled from the accepted application."""

from __future__ import annotations

from typing import Annotated, ClassVar

from jinbao.regional_adapter.forms.application import ApplicationAcceptedForm
from jinbao.regional_adapter.forms.form import Form, Source
from jinbao.schemas.messages import Agency, Text, Version
from jinbao.schemas.personal_fields import PersonFields


class ContactLetterForm(Form, frozen=True, kw_only=True):
    """联系函: the destination asks the origin for records and money."""

    KIND: ClassVar[str] = "ContactLetterIssued"
    letter_version: Annotated[Version, Source.COUNTED]
    letter_number: Annotated[Text, Source.APPLICATION]
    """AAE270."""
    agency: Annotated[Agency, Source.AGENCY]
    personal: Annotated[PersonFields, Source.APPLICATION]


def letter_number(application_number: str, version: int) -> str:
    """Number of a contact letter (AAE270): the application's number and the letter's version."""
    return f"{application_number}-L{version}"


def contact_letter(
    application_number: str, application: ApplicationAcceptedForm, agency: Agency, version: int = 1
) -> ContactLetterForm:
    """From the accepted application and the agency's own contact and bank data."""
    known = application.personal
    return ContactLetterForm(
        letter_version=version,
        letter_number=letter_number(application_number, version),
        agency=agency,
        personal=PersonFields(**{name: getattr(known, name) for name in PersonFields.__struct_fields__}),
    )
