"""Checks across the transfers of one person: the same money is not claimed, returned or refunded twice.

Money that was found belongs to a case between the same two provinces; what was transferred is undone wholly or not at
all; and what lies with the destination leaves it once: back, onward, or to the person as a refund (domain.md §1, §3).
"""

from __future__ import annotations

from jinbao.platform.aggregates.relationship import Relationship
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.transfer import Transfer

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


def reversals(r: Relationship, t: Transfer) -> list[Transfer]:
    """The reversals of that transfer that came or may still come to something."""
    found = [other for other in r.transfers if other.kind == "reversal" and other.names == t.transfer_id]
    return [other for other in found if other.live or other.state is State.COMPLETED]
