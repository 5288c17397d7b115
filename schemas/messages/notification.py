"""告知: person or employer were told of a decision."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Text


class PersonInformed(Submission, frozen=True, gc=False, kw_only=True):
    """告知本人: the person, or after a death the heirs, were told of a decision."""

    NAME: ClassVar[str] = "PersonInformed"
    about: Text
    """Name of the message that carried the decision."""
    informed_on: date
    means: Literal["letter", "counter", "telephone", "message", "online"]
    text: Text
    reader: Literal["person", "heirs"] = "person"
    """Who was told: the heirs after a death, else the person."""


class EmployerInformed(Submission, frozen=True, gc=False, kw_only=True):
    """告知用人单位: the employer was told of a decision."""

    NAME: ClassVar[str] = "EmployerInformed"
    about: Text
    informed_on: date
    means: Literal["letter", "counter", "telephone", "message", "online"]
    text: Text
