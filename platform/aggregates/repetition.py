"""Whether a message says what was recorded before under another id.

A letter or sheet is known by its version, a payment by its reference and line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinbao.platform.aggregates import money
from jinbao.platform.aggregates.money import PaymentLine
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.schemas import messages as m


def _letter_known(t: Transfer, message: Any, done: bool) -> bool:
    """A fact about a letter that was replaced, or that was recorded of the present one."""
    version: int = message.letter_version
    return version < t.letter_version or (version == t.letter_version and done)


def _sheet_known(t: Transfer, message: Any, done: bool) -> bool:
    version: int = message.sheet_version
    return version < t.sheet_version or (version == t.sheet_version and done)


def _same_payment(t: Transfer, message: Any) -> PaymentLine | None:
    """The case's line of that reference, direction and amount."""
    known = money.find(t.payments, message.payment_reference, message.payment_line)
    backwards = isinstance(message, m.FundsReturned | m.ReturnedFundsReceived)
    if known is None or (known.backwards, known.amount) != (backwards, message.amount):
        return None
    return known


def _announced(t: Transfer, message: Any) -> bool:
    known = _same_payment(t, message)
    return known is not None and known.announced


def _arrived(t: Transfer, message: Any) -> bool:
    known = _same_payment(t, message)
    return known is not None and known.arrived


def _warned(t: Transfer, message: Any) -> bool:
    clock = t.running(message.clock, message.clock_run)
    return clock is not None and clock.warned


def _missed(t: Transfer, message: Any) -> bool:
    clock = t.running(message.clock, message.clock_run)
    return clock is not None and clock.missed


_PASSED = frozenset({State.TRANSFER, State.CONFIRMATION, State.MISMATCH, State.COMPLETED, State.REVERSED})

RECORDED_BEFORE: Mapping[type[m.Submission], Callable[[Transfer, Any], bool]] = {
    m.ApplicationRefused: lambda t, _: t.state is State.REFUSED,
    m.ContactLetterIssued: lambda t, message: _letter_known(t, message, True),
    m.ContactLetterReceived: lambda t, message: _letter_known(t, message, t.letter_received),
    m.ContactLetterDeemedReceived: lambda t, message: _letter_known(t, message, t.letter_received),
    m.OriginReviewPassed: lambda t, message: _letter_known(t, message, t.state in _PASSED),
    m.TransferReturned: lambda t, message: _letter_known(t, message, t.return_reason is not None),
    m.InformationSheetSent: lambda t, message: _sheet_known(t, message, True),
    m.InformationSheetReceived: lambda t, message: _sheet_known(t, message, t.sheet_received),
    m.InformationSheetDeemedReceived: lambda t, message: _sheet_known(t, message, t.sheet_received),
    m.FundsRemitted: _announced,
    m.FundsReturned: _announced,
    m.FundsReceived: _arrived,
    m.ReturnedFundsReceived: _arrived,
    m.MismatchReported: lambda *_: False,  # what it found must be true again first: its own decision sees to it
    m.TransferCompleted: lambda t, _: t.credited,
    m.WithdrawalRequested: lambda t, message: t.withdrawal_requested and message.letter_version == t.letter_version,
    m.TransferWithdrawn: lambda t, _: t.state is State.WITHDRAWN,
    m.TransferClosed: lambda t, _: t.state is State.CLOSED,
    m.DeadlineApproaching: _warned,
    m.DeadlineMissed: _missed,
}
"""Message → whether its fact was recorded before."""
