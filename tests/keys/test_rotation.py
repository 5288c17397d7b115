"""The master key is changed while the ring is in use: nothing is lost, and nothing is wrapped by the old one after."""

from __future__ import annotations

import base64
import multiprocessing
import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from jinbao.keys.key_ring import KeyMissing, KeyRingError
from jinbao.keys.master_key import NEW_VARIABLE, VARIABLE, draft_of
from jinbao.keys.open_key_ring import open_key_ring
from jinbao.keys.ring_copy import look_through
from jinbao.keys.rotation import rotate

NUMBER = "11010519491231002X"
FIRST, SECOND = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
RELATIONSHIPS = [UUID(int=n) for n in range(300)]


def wrapped_in(folder: Path) -> list[bytes]:
    with closing(sqlite3.connect(folder / "keys.sqlite")) as db:
        return [row[0] for row in db.execute("SELECT wrapped FROM relationship_key WHERE wrapped IS NOT NULL")]


def change(folder: Path, sql: str) -> None:
    with closing(sqlite3.connect(folder / "keys.sqlite", isolation_level=None)) as db:
        db.execute(sql)


def test_every_key_and_id_is_the_same_afterwards_and_the_old_master_key_is_gone(tmp_path: Path) -> None:
    ring = open_key_ring(tmp_path, environ={})
    keys, person = [ring.key_for(r) for r in RELATIONSHIPS], ring.relationship_id(NUMBER, "110")
    ring.delete(RELATIONSHIPS[0])
    ring.close()
    old_master, old_wrapped = (tmp_path / "master.key").read_bytes(), wrapped_in(tmp_path)

    done = rotate(tmp_path, {})

    assert (done.master_key, done.rewrapped, done.source) == (2, 299, str(tmp_path / "master.key"))
    assert (tmp_path / "master.key").read_bytes() != old_master
    assert sorted(p.name for p in tmp_path.iterdir()) == ["keys.sqlite", "keys.sqlite.lock", "master.key"]
    stored = (tmp_path / "keys.sqlite").read_bytes()
    assert not [old for old in old_wrapped if old in stored or old[:32] in stored]
    again = open_key_ring(tmp_path, environ={})
    assert [again.key_by_id(key.key_id) for key in keys[1:]] == keys[1:]
    assert again.relationship_id(NUMBER, "110") == person
    with pytest.raises(KeyMissing):
        again.key_by_id(keys[0].key_id)
    again.close()
    (tmp_path / "master.key").write_bytes(old_master)
    with pytest.raises(KeyRingError, match="does not open with this master key"):
        open_key_ring(tmp_path, environ={})


def test_a_ring_that_is_open_takes_the_new_master_key_from_its_file(tmp_path: Path) -> None:
    here = open_key_ring(tmp_path, environ={})
    known, stored = here.key_for(uuid4()), open_key_ring(tmp_path, environ={})
    other = stored.key_for(uuid4())
    stored.close()
    rotate(tmp_path, {})
    assert here.key_for(known.relationship_id) == known
    assert here.key_by_id(other.key_id) == other
    made = here.key_for(uuid4())
    here.close()
    assert look_through(tmp_path / "keys.sqlite", tmp_path, {}).keys == 3
    assert open_key_ring(tmp_path, environ={}).key_by_id(made.key_id) == made


def test_a_ring_that_is_open_stops_where_it_cannot_know_the_new_master_key_and_writes_nothing(tmp_path: Path) -> None:
    here = open_key_ring(tmp_path, environ={VARIABLE: FIRST})
    here.key_for(uuid4())
    rotate(tmp_path, {VARIABLE: FIRST, NEW_VARIABLE: SECOND})
    for _ in range(2):
        with pytest.raises(KeyRingError, match=rf"was changed: start this program again with the new one \({VARIABLE}"):
            here.key_for(uuid4())
    here.close()
    assert look_through(tmp_path / "keys.sqlite", tmp_path, {VARIABLE: SECOND}).keys == 1
    with pytest.raises(KeyRingError, match="last changed to"):
        open_key_ring(tmp_path, environ={VARIABLE: FIRST})


def test_a_new_master_key_in_the_environment_must_be_given_and_given_twice_is_done_once(tmp_path: Path) -> None:
    open_key_ring(tmp_path, environ={VARIABLE: FIRST}).close()
    with pytest.raises(KeyRingError, match=f"put the new one into {NEW_VARIABLE}"):
        rotate(tmp_path, {VARIABLE: FIRST})
    words = {VARIABLE: FIRST, NEW_VARIABLE: SECOND}
    assert [rotate(tmp_path, words).master_key for _ in range(2)] == [2, 2]
    with pytest.raises(KeyRingError, match="does not open with this master key"):
        rotate(tmp_path, {VARIABLE: FIRST, NEW_VARIABLE: base64.b64encode(bytes(32)).decode()})


