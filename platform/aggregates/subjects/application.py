"""An application (申请): accepted by the destination, or refused in writing."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.decision import Draft, Rejection
from jinbao.platform.aggregates.effect import Effect
from jinbao.platform.aggregates.fact import BeginningFact, Fact
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.rule import (
    BeginningRule,
    MessageRule,
    Rule,
    base_of,
    base_of_beginning,
    clash,
    misaddressed,
    not_to_begin,
)
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.procedures import Milestone
from jinbao.rules.reason_codes import reasons
from jinbao.rules.working_days import day_of
from jinbao.schemas import messages as m

_REFUSALS = frozenset(reason.code for reason in reasons("refusal"))


class ApplicationAccepted(BeginningFact, frozen=True, gc=False, kw_only=True):
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
    certificate_number: str | None = None
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
    reason_code: str


def _accept_application(r: Relationship, message: m.ApplicationAccepted, at: int, law: Law) -> Draft:
    envelope = message.envelope
    trouble = misaddressed(envelope.sender, message.origin, message.destination, message.destination)
    trouble = trouble or not_to_begin(r, message)
    if trouble:
        return trouble
    taken = clash(r, message.origin, message.destination)
    if taken:
        return taken
    if _is_certificate_of_another(r, message):
        return Rejection("CERTIFICATE_OF_OTHER_ORIGIN", "certificate_number")
    way = law.procedures.money(message.origin, message.destination, day_of(at))
    return ApplicationAccepted(
        **base_of_beginning(r, message),
        origin=message.origin,
        destination=message.destination,
        application=envelope.local_document,
        accepted_on=message.accepted_on,
        hukou_province=message.hukou_province,
        information_only=way == "none",
        certificate_number=message.certificate_number,
        by_period=way == "by_period",
    )


def _is_certificate_of_another(r: Relationship, message: m.ApplicationAccepted) -> bool:
    """Whether the origin reports its certificates, has none of that number, and another province has.

    Each province numbers its own: what another has issued says nothing of an origin that reports none.
    """
    number, issued = message.certificate_number, r.certificates
    if number is None or (message.origin, number) in issued:
        return False
    return any(p == message.origin for p, _ in issued) and any(n == number for _, n in issued)


def _refuse_application(t: Transfer, message: m.ApplicationRefused, at: int) -> Draft:
    if message.reason_code not in _REFUSALS:
        return Rejection("UNKNOWN_REASON_CODE", "reason_code")
    return ApplicationRefused(**base_of(t, message), reason_code=message.reason_code)


RULES: tuple[Rule, ...] = (
    BeginningRule(
        message=m.ApplicationAccepted,
        fact=ApplicationAccepted,
        decide=_accept_application,
        effect=Effect(milestones=(Milestone.application_accepted,), counted=True),
    ),
    MessageRule(
        message=m.ApplicationRefused,
        role="destination",
        accept={State.APPLICATION_REVIEW},
        recorded_before=lambda t, _: t.state is State.REFUSED,
        decide=_refuse_application,
        fact=ApplicationRefused,
        effect=Effect(state=State.REFUSED, milestones=(Milestone.refused,), counted=True),
        annullable=True,
    ),
)
