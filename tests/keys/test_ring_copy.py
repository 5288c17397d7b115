"""Copies of the ring are taken in use, hold no master key, and are put back only when every key of them opens."""

from __future__ import annotations

import base64
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from jinbao.keys.key_ring import KeyRingError
from jinbao.keys.open_key_ring import open_key_ring
from jinbao.keys.ring_copy import back_up, look_through, restore
from jinbao.keys.rotation import rotate


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a ring of fifty keys."""
    ring = open_key_ring(tmp_path / "data", environ={})
    for number in range(50):
        ring.key_for(UUID(int=number))
    ring.close()
    return tmp_path / "data"


def test_a_copy_taken_in_use_is_one_file_for_its_owner_and_without_the_master_key(folder: Path, tmp_path: Path) -> None:
    ring = open_key_ring(folder, environ={})
    ring.key_for(uuid4())
    assert back_up(folder, tmp_path / "copy", {}) == (1, 51, 0)
    ring.close()
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["copy"]
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    master = (folder / "master.key").read_bytes().strip()
    stored = (tmp_path / "copy").read_bytes()
    assert master not in stored
    assert base64.b64decode(master) not in stored


def test_a_lost_ring_is_put_back(folder: Path, tmp_path: Path) -> None:
    ring = open_key_ring(folder, environ={})
    keys = [ring.key_for(UUID(int=number)) for number in range(50)]
    ring.close()
    back_up(folder, tmp_path / "copy", {})
    (folder / "keys.sqlite").unlink()
    assert restore(folder, tmp_path / "copy", {}).keys == 50
    assert stat.S_IMODE((folder / "keys.sqlite").stat().st_mode) == 0o600
    ring = open_key_ring(folder, environ={})
    assert [ring.key_for(UUID(int=number)) for number in range(50)] == keys
    ring.close()


def test_a_damaged_ring_is_told_and_replaced(folder: Path, tmp_path: Path) -> None:
    back_up(folder, tmp_path / "copy", {})
    with closing(sqlite3.connect(folder / "keys.sqlite", isolation_level=None)) as db:
        db.execute("UPDATE relationship_key SET wrapped = zeroblob(80) WHERE relationship_id = ?", (bytes(16),))
    with pytest.raises(KeyRingError, match=r"key [0-9a-f]{32} does not open: the file is damaged: stop what uses it"):
        look_through(folder / "keys.sqlite", folder, {})
    restore(folder, tmp_path / "copy", {})
    assert look_through(folder / "keys.sqlite", folder, {}).keys == 50


def test_a_copy_of_before_the_master_key_was_changed_is_refused_and_changes_nothing(
    folder: Path, tmp_path: Path
) -> None:
    back_up(folder, tmp_path / "copy", {})
    rotate(folder, {})
    with pytest.raises(KeyRingError, match="does not open with this master key"):
        restore(folder, tmp_path / "copy", {})
    assert look_through(folder / "keys.sqlite", folder, {}) == (2, 50, 0)


def test_a_copy_never_takes_the_place_of_a_file_that_is_there(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("something else")
    with pytest.raises(KeyRingError, match="name a new file"):
        back_up(folder, tmp_path / "copy", {})
    assert (tmp_path / "copy").read_text() == "something else"
    with pytest.raises(KeyRingError, match="there is no key ring"):
        back_up(tmp_path, tmp_path / "other", {})


def test_a_file_that_is_no_ring_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(b"something else entirely" * 100)
    with pytest.raises(KeyRingError, match="copy: file is not a database"):
        restore(folder, tmp_path / "copy", {})
    with pytest.raises(KeyRingError, match="there is no key ring"):
        restore(folder, tmp_path / "nowhere", {})