def test_the_master_key_moves_from_its_file_to_the_environment(tmp_path: Path) -> None:
    ring = open_key_ring(tmp_path, environ={})
    key = ring.key_for(uuid4())
    for _ in range(2):
        assert rotate(tmp_path, {NEW_VARIABLE: SECOND}).source == VARIABLE
    with pytest.raises(KeyRingError, match="was changed: start this program again with the new one"):
        ring.key_for(uuid4())
    ring.close()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["keys.sqlite", "keys.sqlite.lock"]
    assert open_key_ring(tmp_path, environ={VARIABLE: SECOND}).key_by_id(key.key_id) == key


def test_a_ring_of_before_rings_named_their_master_key_opens_and_is_changed(tmp_path: Path) -> None:
    ring = open_key_ring(tmp_path, environ={})
    key = ring.key_for(uuid4())
    ring.close()
    change(tmp_path, "DROP TABLE master")
    change(tmp_path, "PRAGMA user_version = 0")  # they counted no layouts either
    assert rotate(tmp_path, {}).master_key == 2
    change(tmp_path, "DELETE FROM master")
    with pytest.raises(KeyRingError, match="does not open with this master key"):
        open_key_ring(tmp_path, environ={VARIABLE: FIRST})
    assert open_key_ring(tmp_path, environ={}).key_by_id(key.key_id) == key


def test_where_there_is_no_ring_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(KeyRingError, match="there is no key ring"):
        rotate(tmp_path, {})
    assert list(tmp_path.iterdir()) == []


def make_keys(folder: Path, made: Any, stop: Any) -> None:
    ring = open_key_ring(folder, environ={})
    while not stop.is_set():
        key = ring.key_for(uuid4())
        made.put((key.key_id, key.key))
    ring.close()
    made.put(None)


def test_keys_that_another_process_makes_meanwhile_all_open_afterwards(tmp_path: Path) -> None:
    """The other process is never told: it looks by which master key the ring is wrapped before it wraps."""
    context = multiprocessing.get_context("fork")
    made, stop = context.Queue(), context.Event()
    open_key_ring(tmp_path, environ={}).close()
    process = context.Process(target=make_keys, args=(tmp_path, made, stop), daemon=True)
    process.start()
    keys = [made.get(timeout=30)]
    for _ in range(20):
        rotate(tmp_path, {})
        keys.append(made.get(timeout=30))
    stop.set()
    keys.extend(iter(lambda: made.get(timeout=30), None))
    process.join(30)
    assert process.exitcode == 0
    assert look_through(tmp_path / "keys.sqlite", tmp_path, {}) == (21, len(keys), 0)
    ring = open_key_ring(tmp_path, environ={})
    assert all(ring.key_by_id(key_id).key == key for key_id, key in keys)
    ring.close()


def rotate_for_ever(folder: Path) -> None:
    while True:
        rotate(folder, {})


def rotate_some_times(folder: Path, results: Any) -> None:
    results.put([rotate(folder, {}).rewrapped for _ in range(20)])


def test_two_who_change_it_at_once_wait_for_each_other(tmp_path: Path) -> None:
    ring = open_key_ring(tmp_path, environ={})
    keys = [ring.key_for(r) for r in RELATIONSHIPS[:20]]
    ring.close()
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    processes = [context.Process(target=rotate_some_times, args=(tmp_path, results), daemon=True) for _ in range(3)]
    for process in processes:
        process.start()
    rewrapped = [count for _ in processes for count in results.get(timeout=60)]
    for process in processes:
        process.join(30)
    assert set(rewrapped) <= {0, 20}, "0: it finished what another had begun"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["keys.sqlite", "keys.sqlite.lock", "master.key"]
    assert look_through(tmp_path / "keys.sqlite", tmp_path, {}) == (1 + rewrapped.count(20), 20, 0)
    ring = open_key_ring(tmp_path, environ={})
    assert [ring.key_by_id(key.key_id) for key in keys] == keys
    ring.close()


def test_killed_anywhere_the_ring_opens_and_the_change_can_be_finished(tmp_path: Path) -> None:
    ring = open_key_ring(tmp_path, environ={})
    keys = [ring.key_for(r) for r in RELATIONSHIPS]
    ring.close()
    context = multiprocessing.get_context("fork")
    drafts = 0
    for number in range(25):
        process = context.Process(target=rotate_for_ever, args=(tmp_path,), daemon=True)
        process.start()
        time.sleep(0.02 + number * 0.0017)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        drafts += draft_of(tmp_path / "master.key").exists()
        ring = open_key_ring(tmp_path, environ={})
        assert [ring.key_by_id(key.key_id) for key in keys] == keys
        ring.close()
    assert drafts, "it was killed between the transaction and the new file's name, or before the transaction"
    rotate(tmp_path, {})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["keys.sqlite", "keys.sqlite.lock", "master.key"]
    assert look_through(tmp_path / "keys.sqlite", tmp_path, {}).keys == len(keys)
