"""A case with everything that happened to it, also under the relationship of a number that was wrong.

A corrected identity leaves the first part of a case in the stream of the wrong number, and the board has a row for
each part; the parts are found by the relationship that the fact of the continuation names.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.aggregates.subjects.identity_correction import CaseContinued
from jinbao.platform.projections.case_board import BoardRow
from jinbao.platform.projections.clocks import ClockRow, clocks_of
from jinbao.platform.projections.logged import case_number
from jinbao.platform.projections.untaken import Untaken, untaken_of
from jinbao.platform.queries import Step, first_missing_version, timeline
from jinbao.platform.store.store import UnitOfWork


class CasePart(NamedTuple):
    """What happened to a case under one relationship."""

    case_id: int
    steps: list[Step]
    """Never empty but for a damaged case."""


class WholeCase(NamedTuple):
    """All parts of a case as one."""

    relationships: list[UUID]
    """Those under which it stood, the present one last; one where no identity was corrected."""
    steps: list[Step]
    clocks: list[ClockRow]
    """A clock that went on under another relationship is here once, as it stands there."""
    not_taken: list[Untaken]
    first_missing: tuple[int, UUID | None] | None
    """A version that a stream lacks, and the earlier relationship whose stream it is; None where nothing is missing."""

    lost_position: int | None
    """Where its last fact stood in the log that the board has folded and the log lacks; None where it is there."""


def whole_case(work: UnitOfWork, row: BoardRow) -> WholeCase:
    """Everything about the case of a row of the board, from its beginning."""
    parts = _parts(work, row)
    clocks: dict[tuple[str, int], ClockRow] = {}
    for part in parts:
        clocks |= {(clock.clock, clock.run): clock for clock in clocks_of(work, part.case_id)}
    missing = [
        (version, part.steps[0].relationship if part.case_id != row.case_id else None)
        for part in parts
        if (version := first_missing_version(work, part.case_id)) is not None
    ]
    return WholeCase(
        relationships=[part.steps[0].relationship for part in parts if part.steps],
        steps=_merged(parts),
        clocks=sorted(clocks.values(), key=lambda clock: clock.started_at),
        not_taken=sorted(message for part in parts for message in untaken_of(work, part.case_id, row.transfer_id)),
        first_missing=next(iter(missing), None),
        lost_position=None if work.events.has(row.position) else row.position,
    )


def whole_timeline(work: UnitOfWork, row: BoardRow) -> list[Step]:
    """Every fact about the case in the order of the log, under whatever relationship it was recorded."""
    return _merged(_parts(work, row))


def _merged(parts: list[CasePart]) -> list[Step]:
    return sorted((step for part in parts for step in part.steps), key=lambda step: step.position)


def _parts(work: UnitOfWork, row: BoardRow) -> list[CasePart]:
    parts = [CasePart(row.case_id, timeline(work, row.case_id))]
    while (earlier := _part_before(work, parts[0], row.transfer_id)) is not None:
        parts.insert(0, earlier)
    return parts


def _part_before(work: UnitOfWork, part: CasePart, transfer_id: UUID) -> CasePart | None:
    """The part that the first fact of this one continues; a case may come back to a relationship that it left."""
    if not part.steps or not isinstance(part.steps[0].fact, CaseContinued):
        return None
    began, old = part.steps[0].position, part.steps[0].fact.old_relationship_id
    stream = work.streams(RELATIONSHIPS).numbers_of([old]).get(old)
    if stream is None:
        return None
    sql = "SELECT case_id FROM case_board WHERE transfer_id = ? AND case_id BETWEEN ? AND ? ORDER BY case_id DESC"
    values = (transfer_id.bytes, case_number(stream, 0), case_number(stream + 1, 0) - 1)
    found = [CasePart(r[0], timeline(work, r[0])) for r in work.bulk.connection.exec_driver_sql(sql, values).fetchall()]
    return next((earlier for earlier in found if earlier.steps and earlier.steps[0].position < began), None)
