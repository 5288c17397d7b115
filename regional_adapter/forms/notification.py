"""告知: the forms that say that person, heirs or employer were told of a decision."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from jinbao.regional_adapter.forms.form import Form, Source
from jinbao.rules.notices import Notice
from jinbao.schemas.messages import Text

Means = Literal["letter", "counter", "telephone", "message", "online"]


class PersonInformedForm(Form, frozen=True, kw_only=True):
    """告知本人 or, after a death, 告知继承人."""

    KIND: ClassVar[str] = "PersonInformed"
    about: Annotated[Text, Source.NOTICE]
    informed_on: Annotated[date, Source.CLERK]
    means: Annotated[Means, Source.NOTICE]
    text: Annotated[Text, Source.NOTICE]
    reader: Annotated[Literal["person", "heirs"], Source.NOTICE] = "person"


class EmployerInformedForm(Form, frozen=True, kw_only=True):
    """告知用人单位."""

    KIND: ClassVar[str] = "EmployerInformed"
    about: Annotated[Text, Source.NOTICE]
    informed_on: Annotated[date, Source.CLERK]
    means: Annotated[Means, Source.NOTICE]
    text: Annotated[Text, Source.NOTICE]


def informed(notice: Notice, informed_on: date) -> PersonInformedForm | EmployerInformedForm:
    """The fact that a notice was given."""
    means: Means = "letter" if notice.in_writing else "message"
    if notice.to == "employer":
        return EmployerInformedForm(about=notice.about, informed_on=informed_on, means=means, text=notice.text)
    return PersonInformedForm(
        about=notice.about, informed_on=informed_on, means=means, text=notice.text, reader=notice.to
    )
