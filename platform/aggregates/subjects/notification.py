"""Notices of a decision to the person, the heirs or the employer."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.decision import Draft, Rejection
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.rule import MessageRule, Rule, base_of
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.notices import DEATH
from jinbao.schemas import messages as m

_TOLD_IN = frozenset(State) - {State.MOVING, State.MOVED, State.UNASSIGNED}


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


def _inform_person(t: Transfer, message: m.PersonInformed, at: int) -> Draft:
    if message.about not in m.BY_NAME:
        return Rejection("INVALID_REQUEST", "about")
    if message.reader != ("heirs" if t.frozen == DEATH else "person"):
        return Rejection("WRONG_READER", "reader")
    return PersonInformed(
        **base_of(t, message),
        about=message.about,
        informed_on=message.informed_on,
        means=message.means,
        reader=message.reader,
    )


def _inform_employer(t: Transfer, message: m.EmployerInformed, at: int) -> Draft:
    if message.about not in m.BY_NAME:
        return Rejection("INVALID_REQUEST", "about")
    if t.frozen == DEATH:
        return Rejection("WRONG_READER", "about")
    return EmployerInformed(
        **base_of(t, message), about=message.about, informed_on=message.informed_on, means=message.means
    )


RULES: tuple[Rule, ...] = (
    MessageRule(
        message=m.PersonInformed,
        role="party",
        accept=_TOLD_IN,
        recorded_before=lambda t, message: f"person:{message.about}" in t.informed,
        decide=_inform_person,
        fact=PersonInformed,
        moves_on=False,
    ),
    MessageRule(
        message=m.EmployerInformed,
        role="party",
        accept=_TOLD_IN,
        recorded_before=lambda t, message: f"employer:{message.about}" in t.informed,
        decide=_inform_employer,
        fact=EmployerInformed,
        moves_on=False,
    ),
)
