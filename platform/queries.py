"""Reading side: work lists, a case and its history, ledger, flows, counts. Nothing here decides or writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from jinbao.platform.aggregates.fact import Fact, RelationshipFact
from jinbao.platform.aggregates.stream_kind import F, StreamEvent, StreamKind
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.outcome import Outcome
from jinbao.platform.projections.logged import case_number, case_parts
from jinbao.platform.projections.positions import Positions
from jinbao.platform.store.event_log import decode, decode_fact, stored_topics
from jinbao.platform.store.store import UnitOfWork

_ABOUT_NO_CASE = tuple(kind.TOPIC for kind in RelationshipFact.__subclasses__())
"""Facts about the relationship itself, which have no row on the board."""


class Step(NamedTuple):
    """One fact in a case's timeline."""

    position: int
    fact: Fact
    sender: str
    submission: UUID
    received_at: int
    recorded_at: int
    relationship: UUID
    """Under which it was recorded: an identity may be corrected on the way."""


class RecentRow(NamedTuple):
    """One event as the latest news tell it."""

    position: int
    received_at: int
    origin: str
    destination: str
    fact: Fact


def timeline(work: UnitOfWork, case_id: int) -> list[Step]:
    """Everything that was recorded of a transfer under one relationship, folded from its stream on reading."""
    stream, transfer = case_parts(case_id)
    relationship = work.streams(RELATIONSHIPS).key_of(stream)
    return [
        Step(e.position, e.fact, e.sender, UUID(bytes=e.submission), e.received_at, e.recorded_at, relationship)
        for e in work.streams(RELATIONSHIPS).history.get(relationship)
        if isinstance(e, StreamEvent) and isinstance(e.fact, Fact) and e.fact.transfer == transfer
    ]


def first_missing_version(work: UnitOfWork, case_id: int) -> int | None:
    """The first version that the stream of a transfer lacks; None for a whole one.

    Platform: messages of such a case are dead letters `CASE_DAMAGED` until it is restored.
    """
    stream, _ = case_parts(case_id)
    versions = work.bulk.execute("SELECT version FROM events WHERE stream = ? ORDER BY version", stream).scalars()
    next_version = 1
    for version in versions:
        if version != next_version:
            return next_version
        next_version += 1
    return None


def ingest_counts(work: UnitOfWork) -> dict[str, int]:
    """Number of bus messages by present outcome; the five add up to `received`."""
    rows = work.bulk.execute("SELECT outcome, number FROM intake_counts")
    counts = Counter({row[0]: row[1] for row in rows})
    counts[Outcome.ACCEPTED] += number_of_events(work)
    counts[Outcome.PARKED] = work.bulk.execute("SELECT COUNT(*) FROM parked").scalar_one()
    present = {outcome.name.lower(): counts[outcome] for outcome in Outcome if outcome is not Outcome.FORWARDED}
    return {"received": sum(present.values()), **present}


def recent(work: UnitOfWork, limit: int, *, without: Sequence[type[Fact]] = ()) -> list[RecentRow]:
    """The newest events of cases on the board, newest first; `without` are facts that are passed over."""
    passed_over = (*_ABOUT_NO_CASE, *(topic for kind in without for topic in stored_topics(kind)))
    followed = Positions(work).max_tracking_id("case_board") or 0
    sql = (
        "SELECT e.position, e.stream, e.topic, e.state, e.received_at FROM events e "
        f"JOIN streams s ON s.stream = e.stream WHERE s.kind = {RELATIONSHIPS.number} AND e.position <= ? "
        f"AND e.topic NOT IN ({', '.join('?' * len(passed_over))}) ORDER BY e.position DESC LIMIT ?"
    )
    found = []
    for position, stream, topic, state, received_at in work.bulk.execute(sql, followed, *passed_over, limit):
        fact = decode_fact(topic, state)
        parties = "SELECT origin, destination FROM case_board WHERE case_id = ?"
        case = work.bulk.connection.exec_driver_sql(parties, (case_number(stream, fact.transfer),)).one()
        found.append(RecentRow(position, received_at, case[0], case[1], fact))
    return found


def number_of_events(work: UnitOfWork) -> int:
    """Length of the log."""
    return work.events.max_notification_id() or 0


def first_received(work: UnitOfWork) -> int | None:
    """When the bus took the first message of the log, microseconds since 1970 UTC; None for an empty one."""
    found: int | None = work.bulk.execute("SELECT received_at FROM events ORDER BY position LIMIT 1").scalar()
    return found


ALL = 1 << 62
"""A position behind every event."""


def all_streams(work: UnitOfWork, kind: StreamKind[F], until: int = ALL) -> Iterator[tuple[bytes, int, F]]:
    """(key, version, fact) of every event of the streams of a kind, in the order of the nation's digest: by key.

    `until`: those behind that position are left out.
    """
    sql = (
        "SELECT s.key, e.version, e.topic, e.state FROM streams s JOIN events e ON e.stream = s.stream "
        f"WHERE s.kind = {kind.number} AND e.position <= ? ORDER BY s.key, e.version"
    )
    for key, version, topic, state in work.bulk.stream(sql, until):
        yield bytes(key), version, decode(kind, topic, state)
