"""The read models follow the log by themselves: beside ingest, killed anywhere, built anew beside what is read."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from jinbao.language.words import Translator
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.projections import case_board, flows, runner as runner_module
from jinbao.platform.projections.catalogue import PROJECTIONS
from jinbao.platform.projections.positions import (
    Followed,
    Positions,
    ProjectionMoved,
    followed_to,
    need_read_models,
    wait_for,
)
from jinbao.platform.projections.projection import Projection
from jinbao.platform.projections.runner import ProjectionFailed, Runner, prepare, read_log, request_rebuild
from jinbao.platform.store.store import Store, StoreError, StoreUnavailable
from jinbao.service.following import FollowTask, following
from jinbao.service.health import Health, Watch
from jinbao.service.platform_run import drain

PATIENCE_S = 60.0


def read_models(platform):
    return {name: platform.table(name) for name in platform.READ_MODELS}


def stands_of(store):
    with store.read() as work:
        return Positions(work).all()


def test_ingest_writes_no_read_model_and_the_runner_brings_them_up(new_platform, every_path):
    followed, apart = new_platform("followed"), new_platform("apart", follows=False)
    followed.take(*every_path())
    apart.take(*every_path())
    assert not any(read_models(apart).values())
    runner = Runner(apart.store, batch_size=7)
    runner.catch_up()
    assert read_models(apart) == read_models(followed)
    assert {stand.position for stand in stands_of(apart.store)} == {len(apart.table("events"))}
    runner.catch_up()
    assert read_models(apart) == read_models(followed), "followed twice is followed once"


@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=8), seed=st.integers(0, 2**16))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_the_log_is_cut_what_followed_equals_what_is_built_anew(new_platform, every_path, sizes, seed):
    platform = new_platform(f"cut {seed} {sizes}", follows=False)
    messages = every_path()
    cuts = random.Random(seed)
    while messages:
        n = cuts.randint(1, len(messages))
        platform.take(*messages[:n])
        messages = messages[n:]
        runner = Runner(platform.store, batch_size=cuts.choice(sizes))
        for _ in range(cuts.randint(0, 5)):
            runner.step()
        runner.close()
    runner = Runner(platform.store, batch_size=cuts.choice(sizes))
    runner.catch_up()
    live = read_models(platform)
    runner.rebuild()
    assert read_models(platform) == live


def test_a_position_that_another_runner_moved_fences_this_one(platform, transfer):
    platform.take(transfer.apply())
    [before, *_] = stands_of(platform.store)
    platform.take(transfer.letter())
    with pytest.raises(ProjectionMoved), platform.store.write_models() as work:
        Positions(work).insert_tracking(Followed(before.name, 9, before, b"s" * 16))


def test_of_two_runners_one_works(new_platform, every_path):
    platform = new_platform(follows=False)
    platform.take(*every_path())
    one, other = Runner(platform.store, batch_size=5), Runner(platform.store, batch_size=5)
    assert (one.step(), other.step()) == (5, 0)
    one.close()
    time.sleep(0.25)
    assert other.step() == 5


FOLLOW_UNTIL_KILLED = """
import sys
from jinbao.platform.projections.runner import Runner
from jinbao.platform.store.store import Store

runner = Runner(Store(sys.argv[1]), batch_size=3)
while True:
    runner.step()
