"""Sealing: deterministic, bound to person and event, and lost with the key, and only with the key."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.keys.key_ring import SealedFields
from jinbao.keys.sealing import CannotOpen, open_sealed, seal

FIELDS = {"name": "样本甲", "number": "11010519491231002X", "employer": None, "born": 19491231}
EVENT, OTHER_EVENT = b"e" * 16, b"f" * 16

within_one_ring = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
field_maps = st.dictionaries(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=12),
    st.one_of(
        st.none(), st.text(st.characters(exclude_categories=("Cs",)), max_size=40), st.integers(-(2**63), 2**63 - 1)
    ),
    max_size=6,
)


def opened(ring: EmbeddedKeyRing, relationship: UUID, event: bytes, sealed: SealedFields) -> dict[str, Any]:
    return open_sealed(ring, relationship, event, sealed.key_id, sealed.ciphertext)


@within_one_ring
@given(fields=field_maps, event=st.binary(min_size=16, max_size=16))
def test_what_is_sealed_opens_again(ring: EmbeddedKeyRing, fields: dict[str, Any], event: bytes) -> None:
    relationship = UUID(int=1)
    sealed = seal(ring.key_for(relationship), event, fields)
    assert len(sealed.ciphertext) >= 16
    assert opened(ring, relationship, event, sealed) == fields


@within_one_ring
@given(fields=field_maps, flip=st.integers(min_value=0))
def test_any_changed_bit_keeps_it_closed(ring: EmbeddedKeyRing, fields: dict[str, Any], flip: int) -> None:
    sealed = seal(ring.key_for(UUID(int=1)), EVENT, fields)
    changed = bytearray(sealed.ciphertext)
    bit = flip % (len(changed) * 8)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CannotOpen) as error:
        opened(ring, UUID(int=1), EVENT, SealedFields(sealed.key_id, bytes(changed)))
    assert error.value.reason == "not_authentic"


def test_the_same_record_sealed_twice_is_the_same_bytes_whatever_the_order_of_its_fields(ring: EmbeddedKeyRing) -> None:
    relationship = uuid4()
    backwards = dict(reversed(FIELDS.items()))
    assert seal(ring.key_for(relationship), EVENT, FIELDS) == seal(ring.key_for(relationship), EVENT, backwards)


def test_another_event_or_person_gives_other_bytes(ring: EmbeddedKeyRing) -> None:
    mine, yours = uuid4(), uuid4()
    sealed = seal(ring.key_for(mine), EVENT, FIELDS).ciphertext
    assert seal(ring.key_for(mine), OTHER_EVENT, FIELDS).ciphertext != sealed
    assert seal(ring.key_for(yours), EVENT, FIELDS).ciphertext != sealed


def test_nothing_of_a_field_shows_in_the_sealed_bytes(ring: EmbeddedKeyRing) -> None:
    sealed = seal(ring.key_for(uuid4()), EVENT, FIELDS).ciphertext
    for shown in ("样本甲".encode(), b"11010519491231002X", b"name"):
        assert shown not in sealed


def test_fields_cannot_be_moved_to_another_event(ring: EmbeddedKeyRing) -> None:
    relationship = uuid4()
    with pytest.raises(CannotOpen) as error:
        opened(ring, relationship, OTHER_EVENT, seal(ring.key_for(relationship), EVENT, FIELDS))
    assert error.value.reason == "not_authentic"


def test_fields_cannot_be_moved_to_another_relationship(ring: EmbeddedKeyRing) -> None:
    with pytest.raises(CannotOpen) as error:
        opened(ring, uuid4(), EVENT, seal(ring.key_for(uuid4()), EVENT, FIELDS))
    assert error.value.reason == "other_relationship"


def test_losing_one_key_takes_that_persons_fields_and_nothing_else(ring: EmbeddedKeyRing) -> None:
    people = [uuid4() for _ in range(5)]
    sealed = {person: seal(ring.key_for(person), EVENT, FIELDS) for person in people}
    ring.delete(people[2])
    for person in people:
        if person == people[2]:
            with pytest.raises(CannotOpen) as error:
                opened(ring, person, EVENT, sealed[person])
            assert error.value.reason == "key_deleted"
        else:
            assert opened(ring, person, EVENT, sealed[person]) == FIELDS
    anew = seal(ring.key_for(people[2]), EVENT, FIELDS)
    assert anew != sealed[people[2]]
    assert opened(ring, people[2], EVENT, anew) == FIELDS
    with pytest.raises(CannotOpen):
        opened(ring, people[2], EVENT, sealed[people[2]])


def test_a_key_of_another_ring_is_unknown(open_ring: Any, tmp_path: Any) -> None:
    here, there = open_ring(tmp_path / "a"), open_ring(tmp_path / "b")
    relationship = uuid4()
    with pytest.raises(CannotOpen) as error:
        opened(there, relationship, EVENT, seal(here.key_for(relationship), EVENT, FIELDS))
    assert error.value.reason == "key_unknown"


@pytest.mark.parametrize("value", [True, 1.5, b"bytes", ["list"], 2**70, "\ud800", "x" * 70_000])
def test_a_field_that_cannot_be_sealed_is_refused_and_not_quoted(ring: EmbeddedKeyRing, value: Any) -> None:
    with pytest.raises(ValueError, match="personal field") as error:
        seal(ring.key_for(uuid4()), EVENT, {"name": value})
    assert str(value) not in str(error.value)


@pytest.mark.parametrize("event", [b"", b"short", b"e" * 17])
def test_an_event_id_has_sixteen_bytes(ring: EmbeddedKeyRing, event: bytes) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        seal(ring.key_for(uuid4()), event, FIELDS)


def test_no_personal_field_reaches_a_log(ring: EmbeddedKeyRing, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    relationship = ring.relationship_id("11010519491231002X", "110")
    sealed = seal(ring.key_for(relationship), EVENT, FIELDS)
    opened(ring, relationship, EVENT, sealed)
    with pytest.raises(CannotOpen) as error:
        opened(ring, relationship, OTHER_EVENT, sealed)
    for shown in ("样本甲", "11010519491231002X"):
        assert shown not in caplog.text + repr(error.value) + repr(sealed)
