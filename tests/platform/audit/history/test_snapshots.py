"""Snapshots: what is folded on from one is what is folded from the beginning, and no file is believed for its name."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sqlite3
from contextlib import closing
from hashlib import sha256

import pytest
from msgspec.structs import replace

from jinbao.platform.audit.history import snapshots as module
from jinbao.platform.audit.history.as_of import READ, Instant, as_it_stood, find
from jinbao.platform.audit.history.fresh_fold import projection_digest
from jinbao.platform.audit.history.replay import replay
from jinbao.platform.audit.history.snapshots import bases_for, is_due, snapshots, take_snapshots
from jinbao.platform.audit.statements.statements import say
from jinbao.platform.nation_figures import nation_figures
from jinbao.platform.projections.fresh import Fresh
from jinbao.platform.store import schema

FOREVER = 2**62


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "audit" / "snapshots"


@pytest.fixture
def store(copied, folder, monkeypatch):
    """A log with three snapshots on the way, and one at its end."""
    with closing(copied.store()) as found, found.read() as work:
        end = work.events.max_notification_id()
        monkeypatch.setattr(module, "EVERY", end // 4 + 1)
        taken = [one.position for one in take_snapshots(found, folder, 0)]
        assert taken == [*range(module.EVERY, end, module.EVERY), end]
        yield found


def told(store, position, kept=None):
    with store.read() as work:
        then = find(work.bulk, Instant(FOREVER, position=position))
    with as_it_stood(store, then.cut, kept) as (_, work):
        return nation_figures(work), [projection_digest(work.bulk, one) for one in READ]


def begun(store, folder, position):
    """Where the fold begins that looks at a position."""
    with store.read() as work:
        bases = [base for base, _ in bases_for(work.bulk, position, READ, folder)]
    with closing(Fresh(READ, bases)) as fresh:
        return fresh.position


def places(store):
    with store.read() as work:
        return [one.body.position for one in snapshots(work.bulk)]


def test_from_a_snapshot_it_is_what_is_folded_from_the_beginning(store, folder):
    first, second, *_, end = places(store)
    for position in (first - 1, first, first + 1, second - 1, second, end):
        assert told(store, position, folder) == told(store, position), position
    assert [begun(store, folder, at) for at in (first - 1, first, second - 1, end)] == [0, first, first, end]


def test_a_file_that_was_changed_or_is_gone_is_not_believed(store, folder):
    first, second, third, end = places(store)
    file = folder / f"{end}.sqlite"
    right = told(store, end)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert (begun(store, folder, end), told(store, end, folder)) == (third, right)
    (folder / f"{third}.sqlite").unlink()
    shutil.copy(folder / f"{first}.sqlite", folder / f"{second}.sqlite")
    assert (begun(store, folder, end), told(store, end, folder)) == (first, right)


def test_a_process_that_finds_none_of_the_files_begins_before_the_first_event(store, folder, monkeypatch):
    end = places(store)[-1]
    right = told(store, end)
    shutil.rmtree(folder)
    monkeypatch.setattr(schema, "_made", {})  # as in a process that has made no database before
    assert begun(store, folder, end) == 0
    monkeypatch.setattr(schema, "_made", {})
    assert told(store, end, folder) == right


def test_a_snapshot_of_other_folds_is_not_gone_on_from(store, copied, folder):
    end = places(store)[-1]
    assert begun(store, folder, end) == end
    copied.attack("UPDATE tree_statements SET body = replace(body, '\"version\": ', '\"version\": 9')")
    assert begun(store, folder, end) == 0


def test_of_many_those_are_kept_that_leave_the_smallest_gaps(store, folder, monkeypatch):
    monkeypatch.setattr(module, "KEPT", 2)
    (folder / "5.sqlite").write_bytes(b"of no statement")
    first, second, third, end = places(store)
    module._thin(folder, {first, second, third, end})
    there = sorted(int(file.stem) for file in folder.glob("*.sqlite"))
    assert (len(there), there[-1]) == (2, end)
    assert there[0] in (second, first)


def test_one_is_due_once_the_log_has_grown_by_so_much(store):
    with store.read() as work:
        end = places(store)[-1]
        due = [is_due(work.bulk, end + grown) for grown in (0, module.EVERY - 1, module.EVERY)]
        assert due == [False, False, True]
    assert take_snapshots(store, module.Path("nowhere"), 0) == []


def test_a_replay_folds_to_what_was_logged_and_names_what_departs(store, copied):
    assert {one.equal for one in replay(store)} == {True}
    *_, third, end = places(store)
    assert {one.equal for one in replay(store, third)} == {True}, "at a snapshot there is something to be compared with"
    with store.read() as work:
        logged = next(one.digest for one in snapshots(work.bulk)[-1].body.projections if one.name == "clocks")
    copied.attack(f"UPDATE tree_statements SET body = replace(body, '{logged}', '{'0' * 64}')")
    wrong = [one for one in replay(store) if not one.equal]
    assert [one.name for one in wrong] == ["clocks"]
    assert (wrong[0].first_difference.position, wrong[0].first_difference.logged) == (end, "0" * 64)


def test_a_file_that_the_log_names_and_whose_rows_are_not_those_that_it_says_is_told(store, folder):
    """Whoever writes to the database may say the digest of a file of his own: its rows are not what was said."""
    second = places(store)[1]
    file = folder / f"{second}.sqlite"
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE clocks SET missed_at = 1")
    with store.read() as work:
        honest = next(one.body for one in snapshots(work.bulk) if one.body.position == second)
    say(store, module.KIND, replace(honest, file=sha256(file.read_bytes()).hexdigest()), 0)
    assert begun(store, folder, second) == second, "it is believed"
    wrong = [one for one in replay(store, snapshots_in=folder) if not one.equal]
    assert [(one.name, one.first_difference.position) for one in wrong] == [("clocks", second)]


def test_what_takers_left_that_were_killed_is_removed(store, folder):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        killed = pool.apply(os.getpid)
    (folder / f"9.{killed}").touch()
    (folder / f"9.{os.getpid()}").touch()
    take_snapshots(store, folder, 0)
    assert [one.name for one in folder.glob("9.*")] == [f"9.{os.getpid()}"]
