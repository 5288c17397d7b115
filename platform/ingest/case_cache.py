"""Cache of relationships: loaded for a whole batch at once, bounded, and dropped when a batch fails.

Each stream has one writer, so a case that is here is as it is in the store.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

import msgspec
from eventsourcing.persistence import MapperDeserialisationError

from jinbao.platform import limits
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.aggregates.relationship import FindTransfer, nowhere
from jinbao.platform.aggregates.state import State
from jinbao.platform.aggregates.stream_kind import StreamFact, StreamKind
from jinbao.platform.aggregates.stream_kinds import KINDS, RELATIONSHIPS, StreamDecider
from jinbao.platform.aggregates.transfer import Transfer
from jinbao.platform.ingest.parked import Parked, ParkedMessages, Place, SubmissionId
from jinbao.platform.limits import Limit
from jinbao.platform.outcome import Outcome
from jinbao.platform.projections.case_board import cases_begun
from jinbao.platform.projections.logged import case_parts
from jinbao.platform.store.event_log import decode as decode_fact_of
from jinbao.platform.store.store import UnitOfWork
from jinbao.schemas.codec import decode
from jinbao.schemas.headers import stream_of
from jinbao.schemas.messages import StreamMessage

KEPT_CASES = 50_000
"""Relationships kept in memory between batches."""
KEPT_PARKED_BYTES = 256 << 20
"""Parked messages kept in memory between batches."""


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A submission that the stream knows, and its present outcome."""

    digest: bytes
    outcome: Outcome
    code: str | None
    field: str | None
    received_at: int


class Case:
    """The aggregate of one stream with what its stream knows of submissions."""

    __slots__ = (
        "aggregate",
        "damaged",
        "key",
        "kind",
        "known_of",
        "parked",
        "partition",
        "seen",
        "stream",
        "stream_key",
    )

    def __init__(
        self, key: bytes, kind: StreamKind[StreamFact], stream_key: bytes, stream: int, partition: int, now: int
    ) -> None:
        self.key = key
        """Key of its records on the bus."""
        self.kind = kind
        self.stream_key = stream_key
        self.aggregate: StreamDecider = kind.begin(UUID(bytes=stream_key), now)
        self.stream = stream
        """Number of the stream; 0 until its first submission is written."""
        self.partition = partition
        self.damaged = 0
        """First version of the stream that is missing or cannot be read; 0 where none is."""
        self.seen: dict[SubmissionId, Seen] = {}
        self.known_of: dict[str, int] = {}
        """Sender → how many of its messages are in `seen`."""
        self.parked = ParkedMessages()

    def remember(self, submission: SubmissionId, seen: Seen) -> None:
        """Know a message by its present outcome."""
        if submission not in self.seen:
            sender = submission[0]
            self.known_of[sender] = self.known_of.get(sender, 0) + 1
        self.seen[submission] = seen


