"""Reading side of the intake: messages that were not taken, why, and which transfer they speak of.

Each message is shown in its present state: one that waited and was taken later is not here, one that expired is a
rejection. What was sent on to its own partition has its outcome there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from jinbao.platform.outcome import Outcome
from jinbao.platform.projections.logged import case_parts
from jinbao.platform.store.store import UnitOfWork
from jinbao.schemas.codec import Undecodable, decode
from jinbao.schemas.messages import StreamMessage

NOT_TAKEN: dict[str, Outcome] = {
    outcome.name.lower(): outcome
    for outcome in (Outcome.REJECTED, Outcome.PARKED, Outcome.DUPLICATE, Outcome.DEAD_LETTER)
}
"""Outcomes without a fact, by name."""
NO_DUPLICATES = "no_duplicates"
"""Name of all of them but duplicates, which is what there is to look at."""
SELECTIONS: dict[str, tuple[Outcome, ...]] = {
    **{name: (outcome,) for name, outcome in NOT_TAKEN.items()},
    NO_DUPLICATES: tuple(outcome for outcome in NOT_TAKEN.values() if outcome is not Outcome.DUPLICATE),
}
"""What may be asked for, by name."""


class Untaken(NamedTuple):
    """One message that was not taken."""

    position: int
    """Of the intake's row."""
    outcome: Outcome
    code: str | None
    field: str | None
    sender: str | None
    """None where the message could not be read; so are type, event and transfer."""
    type: str | None
    event_id: UUID | None
    transfer_id: UUID | None
    partition: int
    bus_offset: int
    received_at: int
    """Microseconds since 1970 UTC."""
    recorded_at: int


_BYTES = (
    "COALESCE(i.bytes, (SELECT e.bytes FROM events e WHERE e.stream = i.stream AND e.submission = i.event_id "
    "AND e.sender = i.sender), (SELECT f.bytes FROM intake f WHERE f.stream = i.stream AND f.event_id = i.event_id "
    "AND f.sender = i.sender AND f.bytes IS NOT NULL ORDER BY f.position LIMIT 1))"
)
"""A message's own bytes: a repetition, and the later outcome of a parked one, keep none of their own."""
_SELECT = (
    "SELECT i.position, i.outcome, i.code, i.field, i.sender, i.type, i.event_id, "
    f"CASE WHEN i.stream IS NULL THEN NULL ELSE {_BYTES} END, i.partition, i.bus_offset, i.received_at, i.recorded_at "
    "FROM intake i "
)
_END = 2**63 - 1
_STILL_PARKED = f"(i.outcome <> {Outcome.PARKED:d} OR EXISTS (SELECT 1 FROM parked p WHERE p.intake = i.position))"


def untaken(
    work: UnitOfWork,
    *,
    outcomes: Collection[Outcome] = tuple(NOT_TAKEN.values()),
    sender: str | None = None,
    before: int | None = None,
    limit: int,
) -> list[Untaken]:
    """Messages that were not taken, newest first: with these outcomes, of one sender, and before a position of the
    intake, where these are given.
    """
    below = _END if before is None else before
    found = [message for one in outcomes for message in _with_outcome(work, one, sender, below, limit)]
    return sorted(found, key=lambda message: -message.position)[:limit]


def _with_outcome(work: UnitOfWork, outcome: Outcome, sender: str | None, before: int, limit: int) -> Iterator[Untaken]:
    """The newest with one outcome, from an index; of parked ones those that still wait."""
    values: list[str | int] = [before] if sender is None else [before, sender]
    if outcome is Outcome.PARKED:
        by_sender = "AND p.sender = ? " if sender is not None else ""
        waiting = f"JOIN parked p ON p.intake = i.position WHERE p.intake < ? {by_sender}"
        sql = f"{_SELECT}{waiting}ORDER BY p.intake DESC LIMIT ?"
    else:
        by_sender = "AND i.sender = ? " if sender is not None else ""
        sql = f"{_SELECT}WHERE i.outcome = {outcome:d} AND i.position < ? {by_sender}ORDER BY i.position DESC LIMIT ?"
    return map(_untaken, work.bulk.execute(sql, *values, limit))


def untaken_of(work: UnitOfWork, case_id: int, transfer_id: UUID) -> list[Untaken]:
    """Messages about one transfer that were not taken, in the order of the intake."""
    stream, _ = case_parts(case_id)
    sql = f"{_SELECT}WHERE i.stream = ? AND {_outcome_in(NOT_TAKEN.values())} AND {_STILL_PARKED} ORDER BY i.position"
    found = (_untaken(row) for row in work.bulk.connection.exec_driver_sql(sql, (stream,)))
    return [message for message in found if message.transfer_id == transfer_id]


def _outcome_in(outcomes: Any) -> str:
    return f"i.outcome IN ({', '.join(str(int(outcome)) for outcome in outcomes)})"


def _untaken(row: Any) -> Untaken:
    position, outcome, code, field, sender, kind, event_id, data, *rest = row
    known = None if event_id is None else UUID(bytes=event_id)
    return Untaken(position, Outcome(outcome), code, field, sender, kind, known, _transfer_in(data), *rest)


def _transfer_in(data: bytes | None) -> UUID | None:
    """The transfer that a message speaks of; None for one that today's rules can no longer read."""
    try:
        message = None if data is None else decode(data)
    except Undecodable:
        return None
    return UUID(bytes=message.envelope.subject) if isinstance(message, StreamMessage) else None
