"""A completed transfer undone by a completed opposite one."""

from __future__ import annotations

from typing import ClassVar

from jinbao.platform.aggregates.decision import WAIT, Draft, Rejection
from jinbao.platform.aggregates.effect import Effect
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.rule import MessageRule, Rule, base_of, to_destination
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.procedures import Milestone
from jinbao.schemas import messages as m


class TransferReversed(Fact, frozen=True, gc=False, kw_only=True):
    """An opposite transfer undid this one."""

    TOPIC: ClassVar[str] = "transfer-reversed"
    reversal: bytes


def _not_reversed(r: Relationship, t: Transfer, message: m.TransferReversed, at: int) -> Draft | None:
    """A completed transfer is undone by a completed opposite one that names it, and by nothing else."""
    reversal = r.transfer(message.reversal)
    if reversal is None:
        return WAIT
    if reversal.kind != "reversal" or reversal.names != t.transfer_id:
        return Rejection("REVERSAL_OF_ANOTHER", "reversal")
    if reversal.state is not State.COMPLETED:
        return WAIT if reversal.live else Rejection("REVERSAL_OF_ANOTHER", "reversal")
    return None


def _reverse_transfer(t: Transfer, message: m.TransferReversed, at: int) -> Draft:
    return TransferReversed(**base_of(t, message), reversal=message.reversal)


RULES: tuple[Rule, ...] = (
    MessageRule(
        message=m.TransferReversed,
        role="origin",
        accept={State.COMPLETED},
        recorded_before=lambda t, _: t.state is State.REVERSED,
        objection=_not_reversed,
        decide=_reverse_transfer,
        fact=TransferReversed,
        effect=Effect(state=State.REVERSED, milestones=(Milestone.reversed,), counted=True),
        readers=to_destination,
    ),
)
