"""The same money in several transfers of one person: a message about one of them is held against the others.

Money that was found belongs to a case between the same two provinces; what was transferred is undone wholly or not at
all; and what lies with the destination leaves it once: back, onward, or to the person as a refund (domain.md §1, §3).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jinbao.platform import limits
from jinbao.platform.aggregates import money
from jinbao.platform.aggregates.admission import ADMISSION
from jinbao.platform.aggregates.decision import WAIT, Draft, Rejection
from jinbao.platform.aggregates.recorded_contributions import sheet_differs
from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.rules.working_days import day_of
from jinbao.schemas import messages as m

MOVED_ON = "MONEY_MOVED_ON"
OF_ANOTHER_CASE = "MONEY_OF_ANOTHER_CASE"
Split = tuple[int, int]


def left_of(t: Transfer) -> Split:
    """What of a completed transfer's money is with its destination: (personal, pooling) in fen, less refunds."""
    if t.split is None:
        return 0, 0
    return t.split[0] - t.refunded, t.split[1]


def moved_on(r: Relationship, t: Transfer) -> bool:
    """Whether the destination has sent a sheet for an onward transfer begun since: its money goes with it."""
    for other in r.transfers:
        if other.kind != "application" or other.origin != t.destination or other.number <= t.number:
            continue
        if other.split is not None and (other.live or other.state in (State.COMPLETED, State.MOVED)):
            return True
    return False


def _reversals(r: Relationship, t: Transfer) -> list[Transfer]:
    """The reversals of that transfer that came or may still come to something."""
    found = [other for other in r.transfers if other.kind == "reversal" and other.names == t.transfer_id]
    return [other for other in found if other.live or other.state is State.COMPLETED]


def _sheet(r: Relationship, t: Transfer, message: m.InformationSheetSent, at: int) -> Draft | None:
    if t.account is not None:
        return sheet_differs(r, t, message, day_of(at))
    if t.kind == "reversal":
        first = r.transfer(t.names or b"")
        if first is None or first.state is not State.COMPLETED:
            return Rejection("CASE_CLOSED", "envelope.transfer_id")
        if t.money != "none" and (message.individual_total, message.pooling_total) != left_of(first):
            return Rejection("REVERSAL_DIFFERS", "individual_total")
        return Rejection(MOVED_ON, "envelope.transfer_id") if moved_on(r, first) else None
    if t.kind != "application":
        return None
    for earlier in r.transfers:
        if earlier.destination == t.origin and any(other.live for other in _reversals(r, earlier)):
            return WAIT
    return None


def _refund(r: Relationship, t: Transfer, message: m.OverlapCleared, at: int) -> Draft | None:
    undone = any(other.split is not None for other in _reversals(r, t))
    if message.refund and (undone or moved_on(r, t)):
        return Rejection(MOVED_ON, "refund")
    return None


def _receipt(r: Relationship, t: Transfer, message: m.FundsReceived, at: int) -> Draft | None:
    """Money that is held without a name is not received a second time before the holding lets go of it."""
    for other in r.transfers:
        held_here = other.state is State.UNASSIGNED and other.destination == t.destination
        if held_here and money.find(other.payments, message.payment_reference, message.payment_line) is not None:
            return WAIT
    return None


def _assignment(r: Relationship, holding: Transfer, message: m.UnassignedFundsAssigned, at: int) -> Draft | None:
    """The holding lets go only of what the case can take in, or has taken in: then it would count twice.

    Under a person's relationship it is that person's money. Where nothing but holdings lies, nobody knew whose it was,
    and the case is one of any person.
    """
    case = r.transfer(message.assigned_to)
    here = case is not None or any(t.kind != "unassigned" for t in r.transfers)
    if not here:
        case = r.elsewhere(message.assigned_to)
    ways = (holding.origin, holding.destination)
    if case is None or case.kind == "unassigned" or (case.origin, case.destination) != ways:
        return Rejection(OF_ANOTHER_CASE, "assigned_to")
    if case.state is State.MOVED:
        return Rejection("RELATIONSHIP_MOVED", "assigned_to")
    if case.state not in ADMISSION[m.FundsReceived].accept:
        return WAIT if here else Rejection("STATE_CONFLICT", "assigned_to")  # nobody hears when another's case moves
    for line in holding.payments:
        known = money.find(case.payments, line.reference, line.line)
        if known is None and len(case.payments) >= limits.PAYMENT_LINES.most:
            return Rejection(limits.CODE, "assigned_to")
        if known is not None and (known.bounced or known.backwards or known.amount != line.amount):
            return Rejection(OF_ANOTHER_CASE, "assigned_to")
    return None


_Held = Callable[[Relationship, Transfer, Any, int], Draft | None]

SAME_MONEY: Mapping[type[m.Submission], _Held] = {
    m.InformationSheetSent: _sheet,
    m.FundsReceived: _receipt,
    m.OverlapCleared: _refund,
    m.UnassignedFundsAssigned: _assignment,
}
"""Message → what the person's other transfers have against it; None: nothing."""
