"""The embedded key ring: one key per relationship, whoever asks, until it is deleted for good."""

from __future__ import annotations

import base64
import multiprocessing
import shutil
import sqlite3
import stat
import threading
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from jinbao.keys import embedded_key_ring
from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.keys.key_ring import KeyMissing, KeyRing, KeyRingError, RelationshipKey
from jinbao.keys.open_key_ring import open_key_ring

NUMBER, OTHER_NUMBER = "11010519491231002X", "440524188001010014"


def test_the_embedded_ring_is_a_key_ring(ring: EmbeddedKeyRing) -> None:
    interface: KeyRing = ring
    assert interface.key_for(uuid4()).key


def test_a_relationship_id_depends_on_number_and_scheme_alone(ring: EmbeddedKeyRing) -> None:
    assert ring.relationship_id(NUMBER, "110") == ring.relationship_id(NUMBER, "110")
    assert ring.relationship_id(NUMBER, "110") != ring.relationship_id(NUMBER, "170")
    assert ring.relationship_id(NUMBER, "110") != ring.relationship_id(OTHER_NUMBER, "110")


def test_number_and_scheme_cannot_run_into_each_other(ring: EmbeddedKeyRing) -> None:
    assert ring.relationship_id("23", "1") != ring.relationship_id("3", "12")


def test_two_rings_hash_the_same_number_to_different_ids(open_ring: Any, tmp_path: Path) -> None:
    first, second = open_ring(tmp_path / "a"), open_ring(tmp_path / "b")
    assert first.relationship_id(NUMBER, "110") != second.relationship_id(NUMBER, "110")


@pytest.mark.parametrize(("number", "scheme"), [("", "110"), (NUMBER, "")])
def test_an_empty_number_or_scheme_is_refused(ring: EmbeddedKeyRing, number: str, scheme: str) -> None:
    with pytest.raises(ValueError, match="needs an identity number"):
        ring.relationship_id(number, scheme)


def test_a_key_is_made_once_and_found_by_both_ids(ring: EmbeddedKeyRing, open_ring: Any) -> None:
    relationship = uuid4()
    key = ring.key_for(relationship)
    assert (len(key.key_id), len(key.key)) == (16, 64)
    for again in (ring, open_ring()):
        assert again.key_for(relationship) == key
        assert again.key_by_id(key.key_id) == key
    assert open_ring().relationship_id(NUMBER, "110") == ring.relationship_id(NUMBER, "110")


def test_every_relationship_has_a_key_of_its_own(ring: EmbeddedKeyRing) -> None:
    keys = [ring.key_for(uuid4()) for _ in range(50)]
    assert len({key.key for key in keys}) == len({key.key_id for key in keys}) == 50


def test_an_unknown_key_id_is_named_unknown(ring: EmbeddedKeyRing) -> None:
    with pytest.raises(KeyMissing) as missing:
        ring.key_by_id(bytes(16))
    assert missing.value.why == "unknown"


def test_a_deleted_key_is_gone_and_a_new_one_is_another(ring: EmbeddedKeyRing) -> None:
    relationship = uuid4()
    old = ring.key_for(relationship)
    assert ring.delete(relationship)
    assert not ring.delete(relationship)
    with pytest.raises(KeyMissing) as missing:
        ring.key_by_id(old.key_id)
    assert missing.value.why == "deleted"
    new = ring.key_for(relationship)
    assert new.key_id != old.key_id
    assert new.key != old.key


def test_a_deletion_reaches_the_other_rings_that_held_the_key_in_memory(open_ring: Any) -> None:
    here, there = open_ring(), open_ring()
    relationship = uuid4()
    key = here.key_for(relationship)
    assert there.key_by_id(key.key_id) == key
    here.delete(relationship)
    with pytest.raises(KeyMissing):
        there.key_by_id(key.key_id)
    assert there.key_for(relationship) == here.key_for(relationship) != key


def test_the_memory_is_bounded(ring: EmbeddedKeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_key_ring, "CACHED_KEYS", 10)
    relationships = [uuid4() for _ in range(30)]
    keys = [ring.key_for(r) for r in relationships]
    assert len(ring._by_relationship) == len(ring._by_key_id) == 10
    assert [ring.key_for(r) for r in relationships] == keys


def _files(folder: Path) -> bytes:
    return b"".join(p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file())


def test_no_key_and_no_number_lies_in_the_files(open_ring: Any, tmp_path: Path) -> None:
    ring = open_ring(tmp_path)
    key = ring.key_for(ring.relationship_id(NUMBER, "110"))
    stored = _files(tmp_path)
    assert key.key_id in stored
    assert key.key not in stored
    assert ring._hash_key not in stored
    assert NUMBER.encode() not in stored


def test_deletion_overwrites_the_wrapped_key_in_all_files(open_ring: Any, tmp_path: Path) -> None:
    ring = open_ring(tmp_path)
    relationship = uuid4()
    for other in range(20):
        ring.key_for(UUID(int=other))
    key = ring.key_for(relationship)
    (wrapped,) = ring._db.execute("SELECT wrapped FROM relationship_key WHERE key_id = ?", (key.key_id,)).fetchone()
    assert wrapped in _files(tmp_path)
    ring.delete(relationship)
    left = _files(tmp_path)
    assert not [start for start in range(len(wrapped) - 7) if wrapped[start : start + 8] in left]


