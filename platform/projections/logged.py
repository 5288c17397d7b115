"""One event of the log with its position, as projections fold it."""

from __future__ import annotations

import msgspec

from jinbao.platform.aggregates.fact import Fact

TRANSFER_BITS = 12
CLOCK_BITS = 16
ENTRY_BITS = 8
_MOST_TRANSFERS = 1 << TRANSFER_BITS


class Logged(msgspec.Struct, frozen=True, gc=False):
    """One fact at its position in the log."""

    position: int
    case_id: int
    """The transfer's number in the nation: its stream and its place there."""
    received_at: int
    sender: str
    submission: bytes
    """Event id of the message that said it."""
    fact: Fact


def logged(position: int, stream: int, received_at: int, sender: str, submission: bytes, fact: Fact) -> Logged:
    """An event of a stream as the projections fold it."""
    transfer = fact.transfer
    assert transfer < _MOST_TRANSFERS, "a relationship has fewer than 4096 transfers"
    return Logged(position, stream << TRANSFER_BITS | transfer, received_at, sender, submission, fact)


def case_number(stream: int, transfer: int) -> int:
    """The transfer's number in the nation."""
    assert transfer < _MOST_TRANSFERS, "a relationship has fewer than 4096 transfers"
    return stream << TRANSFER_BITS | transfer


def case_parts(case_id: int) -> tuple[int, int]:
    """(stream, number of the transfer within it)."""
    return case_id >> TRANSFER_BITS, case_id & ((1 << TRANSFER_BITS) - 1)


def clock_number(case_id: int, number: int) -> int:
    """The clock's number in the nation."""
    assert number < 1 << CLOCK_BITS, "a transfer has fewer than 65536 clocks"
    return case_id << CLOCK_BITS | number


def entry_number(position: int, index: int) -> int:
    """A ledger entry's number: the position of its event and its place there."""
    assert index < 1 << ENTRY_BITS, "an event has fewer than 256 postings"
    return position << ENTRY_BITS | index
