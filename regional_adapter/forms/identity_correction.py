"""The form that corrects a person's number."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from jinbao.regional_adapter.forms.form import Form, RegisteredApplicant, Source, as_applicant, registered
from jinbao.regional_adapter.local.local_records import Person
from jinbao.schemas.personal_fields import PersonFields

CorrectionReason = Literal["upgraded_15_to_18", "wrong_digit", "permit_to_citizen"]


class IdentityCorrectedForm(Form, frozen=True, kw_only=True):
    """`personal` bears the right number, from which the adapter derives the new relationship."""

    KIND: ClassVar[str] = "IdentityCorrected"
    reason: Annotated[CorrectionReason, Source.CLERK]
    personal: RegisteredApplicant


def identity_corrected(reason: CorrectionReason, person: Person) -> IdentityCorrectedForm:
    """`person` bears the right number."""
    return IdentityCorrectedForm(reason=reason, personal=as_applicant(registered(person, PersonFields)))