def test_a_key_does_not_show_in_its_representation(ring: EmbeddedKeyRing) -> None:
    key = ring.key_for(uuid4())
    assert repr(key.key) not in repr(key)
    assert key.key.hex() not in repr(key)


def test_a_wrapped_key_moved_to_another_relationship_does_not_open(open_ring: Any) -> None:
    ring = open_ring()
    mine, yours = uuid4(), uuid4()
    my_key, _ = ring.key_for(mine), ring.key_for(yours)
    (wrapped,) = ring._db.execute("SELECT wrapped FROM relationship_key WHERE key_id = ?", (my_key.key_id,)).fetchone()
    ring._db.execute("UPDATE relationship_key SET wrapped = ? WHERE relationship_id = ?", (wrapped, yours.bytes))
    with pytest.raises(KeyRingError, match=r"damaged.*jinbao keys restore"):
        open_ring().key_for(yours)


def test_the_same_seed_gives_the_same_ids_and_keys(open_ring: Any, tmp_path: Path) -> None:
    def everything(folder: str, seed: int) -> tuple[UUID, RelationshipKey, RelationshipKey]:
        ring = open_ring(tmp_path / folder, seed=seed)
        relationship = ring.relationship_id(NUMBER, "110")
        first = ring.key_for(relationship)
        ring.delete(relationship)
        return relationship, first, ring.key_for(relationship)

    assert everything("a", 7) == everything("b", 7)
    assert everything("c", 8) != everything("d", 9)
    _, first, second = everything("e", 7)
    assert first.key != second.key


def test_a_ring_does_not_change_its_seed(open_ring: Any) -> None:
    relationship = open_ring(seed=7).relationship_id(NUMBER, "110")
    assert open_ring(seed=7).relationship_id(NUMBER, "110") == relationship
    assert open_ring().relationship_id(NUMBER, "110") == relationship
    with pytest.raises(KeyRingError, match="another seed"):
        open_ring(seed=8)


def test_another_master_key_does_not_open_the_ring(tmp_path: Path) -> None:
    first, second = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
    open_key_ring(tmp_path, environ={"JINBAO_MASTER_KEY": first}).close()
    with pytest.raises(KeyRingError, match="does not open with this master key"):
        open_key_ring(tmp_path, environ={"JINBAO_MASTER_KEY": second})
    open_key_ring(tmp_path, environ={"JINBAO_MASTER_KEY": first}).close()
    assert not (tmp_path / "master.key").exists()


def test_the_files_are_for_their_owner_only(ring: EmbeddedKeyRing, tmp_path: Path) -> None:
    ring.key_for(uuid4())
    for file in (tmp_path / "keys").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_a_file_that_is_no_key_ring_is_named(tmp_path: Path) -> None:
    (tmp_path / "keys.sqlite").write_bytes(b"something else entirely" * 100)
    with pytest.raises(KeyRingError, match=r"keys\.sqlite: file is not a database.*jinbao keys restore"):
        open_key_ring(tmp_path, environ={"JINBAO_MASTER_KEY": base64.b64encode(bytes(32)).decode()})


def test_a_lost_ring_restored_from_its_copy_opens_again(open_ring: Any, tmp_path: Path) -> None:
    ring = open_ring(tmp_path / "keys")
    key = ring.key_for(uuid4())
    ring.close()
    shutil.copytree(tmp_path / "keys", tmp_path / "copy")
    assert open_ring(tmp_path / "copy").key_by_id(key.key_id) == key


def test_a_ring_that_saw_no_key_takes_the_one_that_another_made_meanwhile(open_ring: Any) -> None:
    here, there = open_ring(), open_ring()
    relationship = uuid4()
    assert here._stored_key(relationship) is None
    made = there.key_for(relationship)
    assert here._create_key(relationship) == made


def test_a_ring_opens_while_another_process_is_still_making_the_file(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "keys.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    other.execute("CREATE TABLE something (it)")
    release = threading.Timer(0.2, other.rollback)
    release.start()
    ring = open_key_ring(tmp_path, environ={})
    release.join()
    assert ring.key_for(uuid4()).key
    ring.close()
    other.close()


RELATIONSHIPS = [UUID(int=n) for n in range(200)]


def _ask_for_all(folder: Path, start: Any, answers: Any) -> None:
    start.wait()
    ring = open_key_ring(folder, environ={})
    start.wait()
    answers.put((ring.relationship_id(NUMBER, "110"), [ring.key_for(r).key_id for r in RELATIONSHIPS]))
    ring.close()


def test_processes_that_ask_at_once_get_the_same_keys(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    start, answers = context.Barrier(4), context.Queue()
    processes = [context.Process(target=_ask_for_all, args=(tmp_path, start, answers)) for _ in range(4)]
    for process in processes:
        process.start()
    collected = [answers.get(timeout=60) for _ in processes]
    for process in processes:
        process.join(timeout=60)
        assert process.exitcode == 0
    assert all(answer == collected[0] for answer in collected)
    ring = open_key_ring(tmp_path, environ={})
    assert ring._db.execute("SELECT count(*) FROM relationship_key").fetchone() == (len(RELATIONSHIPS),)
    ring.close()
