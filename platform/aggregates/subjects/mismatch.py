"""A mismatch (表款不符) of sheet and money, while the money is held in suspense."""

from __future__ import annotations

from typing import ClassVar

from jinbao.platform.aggregates import money
from jinbao.platform.aggregates.decision import RECORDED, WAIT, Draft, Rejection
from jinbao.platform.aggregates.effect import Effect
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.rule import MessageRule, Rule, base_of, to_origin
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Mismatch, Transfer
from jinbao.rules.money import Fen
from jinbao.rules.procedures import Milestone
from jinbao.schemas import messages as m


class MismatchReported(Fact, frozen=True, gc=False, kw_only=True):
    """Sheet and money differ; the money is held in suspense."""

    TOPIC: ClassVar[str] = "mismatch-reported"
    sheet_version: int
    expected: Fen
    received: Fen
    request: str

    def assign(self, transfer: Transfer) -> None:
        """Remember what was found and asked for."""
        transfer.mismatch = Mismatch(self.sheet_version, self.expected, self.received, self.request, self.occurred_at)


def _report_mismatch(t: Transfer, message: m.MismatchReported, at: int) -> Draft:
    if message.sheet_version != t.sheet_version:
        return WAIT if message.sheet_version > t.sheet_version else Rejection("VERSION_OUT_OF_ORDER", "sheet_version")
    if message.expected != t.expected:
        return Rejection("AMOUNT_DIFFERS", "expected")
    if message.received != money.kept(t.payments):
        return Rejection("AMOUNT_DIFFERS", "received")
    if message.expected == message.received:
        return Rejection("NO_MISMATCH")
    known = t.mismatch
    said = (message.request, message.sheet_version, message.received)
    if known is not None and said == (known.request, known.sheet_version, known.received):
        return RECORDED
    return MismatchReported(
        **base_of(t, message),
        sheet_version=message.sheet_version,
        expected=message.expected,
        received=message.received,
        request=message.request,
    )


RULES: tuple[Rule, ...] = (
    MessageRule(
        message=m.MismatchReported,
        role="destination",
        accept={State.CONFIRMATION, State.MISMATCH},
        wait={State.APPLICATION_REVIEW, State.LETTER_ISSUED, State.ORIGIN_REVIEW, State.TRANSFER},
        decide=_report_mismatch,  # what it found must be true again before it is a repetition
        fact=MismatchReported,
        ordinary=True,
        has_object=lambda t: not t.sheet_and_funds_match,
        effect=Effect(state=State.MISMATCH, milestones=(Milestone.mismatch_reported,)),
        readers=to_origin,
        annullable=True,
        keeps_former=True,  # it is no act on the receipt or the sheet that it finds
    ),
)
