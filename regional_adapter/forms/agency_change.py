"""The form by which an agency says that it was merged or renamed."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from jinbao.regional_adapter.forms.form import Form, Source
from jinbao.schemas.messages import Agency


class AgencyChangedForm(Form, frozen=True, kw_only=True):
    """Contact and bank data from a day on."""

    KIND: ClassVar[str] = "AgencyChanged"
    reason: Annotated[Literal["merged", "renamed"], Source.CLERK]
    valid_from: Annotated[date, Source.CLERK]
    agency: Annotated[Agency, Source.AGENCY]
