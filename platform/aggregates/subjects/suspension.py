"""A case frozen by what happened to the person: death, lost nationality, a pension that began."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.decision import Draft
from jinbao.platform.aggregates.effect import Effect
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.rule import MessageRule, Rule, base_of, to_other_side
from jinbao.platform.aggregates.state import UNDER_WAY, State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.procedures import Milestone
from jinbao.schemas import messages as m


class TransferFrozen(Fact, frozen=True, gc=False, kw_only=True):
    """Something happened to the person: nothing new begins."""

    TOPIC: ClassVar[str] = "transfer-frozen"
    cause: str
    happened_on: date
    reported_by: str = ""
    """Province that reported it, and alone may take it back."""
    awaiting: str = ""
    """`sheet` where its receipt is outstanding; a letter's is of no use any more."""

    def assign(self, transfer: Transfer) -> None:
        """Remember why, and who said so."""
        transfer.frozen, transfer.frozen_by = self.cause, self.reported_by


def _freeze(t: Transfer, message: m.TransferFrozen, at: int) -> Draft:
    return TransferFrozen(
        **base_of(t, message),
        cause=message.cause,
        happened_on=message.happened_on,
        reported_by=message.envelope.sender,
        awaiting=t.awaiting if t.awaiting == "sheet" else "",
    )


RULES: tuple[Rule, ...] = (
    MessageRule(
        message=m.TransferFrozen,
        role="party",
        accept=UNDER_WAY,
        recorded_before=lambda t, _: t.frozen is not None,
        decide=_freeze,
        fact=TransferFrozen,
        effect=Effect(state=State.FROZEN, milestones=(Milestone.frozen,)),
        readers=to_other_side,
        annullable=True,
        reported_by=lambda _, fact: fact.reported_by,
    ),
)
