"""An application (申请): accepted by the destination, or refused in writing."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.transfer import Transfer


class ApplicationAccepted(Fact, frozen=True, gc=False, kw_only=True):
    """The destination accepted an application; the transfer begins."""

    TOPIC: ClassVar[str] = "application-accepted"
    transfer_id: bytes
    origin: str
    destination: str
    application: str
    """The destination's own number of the application."""
    accepted_on: date
    hukou_province: str | None = None
    information_only: bool = False
    """No money moves, by the procedure in force on that day."""
    certificate: str | None = None
    """Number of the certificate it started from."""
    by_period: bool = False
    """Its sum is settled between the two provinces by period, by the procedure in force on that day."""

    def begin(self) -> Transfer:
        """The transfer that begins."""
        return Transfer(
            self.transfer,
            self.transfer_id,
            self.origin,
            self.destination,
            self.application,
            money="none" if self.information_only else "by_period" if self.by_period else "per_person",
        )


class ApplicationRefused(Fact, frozen=True, gc=False, kw_only=True):
    """The destination refused in writing."""

    TOPIC: ClassVar[str] = "application-refused"
    reason: str
