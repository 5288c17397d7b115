"""受理: the destination accepts or refuses an application."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.rules.schemes import Scheme
from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Code, Province, Sealed, Text


class ApplicationAccepted(Submission, frozen=True, gc=False, kw_only=True):
    """受理: the destination has accepted a complete application; the first clock starts."""

    NAME: ClassVar[str] = "ApplicationAccepted"
    scheme: Scheme
    """AAE140 code of the insurance; 110 = enterprise employees' basic pension."""
    origin: Province
    destination: Province
    accepted_on: date
    personal: Sealed
    hukou_province: Province | None = None
    certificate_number: Text | None = None


class ApplicationRefused(Submission, frozen=True, gc=False, kw_only=True):
    """不予受理转移: the destination refuses in writing."""

    NAME: ClassVar[str] = "ApplicationRefused"
    reason_code: Code
    reason_text: Text
