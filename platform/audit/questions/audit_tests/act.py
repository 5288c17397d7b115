"""What the tests look at: each fact of a case with the message that said it, in the order of the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.projections.logged import case_number
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.event_log import decode as decode_fact
from jinbao.schemas.codec import decode
from jinbao.schemas.messages import PLATFORM


class Act(NamedTuple):
    """One fact that a province reported; what the platform said by itself is nobody's act."""

    position: int
    case: int
    """Number of the case in the nation."""
    stream: int
    """Of the person's relationship."""
    route: tuple[str, str]
    """Origin and destination of the case."""
    sender: str
    operator: str
    """The clerk or program that acted, by its local id."""
    occurred_at: int
    """By the sender's account, microseconds since 1970 UTC."""
    received_at: int
    """When the bus took it."""
    fact: Fact
    message: Any


_SQL = (
    "SELECT e.position, e.stream, e.sender, e.topic, e.state, e.received_at, e.bytes FROM events e "
    "JOIN streams s ON s.stream = e.stream WHERE s.kind = ? AND e.sender <> ? "
    "AND e.received_at >= ? AND e.received_at < ? ORDER BY e.position"
)


def acts(bulk: Bulk, since_us: int, until_us: int) -> Iterator[Act]:
    """All acts that the bus took between two instants."""
    routes = {row[0]: (row[1], row[2]) for row in bulk.stream("SELECT case_id, origin, destination FROM case_board")}
    for row in bulk.stream(_SQL, RELATIONSHIPS.number, PLATFORM, since_us, until_us):
        position, stream, sender, topic, state, received_at, data = row
        fact = decode_fact(RELATIONSHIPS, topic, bytes(state))
        message: Any = decode(bytes(data))
        case = case_number(stream, fact.transfer)
        operator = message.envelope.operator
        route = routes.get(case, ("", ""))
        yield Act(position, case, stream, route, sender, operator, fact.occurred_at, received_at, fact, message)


def transfer_of(act: Act) -> str:
    """The transfer's id, as people read it."""
    return str(UUID(bytes=act.message.envelope.transfer_id))
