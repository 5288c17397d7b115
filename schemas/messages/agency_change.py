"""An agency is merged or renamed while it holds a case."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from jinbao.schemas.messages.envelope import Submission
from jinbao.schemas.messages.records import Agency


class AgencyChanged(Submission, frozen=True, gc=False, kw_only=True):
    """The sender's agency was merged or renamed while it holds the case: contact and bank data from now on."""

    NAME: ClassVar[str] = "AgencyChanged"
    reason: Literal["merged", "renamed"]
    valid_from: date
    agency: Agency
