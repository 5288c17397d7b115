"""Adapters with a key service: transfers go on; a hostile one opens nothing and learns no more than its limit."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from support.country import invented
from support.in_process import jinbao_in
from support.key_service import LIMIT, SCHEME

from jinbao.keys.key_ring import KeyMissing, KeyServiceWaits, MessageName
from jinbao.keys.message_seal import seal_message
from jinbao.keys.remote_key_ring import RemoteKeyRing
from jinbao.keys.sealing import CannotOpen, encoded_fields, open_sealed
from jinbao.regional_adapter.exchange.mapping import EMBEDDED_FORMS, draft_of
from jinbao.schemas.codec import decode
from jinbao.schemas.messages import (
    SUBMISSIONS_TOPIC,
    ApplicationAccepted,
    Submission,
    inbox_topic,
)
from jinbao.service.key_service.uses import NAME

HOSTILE = "62"


@pytest.fixture
def sealed(country) -> list[Submission]:
    """Every message with sealed fields that went over the bus, as somebody sees who reads all of it."""
    found: dict[bytes, Submission] = {}
    for topic in (SUBMISSIONS_TOPIC, inbox_topic("41"), inbox_topic("44")):
        consumer = country.bus.consumer([topic], f"spy.{topic}")
        for partition in consumer.assignment():
            consumer.seek(partition, 0)
        while records := consumer.poll(1_000):
            for record in records:
                message = decode(record.value)
                if isinstance(message, Submission) and hasattr(message, "personal"):
                    found[message.envelope.event_id] = message
        consumer.close()
    return list(found.values())


def _open(ring, message):
    envelope, personal = message.envelope, message.personal
    relationship = UUID(bytes=envelope.relationship_id)
    return open_sealed(ring, relationship, envelope.event_id, personal.key_id, personal.ciphertext)


def test_what_is_sealed_by_the_service_is_what_the_ring_itself_seals(country, service, sealed):
    assert {type(message).__name__ for message in sealed} >= {
        "ApplicationAccepted",
        "ContactLetterIssued",
        "InformationSheetSent",
    }
    assert all(_open(country.ring, message)["number"] == country.person("A-1").number for message in sealed)
    name = MessageName("41", "ApplicationAccepted", "A-9", 1, uuid4())
    relationship, personal = (
        service.ring_of("41").relationship_id("110105194912310021", SCHEME),
        encoded_fields({"a": 1}),
    )
    assert relationship == country.ring.relationship_id("110105194912310021", SCHEME)
    remote = service.ring_of("41").seal_message(relationship, name, b"{}", personal)
    assert remote == seal_message(country.ring.key_for(relationship), name, b"{}", personal)


def test_a_key_is_given_to_whom_the_log_has_sent_what_it_opens(service, sealed):
    for message in sealed:
        receiver = {"ContactLetterIssued": "44", "InformationSheetSent": "41"}.get(type(message).__name__)
        if receiver is not None:
            assert _open(service.ring_of(receiver), message)["number"]


def test_a_hostile_adapter_opens_nothing_of_strangers(country, service, sealed):
    hostile = service.ring_of(HOSTILE)
    for message in sealed:
        with pytest.raises(CannotOpen) as error:
            _open(hostile, message)
        assert error.value.reason == "key_withheld"


def test_who_begins_a_relationship_for_a_stranger_is_sealed_for_and_given_no_key(country, service):
    hostile, stranger = service.ring_of(HOSTILE), invented(2_001).number
    relationship = hostile.relationship_id(stranger, SCHEME)
    name = MessageName(HOSTILE, "ApplicationAccepted", "H-1", 1, uuid4())
    _, mine = hostile.seal_message(relationship, name, b"{}", encoded_fields({"number": stranger}))
    with pytest.raises(KeyMissing) as error:  # before, and after the stranger's own province has begun it
        hostile.key_by_id(mine.key_id)
    assert error.value.why == "withheld"
    later = service.ring_of("41").seal_message(
        relationship, MessageName("41", "ApplicationAccepted", "A-2", 1, uuid4()), b"{}", encoded_fields({"a": 1})
    )
    with pytest.raises(CannotOpen):
        open_sealed(service.ring_of(HOSTILE), relationship, later[0].bytes, later[1].key_id, later[1].ciphertext)


def test_no_guess_can_be_tested_by_having_it_sealed(country, service, sealed):
    (sent,) = (message for message in sealed if isinstance(message, ApplicationAccepted))
    written = country.clerk("41").said["ApplicationAccepted"]
    relationship, name, _, content, _, guess = draft_of(written, "41", country.ring, EMBEDDED_FORMS)  # all of it right
    key = country.ring.key_for(relationship)
    event, made = seal_message(key, name, content, guess)
    assert (event.bytes, made.ciphertext) == (sent.envelope.event_id, sent.personal.ciphertext)
    event, made = service.ring_of(HOSTILE).seal_message(relationship, name, content, guess)  # in 41's name
    assert event.bytes != sent.envelope.event_id
    assert made.ciphertext not in {message.personal.ciphertext for message in sealed}
    assert (event, made) == seal_message(key, msgspec.structs.replace(name, sender=HOSTILE), content, guess)


def test_an_application_of_its_own_opens_nothing_until_somebody_sends_it_something(country, service):
    country.to_letter("H-2", "44", HOSTILE)  # accepted: the log names it, and its letter went to 44
    relationship = country.ring.relationship_id(country.person("H-2").number, SCHEME)
    key_id = country.ring.key_for(relationship).key_id
    assert service.ring_of("44").key_by_id(key_id)
    with pytest.raises(KeyMissing):
        service.ring_of(HOSTILE).key_by_id(key_id)


def test_after_its_limit_a_province_learns_nothing_new_and_goes_on_with_what_it_knows(service):
    number = [invented(5_000 + 2 * n).number for n in range(LIMIT + 5)]
    asking = service.ring_of("50")
    known = [asking.relationship_id(one, SCHEME) for one in number[:LIMIT]]
    with pytest.raises(KeyServiceWaits, match="used up"):
        asking.relationship_id(number[LIMIT], SCHEME)
    again = service.ring_of("50")
    assert [again.relationship_id(one, SCHEME) for one in number[:LIMIT]] == known
    name = MessageName("50", "ApplicationAccepted", "H-1", 1, uuid4())
    with pytest.raises(KeyServiceWaits, match="used up"):
        again.seal_message(uuid4(), name, b"{}", b"")
    assert service.ring_of("51").relationship_id(number[LIMIT], SCHEME), "others go on"
    service.days = 1
    assert service.ring_of("50").relationship_id(number[LIMIT], SCHEME), "tomorrow it goes on"
    service.days = 0


def test_each_use_is_recorded_without_numbers_and_kept(country, service):
    with closing(sqlite3.connect(service.folder / NAME)) as db:
        rows = db.execute("SELECT province, action, why, outcome, relationship, at FROM uses").fetchall()
        assert {row[:4] for row in rows} >= {
            ("41", "look_up", "ApplicationAccepted", "given"),
            ("41", "seal", "ContactLetterIssued", "given"),
            ("44", "open", "ContactLetterIssued", "given"),
            ("41", "open", "InformationSheetSent", "given"),
        }
        own = country.ring.relationship_id(country.person("A-1").number, SCHEME).bytes
        assert own in {row[4] for row in rows}
        assert all(row[5] for row in rows)
        for change in ("UPDATE uses SET why = ''", "DELETE FROM uses"):
            with pytest.raises(sqlite3.IntegrityError, match="only appended"):
                db.execute(change)
    told = jinbao_in(service.folder, "--lang", "en")
    listed = json.loads(told("keys", "uses", "--province", "44", "--json", "--data", ".").stdout)["uses"]
    assert ("open", "ContactLetterIssued", "given") in {(row["action"], row["why"], row["outcome"]) for row in listed}
    assert {row["province"] for row in listed} == {"44"}
    assert "1 row, and more" in told("keys", "uses", "--limit", 1, "--data", ".").stdout
    stored = b"".join(file.read_bytes() for file in service.folder.glob(f"{NAME}*"))
    assert country.person("A-1").number.encode() not in stored


def test_without_a_provinces_token_nothing_is_told(service, tmp_path):
    asked = {"people": [{"number": "1", "scheme": SCHEME}]}
    url = f"http://127.0.0.1:{service.port}/keys/relationships"
    for headers in ({}, {"Authorization": "Bearer none"}):
        assert httpx.post(url, json=asked, headers=headers).status_code == 401
    token = service.token_file("41").read_text()
    garbled = httpx.post(url, content=b"{", headers={"Authorization": f"Bearer {token}"})
    assert (garbled.status_code, set(garbled.json())) == (400, {"zh", "en"})
    (tmp_path / "token").touch(mode=0o644)
    with pytest.raises(KeyServiceWaits, match="chmod 600"):
        RemoteKeyRing(url, tmp_path / "token", keep_s=1.0).relationship_id("1", SCHEME)
