"""A key ring that is lost is never replaced in silence: every person would get another relationship."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.keys.key_ring import KeyRingError, KeyRingRefused, KeyRingUnavailable
from jinbao.keys.open_key_ring import open_key_ring
from jinbao.keys.ring_copy import back_up, restore
from jinbao.keys.rotation import rotate

PERSON = ("11010519491231002X", "110")


def test_no_ring_is_made_beside_a_master_key_that_had_one(tmp_path: Path) -> None:
    with closing(open_key_ring(tmp_path, environ={})) as ring:
        person = ring.relationship_id(*PERSON)
        back_up(tmp_path, tmp_path / "copy", {})
    (tmp_path / "keys.sqlite").unlink()
    with pytest.raises(KeyRingRefused, match=r"keys\.sqlite is missing.*jinbao keys restore"):
        open_key_ring(tmp_path, environ={})
    assert not (tmp_path / "keys.sqlite").exists()
    restore(tmp_path, tmp_path / "copy", {})
    with closing(open_key_ring(tmp_path, environ={})) as ring:
        assert ring.relationship_id(*PERSON) == person


def test_no_ring_is_made_where_bus_or_adapter_have_worked_with_one(tmp_path: Path) -> None:
    with pytest.raises(KeyRingRefused, match="this bus and its adapters have worked with one"):
        open_key_ring(tmp_path, environ={}, expected="00" * 16)
    assert list(tmp_path.iterdir()) == []


def test_a_ring_that_was_cut_to_nothing_is_a_lost_one_too(tmp_path: Path) -> None:
    with closing(open_key_ring(tmp_path, environ={})) as ring:
        identity = ring.identity
    (tmp_path / "keys.sqlite").write_bytes(b"")
    with pytest.raises(KeyRingRefused, match="is missing"):
        open_key_ring(tmp_path, environ={}, expected=identity)


def test_another_ring_than_the_one_in_use_is_refused(tmp_path: Path) -> None:
    open_key_ring(tmp_path / "one", environ={}).close()
    with closing(open_key_ring(tmp_path / "other", environ={})) as other:
        identity = other.identity
    with pytest.raises(KeyRingRefused, match="is not the key ring"):
        open_key_ring(tmp_path / "one", environ={}, expected=identity)


def test_an_installation_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    """Killed between the empty file and the ring in it, or after the master key: nobody has worked with it yet."""
    (tmp_path / "keys.sqlite").touch(mode=0o600)
    with closing(open_key_ring(tmp_path, environ={})) as ring:
        assert ring.identity


def test_a_copy_and_a_changed_master_key_leave_the_identity(tmp_path: Path) -> None:
    with closing(open_key_ring(tmp_path, environ={})) as ring:
        identity = ring.identity
    rotate(tmp_path, {})
    back_up(tmp_path, tmp_path / "copy", {})
    (tmp_path / "keys.sqlite").unlink()
    restore(tmp_path, tmp_path / "copy", {})
    with closing(open_key_ring(tmp_path, environ={}, expected=identity)) as again:
        assert again.identity == identity


def test_a_seed_makes_the_same_ring_again(tmp_path: Path) -> None:
    def opened(expected: str | None = None) -> EmbeddedKeyRing:
        return open_key_ring(tmp_path, seed=7, environ={}, expected=expected)

    with closing(opened()) as ring:
        identity = ring.identity
    (tmp_path / "keys.sqlite").unlink()
    opened(identity).close()


def test_nothing_is_restored_while_somebody_works_with_the_ring(tmp_path: Path) -> None:
    ring = open_key_ring(tmp_path, environ={})
    back_up(tmp_path, tmp_path / "copy", {})
    key = ring.key_for(ring.relationship_id(*PERSON))
    with pytest.raises(KeyRingUnavailable, match="is in use: stop the adapters"):
        restore(tmp_path, tmp_path / "copy", {})
    ring.close()
    with closing(open_key_ring(tmp_path, environ={})) as again:
        assert again.key_by_id(key.key_id) == key, "the refused restore has changed nothing"
    restore(tmp_path, tmp_path / "copy", {})


def test_a_ring_that_another_holds_may_be_tried_again_and_a_damaged_one_names_its_way_out(tmp_path: Path) -> None:
    ring = open_key_ring(tmp_path, environ={})
    ring._db.execute("PRAGMA busy_timeout = 1")
    with closing(sqlite3.connect(tmp_path / "keys.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(KeyRingUnavailable, match="another process holds it"):
            ring.key_for(ring.relationship_id(*PERSON))
        other.execute("ROLLBACK")
    ring.close()
    (tmp_path / "keys.sqlite").write_bytes(b"something else" * 1_000)
    with pytest.raises(KeyRingError, match=r"damaged.*jinbao keys restore") as found:
        open_key_ring(tmp_path, environ={})
    assert not isinstance(found.value, KeyRingUnavailable)
