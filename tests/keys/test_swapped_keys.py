"""A person's key swapped or lost: what it sealed stays closed with its reason, and never opens as another's."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.keys.key_ring import KeyRingError, SealedFields
from jinbao.keys.master_key import wrapping_keys
from jinbao.keys.ring_file import for_relationship_key
from jinbao.keys.sealing import CannotOpen, open_sealed, seal
from tests.keys.conftest import OpenRing

WANG, LI, ZHAO = UUID(int=1), UUID(int=2), UUID(int=3)
EVENT = b"e" * 16


@pytest.fixture
def sealed(open_ring: OpenRing) -> dict[UUID, SealedFields]:
    ring = open_ring()
    found = {person: seal(ring.key_for(person), EVENT, {"name": str(person.int)}) for person in (WANG, LI, ZHAO)}
    ring.close()
    return found


def ring_file(folder: Path) -> Path:
    (found,) = folder.rglob("keys.sqlite")
    return found


def why(ring: EmbeddedKeyRing, person: UUID, one: SealedFields) -> str:
    with pytest.raises(CannotOpen) as error:
        open_sealed(ring, person, EVENT, one.key_id, one.ciphertext)
    return error.value.reason


def test_wrapped_keys_that_were_swapped_open_nothing(
    tmp_path: Path, open_ring: OpenRing, sealed: dict[UUID, SealedFields]
) -> None:
    """By whoever has the file and not the master key: each is wrapped for its own person."""
    with closing(sqlite3.connect(ring_file(tmp_path))) as db, db:
        rows = dict(db.execute("SELECT key_id, wrapped FROM relationship_key").fetchall())
        for person, other in ((WANG, LI), (LI, WANG)):
            values = (rows[sealed[other].key_id], sealed[person].key_id)
            db.execute("UPDATE relationship_key SET wrapped = ? WHERE key_id = ?", values)
    ring = open_ring()
    for person in (WANG, LI):
        one = sealed[person]
        with pytest.raises(KeyRingError, match="a key does not open"):
            open_sealed(ring, person, EVENT, one.key_id, one.ciphertext)
    assert open_sealed(ring, ZHAO, EVENT, sealed[ZHAO].key_id, sealed[ZHAO].ciphertext) == {"name": "3"}


def test_keys_that_were_swapped_by_who_has_the_master_key_open_nothing(
    tmp_path: Path, open_ring: OpenRing, sealed: dict[UUID, SealedFields]
) -> None:
    ring = open_ring()
    keys = {person: ring.key_by_id(one.key_id).key for person, one in sealed.items()}
    ring.close()
    file = ring_file(tmp_path)
    wrap = AESSIV(wrapping_keys(file.with_name("master.key"), {})[0])
    with closing(sqlite3.connect(file)) as db, db:
        for person, other in ((WANG, LI), (LI, WANG)):
            wrapped = wrap.encrypt(keys[other], for_relationship_key(person.bytes, sealed[person].key_id))
            db.execute("UPDATE relationship_key SET wrapped = ? WHERE key_id = ?", (wrapped, sealed[person].key_id))
    again = open_ring()
    assert why(again, WANG, sealed[WANG]) == why(again, LI, sealed[LI]) == "not_authentic"
    assert open_sealed(again, ZHAO, EVENT, sealed[ZHAO].key_id, sealed[ZHAO].ciphertext) == {"name": "3"}


def test_a_key_given_to_another_person_opens_nothing_of_either(
    tmp_path: Path, open_ring: OpenRing, sealed: dict[UUID, SealedFields]
) -> None:
    ring = open_ring()
    key = ring.key_by_id(sealed[WANG].key_id).key
    ring.close()
    file = ring_file(tmp_path)
    wrapped = AESSIV(wrapping_keys(file.with_name("master.key"), {})[0]).encrypt(
        key, for_relationship_key(LI.bytes, sealed[WANG].key_id)
    )
    with closing(sqlite3.connect(file)) as db, db:
        values = (LI.bytes, wrapped, sealed[WANG].key_id)
        db.execute(
            "UPDATE relationship_key SET relationship_id = ?, generation = 9, wrapped = ? WHERE key_id = ?", values
        )
    again = open_ring()
    assert why(again, WANG, sealed[WANG]) == "other_relationship"
    assert why(again, LI, SealedFields(sealed[WANG].key_id, sealed[LI].ciphertext)) == "not_authentic"


def test_a_key_that_was_lost_is_named_and_the_others_open(
    tmp_path: Path, open_ring: OpenRing, sealed: dict[UUID, SealedFields]
) -> None:
    with closing(sqlite3.connect(ring_file(tmp_path))) as db, db:
        db.execute("DELETE FROM relationship_key WHERE key_id = ?", (sealed[WANG].key_id,))
    ring = open_ring()
    assert why(ring, WANG, sealed[WANG]) == "key_unknown"
    assert open_sealed(ring, LI, EVENT, sealed[LI].key_id, sealed[LI].ciphertext) == {"name": "2"}