"""


@pytest.mark.slow
def test_killed_anywhere_rows_and_positions_agree(new_platform, every_path, transfer_of):
    undisturbed, killed = new_platform("undisturbed"), new_platform("killed", follows=False)
    messages = every_path()
    for person in range(200, 230):
        messages += transfer_of(person, application=f"HA-{person}").whole()
    undisturbed.take(*messages)
    killed.take(*messages)
    url, events = f"sqlite:///{killed.folder / 'platform.db'}", len(killed.table("events"))
    for share in (0.1, 0.3, 0.5, 0.8):
        process = subprocess.Popen([sys.executable, "-c", FOLLOW_UNTIL_KILLED, url], stderr=subprocess.PIPE)
        deadline = time.monotonic() + PATIENCE_S
        while followed(killed) < share * events:
            assert process.poll() is None, process.stderr.read().decode()
            assert time.monotonic() < deadline
            time.sleep(0.001)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()
        rows_are_those_of_the_position(killed)
    assert 0 < followed(killed) < events, "killed while it was at work"
    Runner(killed.store).catch_up()
    assert read_models(killed) == read_models(undisturbed)


def followed(platform):
    with platform.store.read() as work:
        return followed_to(work)


def rows_are_those_of_the_position(platform):
    """Entries and cases of the facts up to the position, and no others."""
    with platform.store.read() as work:
        [position] = {stand.position for stand in Positions(work).all()}
        log = [entry for entry in read_log(work, 0, 100_000).of(RELATIONSHIPS) if entry.position <= position]
        entries = work.bulk.execute("SELECT COUNT(*), MAX(entry >> 8) FROM ledger_entries").one()
        cases = work.bulk.execute("SELECT COUNT(*) FROM case_board").scalar_one()
    money = [entry.position for entry in log for _ in entry.fact.then.postings]
    assert tuple(entries) == (len(money), max(money, default=None))
    assert cases == len({entry.case_id for entry in log if entry.fact.transfer})


def test_a_process_of_its_own_follows_and_one_that_is_killed_is_replaced(
    new_platform, every_path, every_exceptional_path
):
    undisturbed, apart = new_platform("undisturbed"), new_platform("apart", follows=False)
    said = (every_path(), every_exceptional_path())
    for messages in said:
        undisturbed.take(*messages)
    stop = threading.Event()
    task = FollowTask(f"sqlite:///{apart.folder / 'platform.db'}", "en", "text")
    with following(task, stop, Watch(Health(Translator("en")), "text", "projections")) as follower:
        for messages in said:
            apart.take(*messages)
            wait_for(apart.store, len(apart.table("events")), timeout_s=PATIENCE_S)
            killed = follower.pid
            os.kill(killed, signal.SIGKILL)
        wait_for(apart.store, len(apart.table("events")), timeout_s=PATIENCE_S)
        deadline = time.monotonic() + PATIENCE_S
        while (last := follower.pid) == killed:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert read_models(apart) == read_models(undisturbed)
    assert not Path(f"/proc/{last}").exists(), "it ends with the block"


def test_who_waits_for_read_models_that_nobody_lets_follow_is_told_so(new_platform, transfer):
    platform = new_platform(follows=False)
    platform.take(transfer.apply())
    with pytest.raises(StoreUnavailable, match=r"at position 0, not yet at 1; see `jinbao projections status`"):
        wait_for(platform.store, 1, timeout_s=0.05)


def test_a_changed_projection_is_built_beside_the_one_that_is_read(platform, every_path):
    """The next version counts no withdrawals; until it is whole, the former one's rows are read."""

    def without_withdrawals(log):
        return [(*row[:7], 0, row[8]) for row in flows.fold(log)]

    platform.take(*every_path())
    before = platform.table("flows")
    assert any(row[7] for row in before)
    [part] = flows.PROJECTION.parts
    changed = Projection("flows", 2, (replace(part, fold=without_withdrawals),))
    projections = [changed if p.name == "flows" else p for p in PROJECTIONS]
    runner = Runner(platform.store, projections, batch_size=10)
    assert [(s.version, s.position) for s in stands_of(platform.store) if s.building] == [(2, 0)]
    runner.step()
    assert platform.table("flows") == before
    runner.rebuild(["fund_ledger"])
    assert platform.table("flows") == [(*row[:7], 0, row[8]) for row in before]
    assert [s.version for s in stands_of(platform.store) if s.name == "flows"] == [2]
    runner.close()


