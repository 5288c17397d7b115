"""An agency of the case was merged or renamed."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.fact import Fact


class AgencyChanged(Fact, frozen=True, gc=False, kw_only=True):
    """An agency of the case was merged or renamed."""

    TOPIC: ClassVar[str] = "agency-changed"
    province: str
    reason: str
    valid_from: date
