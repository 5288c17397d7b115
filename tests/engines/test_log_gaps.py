"""A position without an event is a lost fact: noticed wherever it lay, told by name, and the read models go on."""

from __future__ import annotations

from contextlib import closing

import pytest
from support.rows import an_event

from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.projections.last_heard import PROJECTION
from jinbao.platform.projections.log_gaps import Gap, gaps_of, known_gaps
from jinbao.platform.projections.positions import followed_to
from jinbao.platform.projections.runner import Runner
from jinbao.platform.store.store import Store
from jinbao.platform.store.tables import outbox

SAID = "the event log lacks position {}: the fact there is lost.* put back a backup .* jinbao projections rebuild"


def append(store: Store, *positions: int) -> None:
    with store.write() as work:
        work.events.append([an_event(position, 1, position) for position in positions])


def noted(store: Store) -> list[Gap]:
    with store.read() as work:
        return known_gaps(work)


@pytest.fixture
def runner(store: Store) -> Runner:
    with store.write() as work:
        work.streams(RELATIONSHIPS).open([(b"r" * 16, 0)])
    return Runner(store, [PROJECTION], batch_size=3)


def test_a_fact_lost_before_it_was_followed_is_told_and_the_read_models_go_on(store: Store, runner: Runner) -> None:
    append(store, 1, 2, 3)
    runner.catch_up()
    assert runner.trouble is None
    append(store, 5, 6, 9)
    runner.catch_up()
    with pytest.raises(type(runner.trouble), match=SAID.format("4, 7-8")):
        raise runner.trouble  # type: ignore[misc]
    with store.read() as work:
        assert followed_to(work) == 9
    assert noted(store) == [(4, 4), (7, 8)]
    runner.rebuild()
    assert noted(store) == [(4, 4), (7, 8)]
    runner.close()


def test_a_fact_lost_after_it_was_followed_is_found_when_the_runner_starts_and_forgotten_once_it_is_there_again(
    store: Store, runner: Runner
) -> None:
    append(store, *range(1, 9))
    runner.catch_up()
    runner.close()
    with store.write() as work:
        work.bulk.execute("DELETE FROM events WHERE position = 5")
    with closing(Runner(store, [PROJECTION])) as again:
        again.catch_up()
        assert "lacks position 5:" in str(again.trouble)
        assert noted(store) == [(5, 5)]
    append(store, 5)
    with closing(Runner(store, [PROJECTION])) as mended:
        mended.catch_up()
        assert mended.trouble is None
    assert noted(store) == []


def test_facts_lost_at_the_end_of_the_log_are_found_by_what_was_sent_of_them(store: Store) -> None:
    append(store, 1, 2, 3)
    with store.write() as work:
        work.bulk.insert(outbox, [(1, "41", 2, 3, b"", 1, 1, None)])
    with store.read() as work:
        assert gaps_of(work) == []
    with store.write() as work:
        work.bulk.execute("DELETE FROM events WHERE position >= 2")
    with store.read() as work:
        assert gaps_of(work) == [(2, 3)]
