"""One event of the log with its position, as projections fold it: of a relationship, also with its transfer."""

from __future__ import annotations

import msgspec

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.stream_kind import StreamFact, StreamKind
from jinbao.platform.store.bulk import Row
from jinbao.platform.store.event_log import decode

TRANSFER_BITS = 12
CLOCK_BITS = 16
ENTRY_BITS = 8
_MOST_TRANSFERS = 1 << TRANSFER_BITS


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One event at its position in the log, of whatever kind of stream."""

    position: int
    stream: int
    received_at: int
    sender: str
    submission: bytes
    """Event id of the message that said it."""
    fact: StreamFact | None
    """None where no projection wants its kind."""


class Logged(Entry, frozen=True, gc=False):
    """One fact of a relationship at its position in the log."""

    fact: Fact
    case_id: int
    """The transfer's number in the nation: its stream and its place there."""


def entry_of(row: Row, kind: StreamKind[StreamFact] | None) -> Entry:
    """An event, a row as `EventLog.rows_after` gives it, as the projections fold it; its fact where its kind is given.

    Raises MapperDeserialisationError.
    """
    position, stream, _, topic, state, sender, submission, received_at = row
    fact = None if kind is None else decode(kind, topic, state)
    if not isinstance(fact, Fact):
        return Entry(position, stream, received_at, sender, submission, fact)
    return Logged(position, stream, received_at, sender, submission, fact, case_number(stream, fact.transfer))


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
