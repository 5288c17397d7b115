"""Another kind of stream beside the relationships: written to the same log, read and projected by the same means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import BigInteger, Column, Table
from support.rows import rows

from jinbao.bus.interface import BusRecord
from jinbao.bus.packed_headers import pack_headers
from jinbao.platform import queries
from jinbao.platform.aggregates.decision import Rejection, Waiting
from jinbao.platform.aggregates.law import Law
from jinbao.platform.aggregates.stream_kind import StreamEvent, StreamFact, StreamKind
from jinbao.platform.aggregates.stream_kinds import KINDS, RELATIONSHIPS
from jinbao.platform.ingest.arrival import Arrival
from jinbao.platform.ingest.batch import Batch, write_batch
from jinbao.platform.ingest.case_cache import Cases
from jinbao.platform.ingest.intake import Intake
from jinbao.platform.national_platform import law_in_force
from jinbao.platform.outcome import Outcome
from jinbao.platform.projections.case_board import cases_begun
from jinbao.platform.projections.catalogue import PROJECTIONS, TABLES
from jinbao.platform.projections.last_heard import last_heard
from jinbao.platform.projections.logged import Entry
from jinbao.platform.projections.positions import Positions
from jinbao.platform.projections.projection import Part, Projection, read_models
from jinbao.platform.projections.runner import Runner
from jinbao.platform.store.bulk import Upsert
from jinbao.platform.store.columns import key
from jinbao.platform.store.event_log import StreamConflict, encode_fact, stored_topic
from jinbao.platform.store.store import Store
from jinbao.platform.store.tables import events, streams
from jinbao.schemas import messages as m
from jinbao.schemas.headers import record_key
from jinbao.simulator.nation import Nation

OURS = UUID(int=7)
BANK, HEARD_AT = "99", 5


class StatementTaken(StreamFact, frozen=True, gc=False, kw_only=True):
    """A day's statement of one bank account."""

    TOPIC = "transfer-completed"  # a topic is of its kind: relationships have this one, too
    booked_on: date
    closing_fen: int
    entries: tuple[int, ...]


class AccountEnvelope(m.Record, frozen=True, gc=False, kw_only=True):
    """Who says what about a bank account."""

    KIND: ClassVar[str] = "bank_account"
    KEY_FIELD: ClassVar[str] = "account"
    event_id: bytes
    account: bytes
    sender: str
    local_document: str
    occurred_at: int

    @property
    def key(self) -> bytes:
        return self.account

    @property
    def subject(self) -> bytes:
        return self.account


class StatementSent(m.StreamMessage, frozen=True, gc=False, kw_only=True):
    """A bank sends a day's statement."""

    NAME = "StatementSent"
    envelope: AccountEnvelope
    opening_fen: int
    entries: tuple[int, ...]


class BankAccount:
    """A bank account as its statements fold it: they are taken in their order, one that is ahead waits."""

    live = False

    def __init__(self, account: UUID) -> None:
        self.id, self.version, self.closing_fen = account, 0, 0

    def decide(self, message: StatementSent, received_at: int, law: Law) -> StatementTaken | Rejection | Waiting:
        if sum(message.entries) == 0:
            return Rejection("INVALID_FIELD", "entries")
        if message.opening_fen != self.closing_fen:
            return Waiting()
        closing_fen = self.closing_fen + sum(message.entries)
        return StatementTaken(booked_on=date(2025, 3, 3), closing_fen=closing_fen, entries=message.entries)

    def advance(self, fact: StatementTaken, submission: bytes, received_at: int) -> int:
        self.take(fact, submission, received_at)
        self.version += 1
        return self.version

    def brings(self, message: StatementSent, fact: StatementTaken) -> tuple[None, tuple[str, ...]]:
        return None, ("41",)

    def known_names(self) -> Iterator[bytes]:
        yield self.id.bytes

    @classmethod
    def begin(cls, account: UUID, recorded_at: int) -> BankAccount:
        return cls(account)

    def take(self, fact: StatementTaken, submission: bytes, received_at: int) -> None:
        assert self.closing_fen + sum(fact.entries) == fact.closing_fen
        self.closing_fen = fact.closing_fen