class Cases:
    """A bounded cache of cases by the key of their records on the bus, least recently used out first."""

    def __init__(
        self,
        kept: int = KEPT_CASES,
        stored: FindTransfer = nowhere,
        kept_parked_bytes: int = KEPT_PARKED_BYTES,
        kinds: Iterable[StreamKind[StreamFact]] = KINDS,
    ) -> None:
        """`stored` looks in the store for a transfer of whatever relationship."""
        self._kinds = {kind.name: kind for kind in kinds}
        self._kept, self._stored = kept, stored
        self._kept_parked_bytes = kept_parked_bytes
        self._parked_bytes = 0
        self._cases: OrderedDict[bytes, Case] = OrderedDict()
        self._parked_in: dict[tuple[int, str], tuple[int, int]] = {}
        """(partition, sender) → number and bytes of its messages that wait there, in memory or not."""

    def __len__(self) -> int:
        return len(self._cases)

    def __contains__(self, key: bytes) -> bool:
        return key in self._cases

    def get(self, key: bytes) -> Case:
        """A case that `load` has brought in, by the key of its records on the bus; now the one used last."""
        self._cases.move_to_end(key)
        return self._cases[key]

    def load(self, work: UnitOfWork, missing: Mapping[bytes, int], now: int) -> None:
        """Bring in cases that are not here, each table read once: key of its records → partition."""
        of_kind: dict[str, dict[bytes, bytes]] = {}
        for key in missing:
            named = stream_of(key)
            if named is not None and named[0] in self._kinds:
                of_kind.setdefault(named[0], {})[key] = named[1]
        loaded: dict[int, Case] = {}
        for name, keys in of_kind.items():
            kind = self._kinds[name]
            numbers = work.streams(kind).numbers_of(list(keys.values()))
            for key, stream_key in keys.items():
                stream = numbers.get(stream_key, 0)
                case = self._cases[key] = Case(key, kind, stream_key, stream, missing[key], now)
                if isinstance(case.aggregate, PensionRelationship):
                    case.aggregate.elsewhere = self._find_transfer
                if stream:
                    loaded[stream] = case
        if loaded:
            _replay(work, loaded)
            _recall_submissions(work, loaded)
            _recall_parked(work, loaded)
            self._parked_bytes += sum(case.parked.size_bytes for case in loaded.values())

    def begin_partitions(self, work: UnitOfWork, partitions: frozenset[int]) -> None:
        """Start with partitions that are this process's from now on: nothing of them is in memory but what waits."""
        self.forget_partitions(partitions)
        sql = (
            "SELECT s.partition, p.sender, COUNT(*), SUM(LENGTH(i.bytes)) FROM parked p "
            "JOIN streams s ON s.stream = p.stream JOIN intake i ON i.position = p.intake "
            "GROUP BY s.partition, p.sender"
        )
        for partition, sender, number, size in work.bulk.execute(sql):
            if partition in partitions:
                self._parked_in[partition, sender] = (number, size)

    def _find_transfer(self, transfer_id: bytes) -> Transfer | None:
        """A transfer of whatever relationship: of one in memory, else as it is stored; one that moved on comes last."""
        relationships = (case.aggregate for case in self._cases.values())
        found = [of.transfer(transfer_id) for of in relationships if isinstance(of, PensionRelationship)]
        here = [transfer for transfer in found if transfer is not None]
        standing = [transfer for transfer in here if transfer.state is not State.MOVED]
        return standing[0] if standing else self._stored(transfer_id) or (here[0] if here else None)

    def forget_partitions(self, partitions: frozenset[int]) -> None:
        """Drop the cases of partitions that another process writes now."""
        for key in [key for key, case in self._cases.items() if case.partition in partitions]:
            self._drop(key)
        for place in [place for place in self._parked_in if place[0] in partitions]:
            del self._parked_in[place]

    def park(self, case: Case, parked: Parked) -> Limit | None:
        """Let a message wait in its case, unless its sender has reached a limit: then that one is returned."""
        sender, size = parked.id[0], len(parked.data)
        number, held = case.parked.of_sender(sender)
        numbers, all_held = self._parked_in.get((case.partition, sender), (0, 0))
        for limit, wanted in (
            (limits.PARKED, number + 1),
            (limits.PARKED_BYTES, held + size),
            (limits.PARKED_IN_PARTITION, numbers + 1),
            (limits.PARKED_IN_PARTITION_BYTES, all_held + size),
        ):
            if wanted > limit.most:
                return limit
        case.parked.add(parked)
        self._count_parked(case, parked, 1)
        return None

    def unpark(self, case: Case, parked: Parked) -> None:
        """A message waits no longer."""
        case.parked.remove(parked)
        self._count_parked(case, parked, -1)

    def _count_parked(self, case: Case, parked: Parked, sign: int) -> None:
        place, size = (case.partition, parked.id[0]), sign * len(parked.data)
        number, held = self._parked_in.get(place, (0, 0))
        self._parked_in[place] = (number + sign, held + size)
        self._parked_bytes += size

    def settle(self, touched: Iterable[bytes], judged: Collection[bytes] = ()) -> None:
        """After a commit: drop finished cases, then the least recently used beyond the bounds.

        `judged`: cases of a batch that is not committed yet; they stay.
        """
        for key in touched:
            case = self._cases.get(key)
            if case is None or key in judged or ((case.parked or case.aggregate.live) and not case.damaged):
                continue
            self._drop(key)
        while len(self._cases) > self._kept or self._parked_bytes > self._kept_parked_bytes:
            oldest = next(iter(self._cases))
            if oldest in judged:
                break
            self._drop(oldest)

    def _drop(self, key: bytes) -> None:
        self._parked_bytes -= self._cases.pop(key).parked.size_bytes

    def clear(self) -> None:
        """Drop everything."""
        self._cases.clear()
        self._parked_in.clear()
        self._parked_bytes = 0


