"""An agency of the case was merged or renamed."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.decision import Draft
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.rule import MessageRule, Rule, base_of, to_other_side
from jinbao.platform.aggregates.state import UNDER_WAY, State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.schemas import messages as m


class AgencyChanged(Fact, frozen=True, gc=False, kw_only=True):
    """An agency of the case was merged or renamed."""

    TOPIC: ClassVar[str] = "agency-changed"
    province: str
    reason: str
    valid_from: date


def _change_agency(t: Transfer, message: m.AgencyChanged, at: int) -> Draft:
    return AgencyChanged(
        **base_of(t, message),
        province=message.envelope.sender,
        reason=message.reason,
        valid_from=message.valid_from,
    )


RULES: tuple[Rule, ...] = (
    MessageRule(
        message=m.AgencyChanged,
        role="party",
        accept=UNDER_WAY | {State.FROZEN},
        decide=_change_agency,
        fact=AgencyChanged,
        moves_on=False,
        readers=to_other_side,
    ),
)