BANK_ACCOUNTS: StreamKind[StatementTaken] = StreamKind(90, "bank_account", (StatementTaken,), BankAccount.begin)

balances = Table("bank_balances", read_models, key("account"), Column("closing_fen", BigInteger, nullable=False))


def fold(log: Sequence[Entry]) -> Iterator[tuple[int, int]]:
    for entry in log:
        assert isinstance(entry.fact, StatementTaken)
        yield entry.stream, entry.fact.closing_fen


BALANCES = Projection(
    "bank_balances", 1, (Part(Upsert(balances, ("account",), {"closing_fen": "set"}), fold),), kind=BANK_ACCOUNTS
)


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nation]:
    """Ten transfers on SQLite."""
    with Nation.begin(tmp_path_factory.mktemp("nation") / "data", seed=7, transfers=10, days=60) as nation:
        while not nation.finished:
            nation.run_day()
        yield nation


def with_statements(nation: Nation, store: Store) -> list[int]:
    """The nation's log with a statement after every fifth event, of two accounts in turn; the statements' closings."""
    with nation.store.read() as source:
        old = [tuple(row) for row in source.bulk.connection.execute(events.select().order_by(events.c.position))]
        opened = [tuple(row) for row in source.bulk.connection.execute(streams.select())]
    closings, versions = [0, 0], [0, 0]
    with store.write() as work:
        work.bulk.insert(streams, opened)
        accounts = [row[0] for row in work.streams(BANK_ACCOUNTS).open([(OURS.bytes, 0), (opened[0][2], 0)])]
        position, recorded_at = work.events.next_position(), 0
        new: list[tuple[Any, ...]] = []
        for number, row in enumerate(old):
            recorded_at = row[12]
            new.append((position + len(new), *row[1:]))
            if number % 5 == 4:
                of = number % 2
                closings[of], versions[of] = closings[of] + number, versions[of] + 1
                fact = StatementTaken(booked_on=date(2025, 3, 3), closing_fen=closings[of], entries=(number,))
                message = (
                    number.to_bytes(16),
                    BANK,
                    bytes(16),
                    0,
                    number,
                    None,
                    HEARD_AT,
                    recorded_at,
                    b"statement",
                    None,
                )
                where = (position + len(new), accounts[of], versions[of])
                new.append((*where, stored_topic(fact), encode_fact(fact), *message))
        work.events.append(new)
    return closings


