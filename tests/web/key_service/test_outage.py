"""The key service is away: what is known goes on, what is new waits and says so, and nothing is refused for it."""

from __future__ import annotations

import time
from contextlib import closing
from uuid import uuid4

import pytest
from support.country import invented
from support.key_service import KEEP_S, SCHEME, keys_served

from jinbao.keys.key_ring import KeyMissing, KeyRingRefused, KeyServiceWaits, MessageName, PersonWanted, SealWanted
from jinbao.keys.key_service_client import REST_S
from jinbao.keys.open_key_ring import open_key_ring
from jinbao.keys.remote_key_ring import RemoteKeyRing
from jinbao.keys.rotation import rotate
from jinbao.keys.sealing import encoded_fields
from jinbao.regional_adapter.exchange.local_side import LOOK_FOR_SERVICE_EVERY_US
from jinbao.regional_adapter.local.document_state import DocumentState
from jinbao.service.key_service.national_log import NationalLog


def _key_of_the_case(country):
    return country.ring.key_for(country.ring.relationship_id(country.person("A-1").number, SCHEME))


def test_what_a_ring_was_told_it_knows_for_its_time_and_no_longer(country, service):
    ring, number = service.ring_of("41"), country.person("A-1").number
    key = _key_of_the_case(country)
    known = ring.relationship_id(number, SCHEME)
    assert ring.key_by_id(key.key_id) == key
    service.end()
    service.clock.seconds += KEEP_S - 1
    assert (ring.relationship_id(number, SCHEME), ring.key_by_id(key.key_id)) == (known, key)
    assert ring.trouble is None
    name = MessageName("41", "ContactLetterIssued", "L-1", 1, uuid4())
    assert ring.seal_message(known, name, b"{}", encoded_fields({"a": 1}))[1].key_id == key.key_id
    with pytest.raises(KeyServiceWaits, match="no answer"):
        ring.relationship_id(invented(7_001).number, SCHEME)
    assert ring.trouble is not None
    assert not ring.answers()
    service.clock.seconds += 1
    for ask in (lambda: ring.relationship_id(number, SCHEME), lambda: ring.key_by_id(key.key_id)):
        with pytest.raises(KeyServiceWaits):
            ask()
    service.start()
    service.clock.seconds += REST_S
    assert ring.answers()
    assert (ring.trouble, ring.relationship_id(number, SCHEME)) == (None, known)


def test_rotation_changes_nothing_for_adapters_and_a_destroyed_key_is_gone_once_its_time_is_over(country, service):
    ring, number = service.ring_of("41"), invented(7_003).number
    assert rotate(country.folder, {}).rewrapped
    relationship = ring.relationship_id(number, SCHEME)
    assert relationship == country.ring.relationship_id(number, SCHEME)
    reader, key = service.ring_of("44"), _key_of_the_case(country)
    assert reader.key_by_id(key.key_id) == key
    country.ring.delete(key.relationship_id)
    assert reader.key_by_id(key.key_id) == key, "it is in memory"
    service.clock.seconds += KEEP_S
    with pytest.raises(KeyMissing) as error:
        reader.key_by_id(key.key_id)
    assert error.value.why == "deleted"


def test_many_are_asked_for_at_once(service, monkeypatch):
    ring = service.ring_of("35")
    people = [PersonWanted(invented(9_001 + 2 * n).number, SCHEME, "ApplicationAccepted") for n in range(10)]
    asked = []
    ask = ring._service.ask
    monkeypatch.setattr(ring._service, "ask", lambda *words: asked.append(words[0]) or ask(*words))
    ring.prepare(people=people)
    assert len({ring.relationship_id(one.number, one.scheme) for one in people}) == 10
    assert asked == ["/keys/relationships"]
    names = [MessageName("35", "ApplicationAccepted", f"A-{n}", 1, uuid4()) for n in range(5)]
    seals = [
        SealWanted(ring.relationship_id(*who[:2]), one, b"{}", b"x") for who, one in zip(people, names, strict=False)
    ]
    ring.prepare(seals=seals)
    assert len({ring.seal_message(*one)[0] for one in seals}) == 5
    assert asked[1:] == ["/keys/seals"]
    assert ring.seal_message(*seals[0]) == service.ring_of("35").seal_message(*seals[0])


def test_the_service_of_another_ring_is_refused(service):
    url = f"http://127.0.0.1:{service.port}"
    ring = RemoteKeyRing(url, service.token_file("41"), expected="00" * 16, keep_s=1.0)
    assert ring.identity == "00" * 16, "an adapter starts also while the service is away"
    with pytest.raises(KeyRingRefused, match="not the key ring"):
        ring.relationship_id("1", SCHEME)


def test_known_cases_go_on_and_new_ones_wait_and_go_out_by_themselves(country, service):
    letter = country.to_letter("B-1")
    country.say("44", letter, "pass-review")
    person = country.person("B-2")
    service.end()
    clerk = country.clerk("41")
    fields = {"personal.number": person.number, "personal.name": person.name, "origin": "44"}
    new = clerk.act("B-2", "accept-application", **{**fields, "accepted_on": "2025-06-03"})
    country.say("44", letter, "send-sheet")  # the sheet is sealed: 44 has the key since it opened the letter
    assert clerk.document(new).state is DocumentState.WRITTEN
    aside = {kept.what.code: kept.what.reason for kept in clerk.store.set_aside.all()}
    assert set(aside) == {"KEY_SERVICE"}
    assert "no answer" in aside["KEY_SERVICE"]
    service.start()
    service.clock.seconds += REST_S
    for each in country.clerks.values():
        each.adapter.step(time.time_ns() // 1_000 + LOOK_FOR_SERVICE_EVERY_US)
    country.settle()
    assert clerk.document(new).state is DocumentState.ACCEPTED
    assert not any(each.store.set_aside.count() for each in country.clerks.values())


def test_numbers_and_token_go_over_a_network_by_tls_only(service):
    for url in ("http://keys.example:8443", "keys.example", "https://", "ftp://127.0.0.1"):
        with pytest.raises(KeyRingRefused, match="expected an https address"):
            RemoteKeyRing(url, service.token_file("41"), keep_s=1.0)


def test_without_the_platforms_log_ids_and_seals_go_on_and_no_key_is_given(tmp_path):
    log = NationalLog(f"sqlite:///{tmp_path / 'platform.sqlite'}")
    with (
        closing(open_key_ring(tmp_path, seed=1)) as ring,
        keys_served(tmp_path, ring, log, look_ups_a_day=1) as service,
    ):
        asking, number = service.ring_of("41"), invented(7_005).number
        known = asking.relationship_id(number, SCHEME)
        name = MessageName("41", "ApplicationAccepted", "A-1", 1, uuid4())
        _, sealed = asking.seal_message(known, name, b"{}", b"x")
        with pytest.raises(KeyServiceWaits, match="it cannot answer now"):
            service.ring_of("41").key_by_id(sealed.key_id)
        assert service.ring_of("41").relationship_id(number, SCHEME) == known
        with pytest.raises(KeyServiceWaits, match="used up"):
            service.ring_of("41").relationship_id(invented(7_007).number, SCHEME)
    assert not (tmp_path / "platform.sqlite").exists()