_GONE = {State.MOVING: 1, State.MOVED: 2}


def stored_transfer(work: UnitOfWork, transfer_id: bytes) -> Transfer | None:
    """A transfer of whatever relationship, as its stream folds it; one that moved on comes last."""
    found = [transfer_of(work, case_id) for case_id in cases_begun(work, transfer_id)]
    return min(found, key=lambda transfer: _GONE.get(transfer.state, 0), default=None)


def transfer_of(work: UnitOfWork, case_id: int) -> Transfer:
    """A transfer as its stream folds it, by its number in the nation."""
    stream, number = case_parts(case_id)
    streams = work.streams(RELATIONSHIPS)
    relationship: PensionRelationship = streams.repository.get(streams.key_of(stream))
    return relationship.transfers[number - 1]


def _replay(work: UnitOfWork, loaded: dict[int, Case]) -> None:
    """Take the facts in; a case stops at a version that is missing or cannot be read, and the others go on."""
    rows = work.events.select_facts(list(loaded))
    for stream, version, topic, state, submission, received_at, sender, digest in rows:
        case = loaded[stream]
        case.remember((sender, submission), Seen(digest, Outcome.ACCEPTED, None, None, received_at))
        aggregate = case.aggregate
        if case.damaged:
            continue
        if version != aggregate.version + 1:
            case.damaged = aggregate.version + 1
            continue
        try:
            fact = decode_fact_of(case.kind, topic, state)
        except MapperDeserialisationError:
            case.damaged = version
            continue
        aggregate.take(fact, submission, received_at)
        aggregate.version = version


def _recall_submissions(work: UnitOfWork, loaded: dict[int, Case]) -> None:
    """Know the messages that brought no fact; one that was accepted at last is known already."""
    sql = (
        "SELECT stream, event_id, sender, digest, outcome, code, field, received_at "
        f"FROM intake WHERE outcome <> {Outcome.DUPLICATE:d} "
        f"AND (code IS NULL OR code <> '{limits.CODE}' OR first IS NOT NULL) AND stream"
    )
    for stream, event_id, sender, digest, outcome, code, field, received_at in work.bulk.select_in(
        sql, list(loaded), "ORDER BY position"
    ):
        case, known = loaded[stream], (sender, event_id)
        before = case.seen.get(known)
        if before is not None and (before.digest != digest or before.outcome is Outcome.ACCEPTED):
            continue  # the same id with other content was rejected, or waited: the first stays
        case.remember(known, Seen(digest, Outcome(outcome), code, field, received_at))


def _recall_parked(work: UnitOfWork, loaded: dict[int, Case]) -> None:
    sql = (
        "SELECT p.stream, i.bytes, i.digest, i.received_at, i.partition, i.bus_offset, i.position, "
        "p.headers FROM parked p JOIN intake i ON i.position = p.intake WHERE p.stream"
    )
    for stream, data, digest, received_at, partition, offset, position, headers in work.bulk.select_in(
        sql, list(loaded), "ORDER BY p.intake"
    ):
        message = decode(data)
        assert isinstance(message, StreamMessage)
        place = Place(position)
        loaded[stream].parked.add(Parked(message, data, digest, received_at, partition, offset, place, headers))