def models_of(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every read model without the places in the log, which statements between the facts move on."""
    places = {"awaiting_position", "entry", "position"}
    found = {}
    with store.read() as work:
        for table in TABLES:
            kept = [column for column in table.columns if column.name not in places]
            selected = work.bulk.connection.execute(table.select().with_only_columns(*kept))
            found[table.name] = sorted(map(tuple, selected), key=repr)
    return found


def test_a_second_kind_is_recorded_read_and_projected_and_disturbs_no_relationship(
    nation: Nation, store: Store
) -> None:
    closings = with_statements(nation, store)
    with closing(Runner(store, (*PROJECTIONS, BALANCES), batch_size=7)) as runner:
        runner.catch_up()
        followed = models_of(store)
        runner.rebuild()
    assert models_of(store) == followed
    others = models_of(nation.store)
    others["last_accepted"].append((BANK, HEARD_AT))
    assert followed == others, "only who was heard of counts every kind"
    assert sorted(row[1] for row in rows(store, "SELECT * FROM bank_balances")) == sorted(closings)
    with store.read() as work:
        end = work.events.max_notification_id()
        assert {stand.position for stand in Positions(work).all()} == {end}


def test_the_same_key_in_two_kinds_is_two_streams_each_read_through_its_own_repository(
    nation: Nation, store: Store
) -> None:
    closings = with_statements(nation, store)
    with store.read() as work:
        shared = UUID(bytes=work.bulk.execute("SELECT key FROM streams WHERE stream = 1").scalar_one())
        account = work.streams(BANK_ACCOUNTS).repository.get(shared)
        relationship = work.streams(RELATIONSHIPS).repository.get(shared)
        assert (type(account), account.closing_fen) == (BankAccount, closings[1])
        assert relationship.version == len(list(work.streams(RELATIONSHIPS).history.get(shared)))
        told = list(work.streams(BANK_ACCOUNTS).history.get(OURS))
        assert all(isinstance(e, StreamEvent) and isinstance(e.fact, StatementTaken) for e in told)
        assert [e.originator_version for e in told] == list(range(1, len(told) + 1))
    with pytest.raises(StreamConflict), store.write() as work:
        work.streams(BANK_ACCOUNTS).open([(OURS.bytes, 0)])


def test_what_is_asked_about_relationships_passes_over_other_kinds(nation: Nation, store: Store) -> None:
    with_statements(nation, store)
    with nation.store.read() as work:
        digested = list(queries.all_streams(work, RELATIONSHIPS))
        news = [row[1:] for row in queries.recent(work, 1_000)]
        began = work.bulk.execute("SELECT transfer_id FROM case_board LIMIT 1").scalar_one()
    with store.read() as work:
        assert list(queries.all_streams(work, RELATIONSHIPS)) == digested
    with closing(Runner(store)) as runner:
        with store.read() as work:
            assert len(cases_begun(work, began)) == 1, "found in the log, which no read model has followed"
        runner.catch_up()
    with store.read() as work:
        assert [row[1:] for row in queries.recent(work, 1_000)] == news
        assert last_heard(work)[BANK] == HEARD_AT


def arrived(offset: int, opening_fen: int, *entries: int) -> Arrival:
    """A statement as it is read from the bus."""
    envelope = AccountEnvelope(
        event_id=offset.to_bytes(16),
        sender="41",
        local_document=str(offset),
        occurred_at=1,
        account=OURS.bytes,
    )
    message = StatementSent(envelope=envelope, opening_fen=opening_fen, entries=entries)
    key = record_key(envelope)
    record = BusRecord(m.SUBMISSIONS_TOPIC, 0, offset, key, b"statement %d" % offset, pack_headers(()), 10 + offset)
    return Arrival(record, 10 + offset, message, offset.to_bytes(16), None)


def take_in(store: Store, *arrivals: Arrival) -> Batch:
    """Judge a batch by the intake that relationships have, with nothing in memory, and write it."""
    cases = Cases(kinds=(*KINDS, BANK_ACCOUNTS))
    with store.read() as work:
        cases.load(work, {arrival.record.key: 0 for arrival in arrivals}, 1)
        starts = work.next_offsets(m.SUBMISSIONS_TOPIC)
        batch = Intake(cases, law_in_force(), lambda case, known: b"", work.forwarded_at).judge(arrivals)
    with store.write() as work:
        write_batch(work, batch, {0: (starts.get(0, 0), arrivals[-1].record.offset + 1)}, 20)
    return batch


def test_messages_of_a_second_kind_are_taken_in_parked_refused_and_known_again_as_those_of_relationships(
    store: Store,
) -> None:
    first, ahead, empty, between = arrived(0, 0, 5, 7), arrived(1, 20, 1), arrived(2, 0), arrived(3, 12, 8)
    batch = take_in(store, first, ahead, empty, between)
    assert [(row.outcome, row.version) for row in batch.rows] == [
        (Outcome.ACCEPTED, 1),
        (Outcome.PARKED, 0),
        (Outcome.REJECTED, 0),
        (Outcome.ACCEPTED, 2),
        (Outcome.ACCEPTED, 3),
    ], "what waited is taken after what it waited for"
    record = msgspec.structs.replace(first.record, offset=4)
    batch = take_in(store, msgspec.structs.replace(first, record=record), arrived(5, 21, 9))
    assert [(row.outcome, row.version) for row in batch.rows] == [(Outcome.DUPLICATE, 0), (Outcome.ACCEPTED, 4)]
    assert [o.key for o in batch.outgoing if o.event is not None] == [b"bank_account/" + str(OURS).encode()]
    with store.read() as work:
        assert work.streams(BANK_ACCOUNTS).repository.get(OURS).closing_fen == 30
        assert queries.ingest_counts(work)["accepted"] == 4
    assert rows(store, "SELECT * FROM parked") == []