def test_a_rebuild_that_was_asked_for_is_done_by_whoever_follows(platform, every_path, transfer_of):
    platform.take(*every_path())
    with platform.store.write_models() as work:
        work.bulk.execute("UPDATE case_board SET state = 'spoilt'")
    request_rebuild(platform.store, case_board.PROJECTION)
    assert platform.rows("SELECT DISTINCT state FROM case_board") == [("spoilt",)]
    platform.take(transfer_of(77, application="HA-77").apply())
    assert not platform.rows("SELECT 1 FROM case_board WHERE state = 'spoilt'")
    assert len(platform.table("case_board")) > 1


def test_a_rebuild_that_another_runner_does_not_do_ends_with_an_error(platform, every_path, monkeypatch):
    """It has the turn, and stands still."""
    platform.take(*every_path())
    monkeypatch.setattr(runner_module, "OTHERS_WITHIN_S", 0.2)
    idle, asks = Runner(platform.store), Runner(platform.store)
    platform.take(every_path()[0])
    idle._has_turn()
    with pytest.raises(StoreUnavailable, match="has not gone on with rebuilding flows for"):
        asks.rebuild(["flows"])
    idle.close()
    asks.rebuild(["flows"])
    assert not any(stand.building for stand in stands_of(platform.store))
    asks.close()


def test_read_models_of_another_log_are_built_anew(new_platform, every_path, transfer_of):
    """Somebody put an older log back beside the read models of a longer one."""
    platform = new_platform()
    platform.take(*every_path())
    with platform.store.write() as work:
        work.bulk.execute("DELETE FROM events WHERE position > 20")
    platform.national.projections.close()
    assert len({s.position for s in stands_of(platform.store)}) == 1
    Runner(platform.store).rebuild(["flows"])
    assert {stand.position for stand in stands_of(platform.store)} == {20}
    rows_are_those_of_the_position(platform)


def test_a_database_without_read_models_says_how_to_make_them(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'platform.sqlite'}")
    store.create()
    with pytest.raises(StoreError, match="has no read models yet: run jinbao projections rebuild"):
        need_read_models(store)
    prepare(store)
    need_read_models(store)
    store.close()


def test_what_is_being_built_is_not_read_before_it_has_caught_up_though_it_is_begun_again(platform, every_path):
    """Two ask for the same rebuild, the second while the first is being built."""
    platform.take(*every_path())
    before = platform.table("flows")
    runner = Runner(platform.store, batch_size=10)
    flows_of = next(p for p in PROJECTIONS if p.name == "flows")
    request_rebuild(platform.store, flows_of)
    runner.step()
    [stale] = [stand for stand in stands_of(platform.store) if stand.building]
    request_rebuild(platform.store, flows_of)
    assert runner._swap(stale) == 0
    with pytest.raises(ProjectionMoved), platform.store.write_models() as work:
        Positions(work).insert_tracking(Followed("flows", 20, stale, b"s" * 16))
    while any(stand.building for stand in stands_of(platform.store)):
        assert platform.table("flows") == before
        runner.step()
    assert platform.table("flows") == before
    runner.close()


def test_a_rebuild_ends_while_the_log_grows(platform, every_path, transfer_of):
    platform.take(*every_path())
    runner = Runner(platform.store, batch_size=25)
    request_rebuild(platform.store, case_board.PROJECTION)
    for person in range(300, 340):
        platform.send(*transfer_of(person, application=f"HA-{person}").whole())
        platform.ingest.step(platform.now)
        runner.step()
        if not any(stand.building for stand in stands_of(platform.store)):
            break
    assert not any(stand.building for stand in stands_of(platform.store))
    runner.close()


