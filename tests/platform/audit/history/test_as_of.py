"""As it stood: a part of the log folded anew is what a replay by the aggregates gives, at any place."""

from __future__ import annotations

from collections import Counter
from contextlib import closing, contextmanager
from random import Random
from uuid import UUID

import pytest

from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.audit.history.as_of import Instant, as_it_stood, find, streams_of
from jinbao.platform.nation_figures import nation_figures
from jinbao.platform.projections.case_board import case_of
from jinbao.platform.projections.projection import Part
from jinbao.platform.projections.runner import read_log
from jinbao.platform.whole_case import whole_case

FOREVER = 2**62


@pytest.fixture
def store(recorded):
    with closing(recorded.store()) as found:
        yield found


def replayed(store, until, occurred_us=FOREVER):
    """States, running clocks and what stands on each account by the aggregates, from the facts alone."""
    aggregates, money = {}, Counter()
    with store.read() as work:
        for entry in read_log(work, 0, until).of(RELATIONSHIPS):
            if entry.position > until or entry.fact.occurred_at > occurred_us:
                continue
            found = aggregates.setdefault(entry.stream, RELATIONSHIPS.begin(UUID(int=entry.stream), 0))
            found.take(entry.fact, entry.submission, entry.received_at)
            for posting in entry.fact.then.postings:
                money[posting.account] += posting.personal_fen + posting.pooling_fen + posting.unallocated_fen
    transfers = [one for found in aggregates.values() for one in found.transfers]
    states = Counter(one.state.value for one in transfers)
    return states, sum(len(one.clocks) for one in transfers), +money


def folded(work):
    states = Counter(dict(tuple(row) for row in work.bulk.execute("SELECT state, COUNT(*) FROM case_board GROUP BY 1")))
    running = work.bulk.execute("SELECT COUNT(*) FROM clocks WHERE ended_at IS NULL").scalar_one()
    sums = work.bulk.execute("SELECT account, SUM(personal + pooling + unallocated) FROM ledger_entries GROUP BY 1")
    return states, running, +Counter({account: int(total) for account, total in sums})


def test_at_any_position_it_is_what_the_aggregates_replay(store):
    with store.read() as work:
        end = work.events.max_notification_id()
    for position in [0, 1, end, *Random(19).sample(range(2, end), 10)]:
        with store.read() as work:
            then = find(work.bulk, Instant(FOREVER, position=position))
        with as_it_stood(store, then.cut) as (_, work):
            assert folded(work) == replayed(store, position), position
            assert nation_figures(work)["money_fen"]["sum"] == 0


def test_what_occurred_later_is_left_out_and_money_still_sums_to_zero(store):
    with store.read() as work:
        times = sorted(entry.fact.occurred_at for entry in read_log(work, 0, 100_000).of(RELATIONSHIPS))
    for occurred_us in (times[0] - 1, times[len(times) // 3], times[-1]):
        with store.read() as work:
            then = find(work.bulk, Instant(FOREVER, occurred_us))
        with as_it_stood(store, then.cut) as (_, work):
            states, _, money = replayed(store, 100_000, occurred_us)
            assert folded(work)[0] == states
            assert folded(work)[2] == money
            assert nation_figures(work)["money_fen"]["sum"] == 0


def test_an_instant_is_the_last_row_recorded_by_then_and_its_tree(store):
    with store.read() as work:
        heads = work.bulk.execute("SELECT recorded_at, events, intake, root FROM tree_heads ORDER BY size").fetchall()
        last = {head.recorded_at: head for head in heads}
        for at, head in last.items():
            then = find(work.bulk, Instant(at))
            assert (then.cut.event, then.cut.intake, then.head.root) == (head.events, head.intake, bytes(head.root))
        before = find(work.bulk, Instant(heads[0].recorded_at - 1))
    assert (before.cut.event, before.cut.intake, before.head.size) == (0, 0, 0)


def test_a_case_is_folded_from_its_own_streams_alone(store):
    with store.read() as work:
        cases = work.bulk.execute("SELECT transfer_id FROM case_board ORDER BY case_id").fetchall()
        wanted = {UUID(bytes=bytes(row[0])) for row in cases[:: len(cases) // 5]}
        now = {transfer: whole_case(work, case_of(work, transfer)) for transfer in wanted}
        cuts = {
            one: find(work.bulk, Instant(FOREVER)).cut._replace(streams=streams_of(work.bulk, one.bytes))
            for one in wanted
        }
    for transfer, cut in cuts.items():
        with as_it_stood(store, cut) as (_, work):
            then = whole_case(work, case_of(work, transfer))
            assert (then.steps, then.clocks) == (now[transfer].steps, now[transfer].clocks)
            assert work.bulk.execute("SELECT COUNT(*) FROM case_board").scalar_one() < len(cases)


@pytest.mark.parametrize("occurred_us", [None, FOREVER])
def test_no_state_of_the_log_is_held_open_while_it_is_folded(store, monkeypatch, occurred_us):
    held, while_folded = [], []
    reading, write = store.read, Part.write

    @contextmanager
    def noted():
        held.append(True)
        with reading() as work:
            yield work
        held.pop()

    def folding(part, bulk, log):
        while_folded.append(bool(held))
        write(part, bulk, log)

    with reading() as work:
        then = find(work.bulk, Instant(FOREVER, occurred_us))
    monkeypatch.setattr(store, "read", noted)
    monkeypatch.setattr(Part, "write", folding)
    with as_it_stood(store, then.cut):
        assert set(while_folded) == {False}
