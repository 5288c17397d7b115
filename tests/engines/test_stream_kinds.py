"""Another kind of stream beside the relationships: written to the same log, read and projected by the same means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import BigInteger, Column, Table
from support.rows import rows

from jinbao.platform import queries
from jinbao.platform.aggregates.stream_kind import StreamEvent, StreamFact, StreamKind
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.projections.case_board import cases_begun
from jinbao.platform.projections.catalogue import PROJECTIONS, TABLES
from jinbao.platform.projections.last_heard import last_heard
from jinbao.platform.projections.logged import Entry
from jinbao.platform.projections.positions import Positions
from jinbao.platform.projections.projection import Part, Projection, read_models
from jinbao.platform.projections.runner import Runner
from jinbao.platform.store.bulk import Upsert
from jinbao.platform.store.columns import key
from jinbao.platform.store.mapper import encode_fact, stored_topic
from jinbao.platform.store.recorder import StreamConflict
from jinbao.platform.store.store import Store
from jinbao.platform.store.tables import events, streams
from jinbao.simulator.nation import Nation

OURS = UUID(int=7)
BANK, HEARD_AT = "99", 5


class StatementTaken(StreamFact, frozen=True, gc=False, kw_only=True):
    """A day's statement of one bank account."""

    TOPIC = "transfer-completed"  # a topic is of its kind: relationships have this one, too
    booked_on: date
    closing_fen: int
    entries: tuple[int, ...]


class BankAccount:
    """A bank account as its statements fold it."""

    def __init__(self, account: UUID) -> None:
        self.id, self.version, self.closing_fen = account, 0, 0

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
        accounts = work.streams(BANK_ACCOUNTS).open([(OURS.bytes, 0), (opened[0][2], 0)])
        position, recorded_at = work.events.next_position(), 0
        new: list[tuple[Any, ...]] = []
        for number, row in enumerate(old):
            recorded_at = row[12]
            new.append((position + len(new), *row[1:]))
            if number % 5 == 4:
                of = number % 2
                closings[of], versions[of] = closings[of] + number, versions[of] + 1
                fact = StatementTaken(booked_on=date(2025, 3, 3), closing_fen=closings[of], entries=(number,))
                message = (number.to_bytes(16), BANK, bytes(16), 0, number, None, HEARD_AT, recorded_at, b"statement")
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
        digested = list(queries.all_streams(work))
        news = [row[1:] for row in queries.recent(work, 1_000)]
        began = work.bulk.execute("SELECT transfer_id FROM case_board LIMIT 1").scalar_one()
    with store.read() as work:
        assert list(queries.all_streams(work)) == digested
    with closing(Runner(store)) as runner:
        with store.read() as work:
            assert len(cases_begun(work, began)) == 1, "found in the log, which no read model has followed"
        runner.catch_up()
    with store.read() as work:
        assert [row[1:] for row in queries.recent(work, 1_000)] == news
        assert last_heard(work)[BANK] == HEARD_AT
