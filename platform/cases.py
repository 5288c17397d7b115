"""The relationships at work, in memory: loaded for a whole batch at once, bounded, and dropped when a batch fails.

Each stream has one writer, so a case that is here is as it is in the store.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from enum import IntEnum
from typing import NamedTuple
from uuid import UUID

import msgspec

from jinbao.platform.aggregates.facts import State
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.aggregates.same_money import FindTransfer, nowhere
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.platform.projections.logged import case_parts
from jinbao.platform.store.mapper import decode_fact
from jinbao.platform.store.store import UnitOfWork
from jinbao.schemas.codec import decode
from jinbao.schemas.messages import Submission

KEPT_CASES = 50_000
"""Relationships kept in memory between batches."""


class Outcome(IntEnum):
    """What became of a bus message; stored by number."""

    ACCEPTED = 1
    DUPLICATE = 2
    PARKED = 3
    REJECTED = 4
    DEAD_LETTER = 5
    FORWARDED = 6
    """Sent on to its own partition, where it gets its outcome: not one of the five, and not counted."""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A submission that the stream knows, and its present outcome."""

    sender: str
    digest: bytes
    outcome: Outcome
    code: str | None
    field: str | None
    received_at: int


class Place:
    """A row's position in the intake: 0 until its batch is written."""

    __slots__ = ("position",)

    def __init__(self, position: int = 0) -> None:
        self.position = position


class Parked(NamedTuple):
    """A submission that waits for one that must come first."""

    message: Submission
    data: bytes
    digest: bytes
    received_at: int
    partition: int
    bus_offset: int
    first: Place
    """Its first row in the intake."""
    packed_headers: bytes | None
    """As it came with them; None for one that was parked before they were kept."""


class Case:
    """One relationship with what its stream knows of submissions."""

    __slots__ = ("key", "parked", "partition", "relationship", "seen", "stream")

    def __init__(self, key: bytes, relationship: PensionRelationship, stream: int, partition: int) -> None:
        self.key = key
        """Key of its records on the bus."""
        self.relationship = relationship
        self.stream = stream
        """Number of the stream; 0 until its first submission is written."""
        self.partition = partition
        self.seen: dict[bytes, Seen] = {}
        self.parked: dict[bytes, Parked] = {}
        """By event id, in the order received."""


class Cases:
    """A bounded cache of cases by the key of their records on the bus, least recently used out first."""

    def __init__(self, kept: int = KEPT_CASES, stored: FindTransfer = nowhere) -> None:
        """`stored` looks in the store for a transfer of whatever relationship."""
        self._kept, self._stored = kept, stored
        self._cases: OrderedDict[bytes, Case] = OrderedDict()

    def __len__(self) -> int:
        return len(self._cases)

    def __contains__(self, key: bytes) -> bool:
        return key in self._cases

    def get(self, key: bytes) -> Case:
        """A case that `load` has brought in, by the key of its records on the bus; now the one used last."""
        self._cases.move_to_end(key)
        return self._cases[key]

    def load(self, work: UnitOfWork, missing: Mapping[bytes, tuple[bytes, int]], now: int) -> None:
        """Bring in cases that are not here, each table read once: key → (relationship id, partition)."""
        if not missing:
            return
        numbers = work.events.streams_of([relationship_id for relationship_id, _ in missing.values()])
        loaded: dict[int, Case] = {}
        for key, (relationship_id, partition) in missing.items():
            stream = numbers[relationship_id][0] if relationship_id in numbers else 0
            case = Case(key, PensionRelationship.begin(UUID(bytes=relationship_id), now), stream, partition)
            case.relationship.elsewhere = self._find_transfer
            self._cases[key] = case
            if stream:
                loaded[stream] = case
        if loaded:
            _replay(work, loaded)
            _recall_submissions(work, loaded)
            _recall_parked(work, loaded)

    def _find_transfer(self, transfer_id: bytes) -> Transfer | None:
        """A transfer of whatever relationship: of one in memory, else as it is stored; one that moved on comes last."""
        found = [case.relationship.transfer(transfer_id) for case in self._cases.values()]
        here = [transfer for transfer in found if transfer is not None]
        standing = [transfer for transfer in here if transfer.state is not State.MOVED]
        return standing[0] if standing else self._stored(transfer_id) or (here[0] if here else None)

    def forget_partitions(self, partitions: frozenset[int]) -> None:
        """Drop the cases of partitions that another process writes now."""
        for key in [key for key, case in self._cases.items() if case.partition in partitions]:
            del self._cases[key]

    def settle(self, touched: Iterable[bytes], judged: Collection[bytes] = ()) -> None:
        """After a commit: drop finished cases, then the least recently used beyond the bound.

        `judged`: cases of a batch that is not committed yet; they stay.
        """
        for key in touched:
            case = self._cases.get(key)
            if case is None or case.parked or case.relationship.live or key in judged:
                continue
            del self._cases[key]
        while len(self._cases) > self._kept:
            oldest = next(iter(self._cases))
            if oldest in judged:
                break
            del self._cases[oldest]

    def clear(self) -> None:
        """Drop everything."""
        self._cases.clear()


def transfer_of(work: UnitOfWork, case_id: int) -> Transfer:
    """A transfer as its stream folds it, by its number on the case board."""
    stream, number = case_parts(case_id)
    relationship = PensionRelationship.begin(UUID(int=0), 0)
    for _, _, topic, state, submission, received_at in work.events.select_facts([stream]):
        relationship.take(decode_fact(topic, state), submission, received_at)
    return relationship.transfers[number - 1]


def _replay(work: UnitOfWork, loaded: dict[int, Case]) -> None:
    for stream, version, topic, state, submission, received_at in work.events.select_facts(list(loaded)):
        relationship = loaded[stream].relationship
        relationship.take(decode_fact(topic, state), submission, received_at)
        relationship.version = version


def _recall_submissions(work: UnitOfWork, loaded: dict[int, Case]) -> None:
    sql = (
        "SELECT stream, event_id, sender, digest, outcome, code, field, received_at "
        f"FROM intake WHERE outcome <> {Outcome.DUPLICATE:d} AND stream"
    )
    for stream, event_id, sender, digest, outcome, code, field, received_at in work.bulk.select_in(
        sql, list(loaded), "ORDER BY position"
    ):
        seen = loaded[stream].seen
        if event_id in seen and (seen[event_id].sender, seen[event_id].digest) != (sender, digest):
            continue  # the same id with other content was rejected; the first stays
        seen[event_id] = Seen(sender, digest, Outcome(outcome), code, field, received_at)


def _recall_parked(work: UnitOfWork, loaded: dict[int, Case]) -> None:
    sql = (
        "SELECT p.stream, i.event_id, i.bytes, i.digest, i.received_at, i.partition, i.bus_offset, i.position, "
        "p.headers FROM parked p JOIN intake i ON i.position = p.intake WHERE p.stream"
    )
    for stream, event_id, data, digest, received_at, partition, offset, position, headers in work.bulk.select_in(
        sql, list(loaded), "ORDER BY p.intake"
    ):
        message = decode(data)
        assert isinstance(message, Submission)
        place = Place(position)
        loaded[stream].parked[event_id] = Parked(message, data, digest, received_at, partition, offset, place, headers)
