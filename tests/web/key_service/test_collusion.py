"""Hostile adapters of two provinces that put together what each is told: what that gives them, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from uuid import UUID, uuid4

import pytest
from support.country import Country, invented
from support.key_service import LIMIT, SCHEME, KeyService

from jinbao.bus.interface import Consumer
from jinbao.keys.key_ring import KeyMissing, KeyServiceWaits, MessageName
from jinbao.keys.sealing import encoded_fields
from jinbao.schemas.codec import decode
from jinbao.schemas.messages import SUBMISSIONS_TOPIC, Submission, inbox_topic
from jinbao.service.key_service.uses import recorded
from tests.web.key_service.conftest import served_country

PAIR = ("64", "65")


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    """A country of its own: what the pair says goes over the bus, and others read all of that."""
    with served_country(tmp_path_factory.mktemp("colluding")) as made:
        yield made


@pytest.fixture
def service(country: Country) -> KeyService:
    return country.service  # type: ignore[attr-defined]


@pytest.fixture
def strangers_keys(country) -> set[bytes]:
    """Of every sealed message between 41 and 44, as somebody sees who reads all of the bus."""
    found = set()
    for topic in (SUBMISSIONS_TOPIC, inbox_topic("41"), inbox_topic("44")):
        with closing(country.bus.consumer([topic], f"pair.{topic}")) as consumer:
            found |= {message.personal.key_id for message in _messages(consumer) if hasattr(message, "personal")}
    assert found
    return found


def _messages(consumer: Consumer):
    for partition in consumer.assignment():
        consumer.seek(partition, 0)
    while records := consumer.poll(1_000):
        for record in records:
            message = decode(record.value)
            if isinstance(message, Submission):
                yield message


def _seal(ring, relationship: UUID, sender: str, kind: str = "ApplicationAccepted"):
    name = MessageName(sender, kind, "P-1", 1, uuid4())
    return ring.seal_message(relationship, name, b"{}", encoded_fields({"number": "1"}))


def _withheld(ring, key_id: bytes) -> bool:
    with pytest.raises(KeyMissing) as error:
        ring.key_by_id(key_id)
    return error.value.why == "withheld"


def test_what_one_may_look_up_opens_nothing_for_the_other(country, service, strangers_keys):
    """One looks the stranger's number up, the other seals under the id; neither is given the key."""
    first, second = (service.ring_of(province) for province in PAIR)
    person = country.person("A-1").number
    relationship = first.relationship_id(person, SCHEME)
    for ring, sender in ((first, PAIR[0]), (second, PAIR[1])):
        _, sealed = _seal(ring, relationship, sender)
        assert sealed.key_id in strangers_keys
        assert all(_withheld(ring, key_id) for key_id in strangers_keys)
    given = {
        row.province for row in recorded(service.folder, None, 1_000) if row.action == "open" and row.outcome == "given"
    }
    assert given.isdisjoint(PAIR)


def test_both_seals_of_one_guess_differ_from_each_other_and_from_anything_on_the_bus(country, service):
    """Under one id and name, so that two of them compare nothing that one cannot."""
    relationship = country.ring.relationship_id(country.person("A-1").number, SCHEME)
    name = MessageName("41", "ApplicationAccepted", "A-1", 1, UUID(int=7))
    made = [
        service.ring_of(sender).seal_message(relationship, name, b"{}", encoded_fields({"number": "1"}))
        for sender in (*PAIR, "41")
    ]
    assert len({event for event, _ in made}) == len({sealed.ciphertext for _, sealed in made}) == 3


def test_their_limits_stay_two_whatever_they_ask_for(service):
    """A number that one was given costs the other as much; used up together, neither is told one more."""
    service.days = 3
    numbers = [invented(7_000 + 2 * n).number for n in range(LIMIT + 1)]
    first, second = (service.ring_of(province) for province in PAIR)
    ids = [first.relationship_id(one, SCHEME) for one in numbers[:LIMIT]]
    assert [second.relationship_id(one, SCHEME) for one in numbers[:LIMIT]] == ids
    for ring, sender in ((first, PAIR[0]), (second, PAIR[1])):
        with pytest.raises(KeyServiceWaits, match="used up"):
            ring.relationship_id(numbers[LIMIT], SCHEME)
        with pytest.raises(KeyServiceWaits, match="used up"):
            _seal(ring, uuid4(), sender)
    refused = [row for row in recorded(service.folder, None, 100) if row.outcome == "limit" and row.province in PAIR]
    assert {row.province for row in refused} == set(PAIR)
    assert all(row.relationship is None for row in refused)
    service.days = 0


@pytest.mark.parametrize("moves", [True, False])
def test_only_an_offer_to_each_other_gives_a_key_and_none_while_the_stranger_moves(country, service, moves):
    """What remains (docs/decisions/2026-11-28-key-service.md): a temporary account for a stranger, and its offer."""
    person, (first, second) = country.person(f"V-{moves}"), PAIR
    number = {"personal__number": person.number, "personal__name": person.name}
    if moves:
        country.to_letter(f"V-{moves}")
    else:
        country.insure("44", person)
        country.say("44", "PZ-9", "issue-certificate", **number)
    relationship = country.ring.relationship_id(person.number, SCHEME)
    key_id = country.ring.key_for(relationship).key_id
    case, account = f"LS-{moves}", {"first_month": 201201, "last_month": 201212, "months": 12}
    country.clerk(second)
    country.say(first, case, "open-account", **number)
    country.say(first, case, "record-contributions", individual=8, employer=16, **account)
    country.say(first, case, "seal-account")
    assert all(_withheld(service.ring_of(province), key_id) for province in PAIR)
    offer = {"kind": "temporary_collection", "destination": second, "account_number": case}
    offered = country.clerk(first).act(f"GJ-{moves}", "offer-transfer", **offer, **number)
    country.settle()
    assert _withheld(service.ring_of(first), key_id), "who wrote is sent nothing"
    if moves:
        assert country.clerk(first).document(offered).code == "LIVE_TRANSFER_ELSEWHERE"
        assert _withheld(service.ring_of(second), key_id)
    else:
        assert service.ring_of(second).key_by_id(key_id)
        given = [row for row in recorded(service.folder, second, 10) if (row.action, row.outcome) == ("open", "given")]
        assert relationship in {row.relationship for row in given}
