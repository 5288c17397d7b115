"""Parked messages of one case: legal ones that wait for another, found again by what they may wait for.

A message that names only what this case does not know is not tried again before that comes: so a case in which many
wait costs no more, since whoever may wait for a known transfer is a party to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import NamedTuple

from jinbao.platform.aggregates.stream_kinds import Name, StreamDecider
from jinbao.schemas.messages import StreamMessage

SubmissionId = tuple[str, bytes]
"""(sender, event id): an id belongs to whoever sent it, and nobody can occupy another's."""


class Place:
    """A row's position in the intake: 0 until its batch is written."""

    __slots__ = ("position",)

    def __init__(self, position: int = 0) -> None:
        self.position = position


class Parked(NamedTuple):
    """A submission that waits for one that must come first."""

    message: StreamMessage
    data: bytes
    digest: bytes
    received_at: int
    partition: int
    bus_offset: int
    first: Place
    """Its first row in the intake."""
    packed_headers: bytes | None
    """As it came with them; None for one that was parked before they were kept."""

    @property
    def id(self) -> SubmissionId:
        """Sender and event id."""
        return self.message.envelope.sender, self.message.envelope.event_id


class ParkedMessages:
    """The messages of one case that wait."""

    __slots__ = ("_last", "_messages", "_numbers", "_of_sender", "_waiting")

    def __init__(self) -> None:
        self._messages: dict[SubmissionId, Parked] = {}
        self._numbers: dict[SubmissionId, int] = {}
        """In the order received."""
        self._last = 0
        self._waiting: dict[Name, dict[SubmissionId, None]] = {}
        self._of_sender: dict[str, tuple[int, int]] = {}

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[Parked]:
        return iter(self._messages.values())

    def get(self, known: SubmissionId) -> Parked | None:
        """The one of that sender and id."""
        return self._messages.get(known)

    def of_sender(self, sender: str) -> tuple[int, int]:
        """(number, bytes) of the messages of one sender that wait."""
        return self._of_sender.get(sender, (0, 0))

    @property
    def size_bytes(self) -> int:
        """Bytes of all that wait."""
        return sum(size for _, size in self._of_sender.values())

    def add(self, parked: Parked) -> None:
        """Let one wait, behind all that came before it."""
        known, self._last = parked.id, self._last + 1
        self._messages[known], self._numbers[known] = parked, self._last
        for name in _named(parked.message):
            self._waiting.setdefault(name, {})[known] = None
        self._count(parked, 1)

    def remove(self, parked: Parked) -> None:
        """One waits no longer."""
        known = parked.id
        del self._messages[known], self._numbers[known]
        for name in _named(parked.message):
            others = self._waiting[name]
            del others[known]
            if not others:
                del self._waiting[name]
        self._count(parked, -1)

    def _count(self, parked: Parked, sign: int) -> None:
        sender = parked.message.envelope.sender
        number, size = self.of_sender(sender)
        self._of_sender[sender] = (number + sign, size + sign * len(parked.data))

    def waiting_for(self, name: Name) -> Iterator[tuple[int, SubmissionId]]:
        """(number in the order received, id) of those that may wait for it."""
        for known in self._waiting.get(name, ()):
            yield self._numbers[known], known


class Retry:
    """Goes through those that may move, in the order received, and again from the first while any moves."""

    def __init__(self, parked: ParkedMessages) -> None:
        self._parked = parked
        self._round, self._number = 0, 0
        self._queue: list[tuple[int, int, SubmissionId]] = []
        self._queued: set[tuple[int, SubmissionId]] = set()

    def moved(self, aggregate: StreamDecider) -> None:
        """A fact has come: what may wait for it is tried, those received later in this round, the others after it."""
        for name in aggregate.known_names():
            for number, known in self._parked.waiting_for(name):
                turn = self._round if number > self._number else self._round + 1
                if (turn, known) not in self._queued:
                    self._queued.add((turn, known))
                    heappush(self._queue, (turn, number, known))

    def __iter__(self) -> Iterator[Parked]:
        """Those to be tried; whoever takes one out tells what it moved before asking for the next."""
        while self._queue:
            self._round, self._number, known = heappop(self._queue)
            parked = self._parked.get(known)
            if parked is not None:
                yield parked


def _named(message: StreamMessage) -> set[Name]:
    """Whatever the message names that may have to come first."""
    names: set[Name] = {message.envelope.subject}
    for field in message.__struct_fields__:
        value = getattr(message, field)
        if isinstance(value, bytes) or (value and field in ("certificate_number", "account_number")):
            names.add(value)
    return names
