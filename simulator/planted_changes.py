"""What is planted while cases are open: further keys of agencies, and due days moved by a calendar of nobody's.

Said again after a kill it changes nothing: the log's register has the keys, and the messages have derived ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date

from jinbao.bus.interface import Bus, OutgoingRecord
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.aggregates.subjects.deadline import ClockRedated
from jinbao.platform.audit.statements.keys import registered_keys, say_of_keys
from jinbao.platform.outbox.signing import PlatformSigner
from jinbao.platform.projections.logged import TRANSFER_BITS
from jinbao.platform.store.event_log import decode, stored_topics
from jinbao.platform.store.key_register import KeyStatement
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.regional_adapter.exchange.signing import new_key
from jinbao.rules.working_days import day_of, load_working_days
from jinbao.schemas import messages as m
from jinbao.schemas.codec import encode, headers_for
from jinbao.schemas.derived_ids import platform_event_id
from jinbao.schemas.headers import record_key
from jinbao.simulator.run_state import Run
from jinbao.simulator.scenario.plants import OF_EACH
from jinbao.transparency.signing import SigningKey

_SHARE = 0.4
"""Of the run: behind the amended calendar, before the last applications."""
_CALENDAR = "planted-"
"""Beginning of the name of a calendar that nobody released."""
_ASKED_BY, _APPROVED_BY = "planted-officer", "planted-second"
_WITH_OPEN_CASES = (
    "SELECT destination FROM case_board WHERE waiting_for <> '' "
    f"GROUP BY destination ORDER BY destination LIMIT {OF_EACH}"
)
_RUNNING = (
    "SELECT s.key, b.transfer_id, c.clock, c.run, c.due FROM clocks c "
    f"JOIN case_board b ON b.case_id = c.case_id JOIN streams s ON s.stream = c.case_id >> {TRANSFER_BITS} "
    "WHERE c.ended_at IS NULL AND c.missed_at IS NULL AND c.due > ? ORDER BY c.due DESC, c.clock_id DESC "
    f"LIMIT {OF_EACH}"
)


def plant_changes(run: Run, now_us: int, store: Store, bus: Bus, key: SigningKey) -> None:
    """On one day of a nation that carries plants: change two keys and two rules. Raises BusError, StoreError.

    `bus`: as the platform sees it; `key`: the log's own, which signs what the platform says.
    """
    if run.plant is None or run.day != int(run.days * _SHARE):
        return
    with store.read() as work:
        agencies = [row[0] for row in work.bulk.execute(_WITH_OPEN_CASES)]
        redated = list(_redated(work, now_us))
        is_done = bool(planted_keys(work))
    if not is_done:
        say_of_keys(store, [step for agency in agencies for step in _steps(agency)], now_us)
    with closing(bus.producer()) as producer:
        producer.send(PlatformSigner(key).submissions([_record(each) for each in redated]))


def planted_keys(work: UnitOfWork) -> list[str]:
    """As the test of changed keys names them."""
    return [
        f"{one.agency} {one.key.key_id.hex()}" for one in registered_keys(work.bulk) if one.requested_by == _ASKED_BY
    ]


def planted_calendars(work: UnitOfWork) -> list[str]:
    """As the test of changed rules names them: those by which a due day was moved."""
    topics = stored_topics(ClockRedated)
    sql = (
        "SELECT e.topic, e.state FROM events e JOIN streams s ON s.stream = e.stream "
        f"WHERE s.kind = ? AND e.topic IN ({', '.join('?' * len(topics))})"
    )
    names = set()
    for topic, state in work.bulk.stream(sql, RELATIONSHIPS.number, *topics):
        fact = decode(RELATIONSHIPS, topic, bytes(state))
        assert isinstance(fact, ClockRedated)
        names.add(fact.restarted.calendar)
    return sorted(name for name in names if name.startswith(_CALENDAR))


def _steps(agency: str) -> tuple[KeyStatement, KeyStatement]:
    key = str(new_key(agency).verifier)
    return KeyStatement("request", agency, key, _ASKED_BY), KeyStatement("approve", agency, key, _APPROVED_BY)


def _redated(work: UnitOfWork, now_us: int) -> Iterator[m.ClockRedated]:
    rows = work.bulk.execute(_RUNNING, day_of(now_us).isoformat()).fetchall()
    for number, (relationship, transfer, clock, clock_run, due_text) in enumerate(rows, 1):
        name, calendar, due = m.ClockRedated.NAME, f"{_CALENDAR}{number}", date.fromisoformat(due_text)
        envelope = m.Envelope(
            event_id=platform_event_id(name, relationship.hex(), transfer.hex(), clock, str(clock_run), calendar),
            relationship_id=relationship,
            transfer_id=transfer,
            sender=m.PLATFORM,
            operator="platform",
            local_document=f"{name} {clock} {calendar}",
            occurred_at=now_us,
        )
        new_due = load_working_days().due(due, 1).date
        yield m.ClockRedated(
            envelope=envelope, clock=clock, clock_run=clock_run, calendar=calendar, old_due=due, new_due=new_due
        )


def _record(message: m.ClockRedated) -> OutgoingRecord:
    data = encode(message)
    return OutgoingRecord(m.SUBMISSIONS_TOPIC, record_key(message.envelope), data, headers_for(message, data))
