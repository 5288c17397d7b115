"""Whether a rarer message says what was recorded before under another id; see `repetition.py` for the everyday ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinbao.platform.aggregates import money
from jinbao.platform.aggregates.lump_sum_decisions import LUMP_SUM_RECORDED_BEFORE
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.schemas import messages as m


def _bounced(t: Transfer, message: Any) -> bool:
    line = money.find(t.payments, message.payment_reference, message.payment_line)
    return line is not None and line.bounced


def _redated(t: Transfer, message: Any) -> bool:
    clock = t.running(message.clock, message.clock_run)
    return clock is not None and clock.start.calendar == message.calendar


def _never(_t: Transfer, _message: Any) -> bool:
    return False


RARE_RECORDED_BEFORE: Mapping[type[m.Submission], Callable[[Transfer, Any], bool]] = {
    **LUMP_SUM_RECORDED_BEFORE,
    m.ArrearsReported: lambda t, _: bool(t.arrears),
    m.ArrearsSettled: lambda t, _: t.arrears == "settled",
    m.ArrearsDeclined: lambda t, _: t.arrears == "declined",
    m.PaymentBounced: _bounced,
    m.UnassignedFundsAssigned: lambda t, _: t.kind == "unassigned" and t.state is State.CLOSED and not t.payments,
    m.OverlapCleared: lambda t, message: (message.payment_reference, message.payment_line) in t.refunds,
    m.TransferFrozen: lambda t, _: t.frozen is not None,
    m.TransferReversed: lambda t, _: t.state is State.REVERSED,
    m.IdentityCorrected: lambda t, message: t.state is State.MOVED or t.moving_to == message.new_relationship_id,
    m.ContinuationConfirmed: lambda t, _: t.state is State.MOVED,
    m.ContinuationRefused: _never,
    m.FactAnnulled: _never,
    m.AgencyChanged: _never,
    m.PersonInformed: lambda t, message: f"person:{message.about}" in t.informed,
    m.EmployerInformed: lambda t, message: f"employer:{message.about}" in t.informed,
    m.ClockRedated: _redated,
}
"""Message → whether its fact was recorded before."""
