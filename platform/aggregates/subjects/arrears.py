"""Arrears (欠费): unpaid months that the origin found, and the person's answer."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from jinbao.platform.aggregates.decision import WAIT, Draft, Rejection, not_found
from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.rule import MessageRule, Rule, base_of, to_destination
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.money import Fen
from jinbao.schemas import messages as m


class ArrearsReported(Fact, frozen=True, gc=False, kw_only=True):
    """The origin found unpaid months and asked the person."""

    TOPIC: ClassVar[str] = "arrears-reported"
    months: int
    own_part: Fen

    def assign(self, transfer: Transfer) -> None:
        """The sheet waits for the person's answer."""
        transfer.arrears = "reported"


class ArrearsSettled(Fact, frozen=True, gc=False, kw_only=True):
    """The person paid."""

    TOPIC: ClassVar[str] = "arrears-settled"
    amount: Fen

    def assign(self, transfer: Transfer) -> None:
        """The months move too."""
        transfer.arrears = "settled"


class ArrearsDeclined(Fact, frozen=True, gc=False, kw_only=True):
    """The person declined."""

    TOPIC: ClassVar[str] = "arrears-declined"
    declined_on: date

    def assign(self, transfer: Transfer) -> None:
        """The transfer goes on without those months."""
        transfer.arrears = "declined"


def _report_arrears(t: Transfer, message: m.ArrearsReported, at: int) -> Draft:
    if message.letter_version > t.letter_version:
        return WAIT
    if t.split is not None:
        return Rejection("STATE_CONFLICT")
    return ArrearsReported(**base_of(t, message), months=message.months, own_part=message.own_part)


def _settle_arrears(t: Transfer, message: m.ArrearsSettled, at: int) -> Draft:
    if not t.arrears:
        return not_found(t)
    if t.arrears == "declined":
        return Rejection("STATE_CONFLICT")
    return ArrearsSettled(**base_of(t, message), amount=message.amount)


def _decline_arrears(t: Transfer, message: m.ArrearsDeclined, at: int) -> Draft:
    if not t.arrears:
        return not_found(t)
    if t.arrears == "settled":
        return Rejection("STATE_CONFLICT")
    return ArrearsDeclined(**base_of(t, message), declined_on=message.declined_on)


RULES: tuple[Rule, ...] = (
    MessageRule(
        message=m.ArrearsReported,
        role="origin",
        accept={State.ORIGIN_REVIEW, State.TRANSFER},
        wait={State.APPLICATION_REVIEW, State.LETTER_ISSUED, State.RETURNED},
        recorded_before=lambda t, _: bool(t.arrears),
        decide=_report_arrears,
        fact=ArrearsReported,
        readers=to_destination,
        annullable=True,
    ),
    MessageRule(
        message=m.ArrearsSettled,
        role="origin",
        accept={State.ORIGIN_REVIEW, State.TRANSFER},
        wait={State.APPLICATION_REVIEW, State.LETTER_ISSUED},
        recorded_before=lambda t, _: t.arrears == "settled",
        decide=_settle_arrears,
        fact=ArrearsSettled,
        ordinary=True,
        has_object=lambda t: t.arrears == "reported",
        readers=to_destination,
        annullable=True,
    ),
    MessageRule(
        message=m.ArrearsDeclined,
        role="origin",
        accept={State.ORIGIN_REVIEW, State.TRANSFER},
        wait={State.APPLICATION_REVIEW, State.LETTER_ISSUED},
        recorded_before=lambda t, _: t.arrears == "declined",
        decide=_decline_arrears,
        fact=ArrearsDeclined,
        ordinary=True,
        has_object=lambda t: t.arrears == "reported",
        readers=to_destination,
        annullable=True,
    ),
)