def test_a_read_model_that_fails_stands_still_by_name_and_the_others_go_on(new_platform, every_path):
    undisturbed, platform = new_platform("undisturbed"), new_platform("failing", follows=False)
    undisturbed.take(*every_path())
    platform.take(*every_path())

    def fails(log):
        raise ZeroDivisionError("of somebody's secret")

    [part] = flows.PROJECTION.parts
    faulty = Projection("flows", 1, (replace(part, fold=fails),))
    runner = Runner(platform.store, [faulty if p.name == "flows" else p for p in PROJECTIONS], batch_size=20)
    said = r"读模型 flows 停在位置 0，.* / read model flows stands at position 0 .* \(ZeroDivisionError\)"
    with pytest.raises(ProjectionFailed, match=said):
        runner.catch_up()
    assert platform.table("flows") == []
    assert platform.table("case_board") == undisturbed.table("case_board")
    runner.close()
    Runner(platform.store).catch_up()
    assert read_models(platform) == read_models(undisturbed)


def test_the_sweep_says_up_to_which_event_it_has_read(platform, transfer, at):
    platform.take(*transfer.until_transfer(), now=at("2025-03-03"))
    events = len(platform.table("events"))
    assert platform.national.sweep.position == 0
    platform.sweep(at("2025-04-08"))
    assert platform.national.sweep.position == events < len(platform.table("events"))


def test_a_run_until_nothing_is_left_sweeps_by_read_models_that_have_followed(new_platform, transfer):
    """They followed in another process, which has ended; the first sweep of `run --once` waits until they are there."""
    apart = new_platform(follows=False)
    apart.take(transfer.apply(), now=time.time_ns() // 1_000)
    apart.close()
    again = new_platform()
    assert drain(again.national, threading.Event()) == 0
    assert again.national.sweep.position == len(again.table("events"))


def test_a_run_until_nothing_is_left_goes_on_though_a_read_model_cannot(new_platform, transfer):
    """The others hold all that it took in, and it says which one does not."""
    platform = new_platform(follows=False)
    platform.take(transfer.apply(), now=time.time_ns() // 1_000)
    with platform.store.write_models() as work:
        work.bulk.execute("ALTER TABLE flows RENAME COLUMN applied TO asked")
    platform.send(transfer.letter())
    assert drain(platform.national, threading.Event())
    events = len(platform.table("events"))
    assert {stand.position for stand in stands_of(platform.store)} == {0, events}
    trouble = str(platform.national.projections.trouble)
    assert "read model flows stands at position 0 and cannot go on" in trouble
    assert "no column named applied" in trouble
    platform.national.projections.rebuild(["flows"])
    assert {stand.position for stand in stands_of(platform.store)} == {events}
    assert platform.national.projections.trouble is None


def test_a_lost_fact_shows_in_the_health_of_the_platform(new_platform, every_path):
    apart = new_platform(follows=False)
    apart.take(*every_path())
    with apart.store.write() as work:
        work.bulk.execute("DELETE FROM events WHERE position = 7")
    task = FollowTask(f"sqlite:///{apart.folder / 'platform.db'}", "en", "text")
    health = Health(Translator("en"))
    health.succeeded()
    with following(task, threading.Event(), Watch(health, "text", "projections")):
        wait_until(lambda: "the event log lacks position 7: the fact there is lost" in health.ready()[1])
        wait_until(lambda: followed(apart) == len(apart.table("events")) + 1)


def test_what_is_in_the_way_of_the_process_shows_in_the_health_of_the_platform(new_platform, transfer):
    """A newer program has written to the log; health is what /readyz answers."""
    apart = new_platform(follows=False)
    apart.take(transfer.apply())
    with apart.store.write() as work:
        work.bulk.execute("UPDATE events SET topic = 'of-tomorrow'")
    task = FollowTask(f"sqlite:///{apart.folder / 'platform.db'}", "en", "text")
    health = Health(Translator("en"))
    health.succeeded()
    with following(task, threading.Event(), Watch(health, "text", "projections")):
        wait_until(lambda: "stands at position 0 and cannot go on" in health.ready()[1])
        assert not health.ready()[0]
        with apart.store.write() as work:
            work.bulk.execute("UPDATE events SET topic = 'application-accepted'")
        wait_until(lambda: health.ready()[0])


def wait_until(true):
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
