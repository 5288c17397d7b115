"""Notices of a decision to the person, the heirs or the employer."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.transfer import Transfer


class PersonInformed(Fact, frozen=True, gc=False, kw_only=True):
    """The person, or after a death the heirs, were told of a decision."""

    TOPIC: ClassVar[str] = "person-informed"
    about: str
    informed_on: date
    means: str
    reader: str = "person"

    def assign(self, transfer: Transfer) -> None:
        """Told once."""
        transfer.informed = (*transfer.informed, f"person:{self.about}")


class EmployerInformed(Fact, frozen=True, gc=False, kw_only=True):
    """The employer was told of a decision."""

    TOPIC: ClassVar[str] = "employer-informed"
    about: str
    informed_on: date
    means: str

    def assign(self, transfer: Transfer) -> None:
        """Told once."""
        transfer.informed = (*transfer.informed, f"employer:{self.about}")
