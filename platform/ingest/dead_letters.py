"""Dead letters: what could not be read or worked, found again with what the bus still has of it, and sent once more.

The intake keeps the bytes for ever; key and headers are read from the bus, where the record came.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from jinbao.bus.interface import Bus, BusRecord, OutgoingRecord, Reader
from jinbao.language.words import BilingualError
from jinbao.platform.aggregates.stream_kinds import KINDS
from jinbao.platform.limits import LIST_LIMIT
from jinbao.platform.outcome import Outcome
from jinbao.platform.store.store import UnitOfWork
from jinbao.schemas.codec import Undecodable, decode, headers_for
from jinbao.schemas.headers import record_key
from jinbao.schemas.messages import SUBMISSIONS_TOPIC, StreamMessage
from jinbao.schemas.signatures import with_signature


class DeadLetter(NamedTuple):
    """One message that could not be read or worked."""

    number: int
    """Its position in the intake."""
    code: str
    field: str | None
    partition: int
    bus_offset: int
    received_at: int
    """Microseconds since 1970 UTC."""
    data: bytes
    signature: bytes | None = None
    """As its row keeps it: with the leaf hash behind."""

    @property
    def message(self) -> StreamMessage | None:
        """What it says to this program, which may know more schemas than the one that received it; None: nothing."""
        try:
            message = decode(self.data)
        except Undecodable:
            return None
        return message if isinstance(message, StreamMessage) else None

    @property
    def case(self) -> UUID | None:
        """The transfer that it speaks of, where it can be read now."""
        message = self.message
        return None if message is None else UUID(bytes=message.envelope.subject)


class NotReplayable(BilingualError):
    """A dead letter whose key is lost, so that nobody knows its partition."""


LEAF_BYTES = 32
"""Behind the signature that a row without a message's bytes, or with such as nobody could read, keeps."""
_DEAD = (
    "SELECT position, code, field, partition, bus_offset, received_at, bytes, signature FROM intake "
    f"WHERE stream IS NULL AND event_id IS NULL AND outcome = {Outcome.DEAD_LETTER:d} "
)


_STREAM = "(SELECT stream FROM streams WHERE kind = ? AND key = ?)"
_KNOWN = (
    f"SELECT 1 FROM events WHERE stream = {_STREAM} AND submission = ? AND sender = ? LIMIT 1",
    f"SELECT 1 FROM intake WHERE stream = {_STREAM} AND event_id = ? AND sender = ? LIMIT 1",
)


def dead_letters(work: UnitOfWork, *, code: str | None = None, limit: int) -> list[DeadLetter]:
    """The oldest ones, all or of one code."""
    wanted, values = ("AND code = ? ", (code,)) if code is not None else ("", ())
    return [DeadLetter(*row) for row in work.bulk.execute(f"{_DEAD}{wanted}ORDER BY position LIMIT ?", *values, limit)]


def dead_letter(work: UnitOfWork, number: int) -> DeadLetter | None:
    """The one with that number."""
    row = work.bulk.execute(f"{_DEAD}AND position = ?", number).first()
    return DeadLetter(*row) if row is not None else None


def unsettled(work: UnitOfWork, since: int) -> list[DeadLetter]:
    """The newest that came since (microseconds since 1970 UTC), without those that have been read and worked after all.

    At most `LIST_LIMIT` are looked at.
    """
    rows = work.bulk.execute(f"{_DEAD}AND received_at >= ? ORDER BY position DESC LIMIT ?", since, LIST_LIMIT)
    return [letter for letter in map(DeadLetter._make, rows) if not _settled(work, letter)]


def _settled(work: UnitOfWork, letter: DeadLetter) -> bool:
    """Whether the message, sent again, was read: it has an outcome of its own."""
    message = letter.message
    kind = None if message is None else next((k.number for k in KINDS if k.name == message.envelope.KIND), None)
    if message is None or kind is None:
        return False
    known = (kind, message.envelope.key, message.envelope.event_id, message.envelope.sender)
    return any(work.bulk.execute(sql, *known).scalar() for sql in _KNOWN)


def originals(bus: Bus, letters: Sequence[DeadLetter]) -> list[BusRecord | None]:
    """The records as they came, with key and headers; None where the bus no longer has one. Raises BusError."""
    ends = bus.end_offsets(SUBMISSIONS_TOPIC)
    with closing(bus.reader(SUBMISSIONS_TOPIC)) as reader:
        for (_, partition), end in ends.items():
            reader.seek(partition, end)
        found = []
        for letter in letters:
            end = ends.get((SUBMISSIONS_TOPIC, letter.partition), 0)
            found.append(_original(reader, letter) if letter.bus_offset < end else None)
            reader.seek(letter.partition, end)
    return found


def _original(reader: Reader, letter: DeadLetter) -> BusRecord | None:
    """The record at the letter's place, if it is still there and has its bytes."""
    reader.seek(letter.partition, letter.bus_offset)
    while not reader.at_end():
        for record in reader.poll(1, 1.0):
            if record.partition == letter.partition:
                return record if (record.offset, record.value) == (letter.bus_offset, letter.data) else None
    return None


REPLAYED_BY = "jinbao_replayed_by"
"""Header of a record that was sent again: who asked for it; one for each time."""


def replay(bus: Bus, letters: Sequence[DeadLetter], operator: str) -> None:
    """Send them to the submissions once more, with their own key, bytes and headers, and who asked for it.

    Nothing is sent unless all can be. What was sent before and taken is known by its id: a duplicate. Raises
    NotReplayable, BusError.
    """
    asked = (REPLAYED_BY, operator.encode())
    records = [_outgoing(*pair) for pair in zip(letters, originals(bus, letters), strict=True)]
    records = [replace(record, headers=(asked, *record.headers)) for record in records]
    with closing(bus.producer()) as producer:
        producer.send(records)


def _outgoing(letter: DeadLetter, original: BusRecord | None) -> OutgoingRecord:
    if original is not None:
        return OutgoingRecord(SUBMISSIONS_TOPIC, original.key, original.value, original.headers)
    message = letter.message
    if message is None:
        raise NotReplayable(
            f"死信 {letter.number}：总线上已没有 {SUBMISSIONS_TOPIC}/{letter.partition}"
            f"/{letter.bus_offset}，其字节也看不出键；请报送方重新报送",
            f"dead letter {letter.number}: the bus no longer has {SUBMISSIONS_TOPIC}/{letter.partition}/"
            f"{letter.bus_offset}, and the bytes do not tell the key; ask the sender to send it again",
        )
    headers = headers_for(message, letter.data)
    if letter.signature is not None:
        headers = with_signature(headers, letter.signature[:-LEAF_BYTES])
    return OutgoingRecord(SUBMISSIONS_TOPIC, record_key(message.envelope), letter.data, headers)
