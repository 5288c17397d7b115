"""The log as tables: enough to work out outcomes, flows, clocks and the ledger again in SQL alone.

An event's consequences stand in tables of their own by its position: `postings`, `clocks_started`, `clocks_ended`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import msgspec

from jinbao.platform.aggregates.fact import Fact
from jinbao.platform.aggregates.stream_kind import StreamFact
from jinbao.platform.aggregates.stream_kinds import KINDS
from jinbao.platform.audit.export.tables import ExportTable, Value, columns, identifier, instant, selected
from jinbao.platform.outcome import Outcome
from jinbao.platform.projections.logged import case_number
from jinbao.platform.store.bulk import Bulk, Row
from jinbao.platform.store.event_log import decode

_KINDS = {kind.number: kind for kind in KINDS}
_NOT_DETAILS = ("transfer", "occurred_at", "then")

_EVENTS = columns(
    "#position kind stream #version topic #transfer #case_id submission sender occurred_at received_at recorded_at "
    "#partition #bus_offset #waited_as digest state waiting_for #late origin destination due #due_provisional "
    "#amount_fen undone undone_on details"
)
_EVENT_ROWS = (
    "SELECT e.position, s.kind, s.key, e.version, e.topic, e.state, e.stream, e.submission, e.sender, e.received_at, "
    "e.recorded_at, e.partition, e.bus_offset, e.first, e.digest FROM events e JOIN streams s ON s.stream = e.stream "
    "ORDER BY e.position"
)
_FACT_ROWS = (
    "SELECT e.position, s.kind, e.stream, e.topic, e.state FROM events e JOIN streams s ON s.stream = e.stream "
    "ORDER BY e.position"
)


def _event(row: Row) -> tuple[Value, ...]:
    position, number, key, version, topic, state, stream, submission, sender, received_at, recorded_at, *place = row
    partition, bus_offset, first, digest = place
    kind = _KINDS[number]
    fact = decode(kind, topic, bytes(state))
    transfer, case_id, occurred_at, then = None, None, None, _NOTHING
    if isinstance(fact, Fact):
        transfer, case_id, occurred_at = fact.transfer, case_number(stream, fact.transfer), fact.occurred_at
        then = _consequences(fact)
    amount = getattr(fact, "amount", None)
    return (
        position,
        kind.name,
        identifier(key),
        version,
        fact.TOPIC,
        transfer,
        case_id,
        identifier(submission),
        sender,
        instant(occurred_at),
        instant(received_at),
        instant(recorded_at),
        partition,
        bus_offset,
        first,
        bytes(digest).hex(),
        *then,
        amount if isinstance(amount, int) else None,
        getattr(fact, "undone", None),
        _day(getattr(fact, "undone_on", None)),
        _details(fact),
    )


_NOTHING: tuple[Value, ...] = (None,) * 7


def _consequences(fact: Fact) -> tuple[Value, ...]:
    then = fact.then
    origin, destination = then.parties
    return (
        then.state,
        then.waiting_for,
        int(then.late),
        origin or None,
        destination or None,
        _day(then.due),
        int(then.due_provisional),
    )


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _details(fact: StreamFact) -> str:
    """The fact's own fields as JSON, by their names; bytes as hexadecimal."""
    fields = {name: getattr(fact, name) for name in fact.__struct_fields__ if name not in _NOT_DETAILS}
    return msgspec.json.encode(_plain(fields)).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, msgspec.Struct):
        value = {name: getattr(value, name) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return value


def _from_facts(
    of: Callable[[Fact], Iterator[tuple[Value, ...]]],
) -> Callable[[Bulk], Iterator[tuple[Value, ...]]]:
    """Rows that each fact of a case gives, behind its position, their place there and its case."""

    def rows(bulk: Bulk) -> Iterator[tuple[Value, ...]]:
        for position, number, stream, topic, state in bulk.stream(_FACT_ROWS):
            fact = decode(_KINDS[number], topic, bytes(state))
            if isinstance(fact, Fact):
                for index, row in enumerate(of(fact)):
                    yield (position, index, case_number(stream, fact.transfer), *row)

    return rows


def _postings(fact: Fact) -> Iterator[tuple[Value, ...]]:
    for p in fact.then.postings:
        parts = (p.personal_fen, p.pooling_fen, p.unallocated_fen)
        yield (p.account, p.province, p.payment_reference, p.payment_line, *parts)


def _started(fact: Fact) -> Iterator[tuple[Value, ...]]:
    for c in fact.then.started:
        keeps = (c.limit_working_days, c.procedure, c.procedure_version, c.calendar)
        yield (c.number, c.clock, c.run, c.responsible, *keeps, _day(c.counted_from), _day(c.due), int(c.provisional))


def _ended(fact: Fact) -> Iterator[tuple[Value, ...]]:
    for c in fact.then.ended:
        yield (c.number, c.clock, c.run, c.outcome)


_INTAKE_ROWS = (
    "SELECT i.position, s.key, i.event_id, i.sender, i.type, i.digest, i.outcome, i.code, i.field, i.log_position, "
    "i.first, i.partition, i.bus_offset, i.received_at, i.recorded_at FROM intake i "
    "LEFT JOIN streams s ON s.stream = i.stream ORDER BY i.position"
)


def _intake(row: Row) -> tuple[Value, ...]:
    position, key, event_id, sender, kind, digest, outcome, *rest = row
    code, field, log_position, first, partition, bus_offset, received_at, recorded_at = rest
    return (
        position,
        identifier(key),
        identifier(event_id),
        sender,
        kind,
        None if digest is None else bytes(digest).hex(),
        Outcome(outcome).name.lower(),
        code,
        field,
        log_position,
        first,
        partition,
        bus_offset,
        instant(received_at),
        instant(recorded_at),
    )


LOG: tuple[ExportTable, ...] = (
    ExportTable("events", _EVENTS, selected(_EVENT_ROWS, _event)),
    ExportTable(
        "postings",
        columns(
            "#position #posting #case_id account province reference #line #personal_fen #pooling_fen #unallocated_fen"
        ),
        _from_facts(_postings),
    ),
    ExportTable(
        "clocks_started",
        columns(
            "#position #place #case_id #number clock #run responsible #limit_working_days procedure "
            "#procedure_version calendar counted_from due #provisional"
        ),
        _from_facts(_started),
    ),
    ExportTable("clocks_ended", columns("#position #place #case_id #number clock #run outcome"), _from_facts(_ended)),
    ExportTable(
        "intake",
        columns(
            "#position stream event_id sender type digest outcome code field #log_position #first #partition "
            "#bus_offset received_at recorded_at"
        ),
        selected(_INTAKE_ROWS, _intake),
    ),
    ExportTable(
        "statements",
        columns("#number recorded_at kind body"),
        selected(
            "SELECT number, recorded_at, kind, body FROM tree_statements ORDER BY number",
            lambda row: (row[0], instant(row[1]), row[2], row[3]),
        ),
    ),
    ExportTable(
        "time_confirmations",
        columns("#number confirmed_at operator reason received_at"),
        selected(
            "SELECT number, confirmed_at, operator, reason, received_at FROM time_confirmations ORDER BY number",
            lambda row: (row[0], instant(row[1]), row[2], row[3], instant(row[4])),
        ),
    ),
)
"""The tables of the log, in order of position."""
