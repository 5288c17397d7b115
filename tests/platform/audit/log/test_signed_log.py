"""A log whose messages are signed: what somebody with database and the log's key in hand cannot make up or hide."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.platform_under_test import Platform
from support.recomputed_tree import recompute
from support.signed_provinces import SignedProvinces, approved, revoked
from support.told_transfer import DAY_US, Transfer

from jinbao.platform.audit.statements.keys import say_of_chain, say_of_keys
from jinbao.platform.audit.statements.statements import append
from jinbao.platform.outbox.log_key import open_log_key
from jinbao.platform.outcome import Outcome
from jinbao.platform.store import chain_register
from jinbao.platform.store.chain_register import ChainStatement
from jinbao.platform.store.key_register import KIND, KeyStatement
from jinbao.regional_adapter.exchange.signing import Chain, new_key
from jinbao.transparency.check_proof import NotValid
from tests.platform.audit.conftest import Recorded


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Messages of every outcome, in batches of one and of several; never written to."""
    folder = tmp_path_factory.mktemp("signed")
    log_key = open_log_key(folder)
    platform = Platform(folder, log_key=log_key)
    provinces = SignedProvinces(platform, log_key, "41", "44")
    first = Transfer(1)
    provinces.take("41", *(Transfer(person).apply() for person in (1, 2, 3)))
    again = provinces.take("41", Transfer(4).letter(), first.letter())
    provinces.send(*again)
    provinces.take("44", Transfer(9).apply())
    platform.take(Transfer(5).apply())
    platform.sweep(platform.now + 30 * DAY_US)
    provinces.take("44", Transfer(2, application="HA-2").apply())
    platform.close()
    return Recorded(folder)


@pytest.fixture
def copied(signed: Recorded, tmp_path: Path) -> Recorded:
    return Recorded(Path(shutil.copytree(signed.folder, tmp_path / "copied")))


@pytest.fixture
def provinces(tmp_path: Path) -> Iterator[SignedProvinces]:
    log_key = open_log_key(tmp_path)
    platform = Platform(tmp_path, log_key=log_key)
    yield SignedProvinces(platform, log_key, "41", "44")
    platform.close()


def ended(provinces: SignedProvinces) -> Recorded:
    """The log, some time later."""
    provinces.platform.now += DAY_US
    provinces.take("44", Transfer(99, destination="44", origin="41").apply())
    return Recorded(provinces.platform.folder)


def test_every_message_is_verified_once_more(signed: Recorded) -> None:
    found = signed.verified()
    ((messages,),) = signed.rows(
        "SELECT (SELECT COUNT(*) FROM events WHERE signature IS NOT NULL) + "
        "(SELECT COUNT(*) FROM intake WHERE signature IS NOT NULL AND bytes IS NOT NULL AND code IS NOT 'KEY_UNKNOWN')"
    )
    ((notes,),) = signed.rows("SELECT COUNT(*) FROM tree_heads WHERE note IS NOT NULL")
    assert found.first_bad is None
    assert found.signatures == messages + notes
    assert found.unprotected == []
    assert found.population.as_json()["gaps"] == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET signature = NULL WHERE position = 2",
        "UPDATE events SET bytes = (SELECT bytes FROM events WHERE position = 1) WHERE position = 2",
        "UPDATE events SET sender = '44' WHERE position = 2",
        "UPDATE events SET signature = (SELECT signature FROM events WHERE position = 1) WHERE position = 2",
        "UPDATE events SET stream = 1 WHERE position = 2",
        "UPDATE events SET signature = 'a text' WHERE position = 2",
        f"UPDATE intake SET code = 'KEY_UNKNOWN', signature = NULL WHERE outcome = {Outcome.PARKED:d}",
        f"UPDATE intake SET bytes = NULL WHERE outcome = {Outcome.PARKED:d}",
    ],
)
def test_what_nobody_signed_is_seen_though_the_tree_was_recomputed_with_the_logs_key(
    copied: Recorded, change: str
) -> None:
    copied.attack("DROP INDEX IF EXISTS events_stream_version", change)
    recompute(copied.store(), copied.key)
    assert copied.code() == "BAD_SIGNATURE"


@pytest.mark.parametrize("withheld", [0, 1, 2])
def test_a_message_that_was_never_ingested_is_named(provinces: SignedProvinces, withheld: int) -> None:
    provinces.take("41", Transfer(1).apply())
    batch = provinces.signed("41", Transfer(2).apply(), Transfer(3).apply(), Transfer(4).apply())
    provinces.send(*(record for place, record in enumerate(batch) if place != withheld))
    provinces.take("41", Transfer(5).apply())
    found = ended(provinces).verified()
    assert found.first_bad is not None
    assert (found.first_bad.code, found.first_bad.text[1]) == (
        "BATCH_GAP",
        "1 messages of batch 2 of 41 are missing",
    )
    assert found.population.as_json()["gaps"] == [{"sender": "41", "first_batch": 2, "last_batch": 2}]


def test_a_batch_that_was_withheld_is_named(provinces: SignedProvinces) -> None:
    provinces.take("41", Transfer(1).apply())
    provinces.signed("41", Transfer(2).apply())
    provinces.take("41", Transfer(3).apply())
    assert Recorded(provinces.platform.folder).code() is None, "it may still be under way"
    found = ended(provinces).verified()
    assert found.first_bad is not None
    assert found.first_bad.text[1] == "batches 2 to 2 of 41 are missing"


def test_a_chain_that_was_begun_anew_shows(provinces: SignedProvinces) -> None:
    provinces.take("41", Transfer(1).apply())
    provinces.take("41", Transfer(2).apply())
    provinces.chains["41"] = Chain()
    provinces.take("41", Transfer(3).apply())
    found = ended(provinces).verified()
    assert found.first_bad is not None
    assert found.first_bad.code == "BATCH_GAP"
    assert "begins anew" in found.first_bad.text[1]


def test_batches_that_were_refused_or_came_twice_were_not_withheld(provinces: SignedProvinces) -> None:
    (application,) = provinces.take("41", Transfer(1).apply())
    provinces.send(application)
    provinces.take("41", Transfer(1).apply())
    (broken,) = provinces.signed("41", Transfer(2).apply())
    provinces.platform.send_raw(broken.value[:-1] + b"\xff", key=broken.key, headers=broken.headers)
    provinces.take("41", Transfer(3).letter())
    provinces.take("41", Transfer(4).apply(), key=new_key("41"))
    outcomes = provinces.platform.outcomes()
    assert [outcome for outcome, _ in outcomes] == [
        "ACCEPTED",
        "DUPLICATE",
        "DUPLICATE",
        "DEAD_LETTER",
        "PARKED",
        "REJECTED",
    ]
    assert ended(provinces).code() is None


def test_a_register_that_was_altered_or_back_dated_shows(copied: Recorded) -> None:
    ((number, body),) = copied.rows("SELECT number, body FROM tree_statements WHERE kind = 'agency_key' LIMIT 1")
    changed = json.dumps(json.loads(str(body)) | {"user": "somebody else"})
    copied.attack(f"UPDATE tree_statements SET body = '{changed}' WHERE number = {number}")
    assert copied.code() == "KEYS_CHANGED"
    copied.attack(f"UPDATE tree_statements SET body = '{body}', recorded_at = recorded_at - 1 WHERE number = {number}")
    assert copied.code() == "KEYS_CHANGED"


def test_one_person_alone_registers_nothing(provinces: SignedProvinces) -> None:
    request, approval = approved("41", new_key("41").verifier)
    alone = KeyStatement("approve", "41", approval.key, request.user)
    with pytest.raises(NotValid):
        say_of_keys(provinces.platform.store, [request, alone], provinces.platform.now)
    assert Recorded(provinces.platform.folder).code() is None
    with provinces.platform.store.write() as work:
        append(work, KIND, request, provinces.platform.now)
        append(work, KIND, alone, provinces.platform.now)
    provinces.platform.run()
    assert ended(provinces).code() == "KEYS_CHANGED", "who writes it past the command is seen"


def test_a_platform_key_that_is_not_the_policys_shows(provinces: SignedProvinces) -> None:
    provinces.say(*approved("00", new_key("00").verifier))
    assert ended(provinces).code() == "KEYS_CHANGED"


def test_where_no_register_has_begun_verify_says_so(recorded: Recorded) -> None:
    found = recorded.verified()
    assert found.first_bad is None
    assert found.unprotected[0][1] == "no key register has begun: messages are taken unsigned"


def declared(provinces: SignedProvinces, *steps: ChainStatement) -> None:
    for step in steps:
        say_of_chain(provinces.platform.store, step, provinces.platform.now)


LOST = (ChainStatement("declare", "41", "first", "disk broke"), ChainStatement("confirm", "41", "second"))


@pytest.mark.parametrize("is_before", [False, True])
def test_a_lost_adapter_store_shows_and_is_no_gap_once_its_agency_has_declared_it(
    provinces: SignedProvinces, is_before: bool
) -> None:
    for person in (1, 2):
        provinces.take("41", Transfer(person).apply())
    if is_before:
        declared(provinces, *LOST)
    provinces.chains["41"] = Chain()
    for person in (3, 4, 5):
        provinces.take("41", Transfer(person).apply())
    if not is_before:
        assert ended(provinces).code() == "BATCH_GAP"
        declared(provinces, *LOST)
    found = ended(provinces).verified()
    assert found.bad == []
    (anew,) = found.population.as_json()["begun_anew"]
    assert (anew["sender"], anew["first_batch"], anew["after_batch"]) == ("41", 1, 2)
    assert anew["declared"] == {"reason": "disk broke", "declared_by": "first", "confirmed_by": "second"}
    assert found.population.as_json()["gaps"] == []


def test_a_declaration_stands_for_one_time_and_hides_no_batch_that_is_withheld(provinces: SignedProvinces) -> None:
    provinces.take("41", Transfer(1).apply())
    declared(provinces, *LOST)
    provinces.chains["41"] = Chain()
    provinces.take("41", Transfer(2).apply())
    provinces.signed("41", Transfer(3).apply())
    provinces.take("41", Transfer(4).apply())
    assert [one.text[1] for one in ended(provinces).verified().bad] == ["batches 2 to 2 of 41 are missing"]
    provinces.chains["41"] = Chain()
    provinces.take("41", Transfer(5).apply())
    found = ended(provinces).verified().population.as_json()
    assert [one["declared"] is None for one in found["begun_anew"]] == [False, True]


def test_an_old_adapter_store_that_was_put_back_shows_too(provinces: SignedProvinces) -> None:
    provinces.take("41", Transfer(1).apply())
    kept = provinces.chains["41"]
    for person in (2, 3):
        provinces.take("41", Transfer(person).apply())
    provinces.chains["41"] = kept
    for person in (4, 5, 6):
        provinces.take("41", Transfer(person).apply())
    found = ended(provinces).verified()
    assert [one.text[1].partition(",")[0] for one in found.bad] == [
        "the chain of 41's batches begins anew with batch 2 after batch 3"
    ]
    declared(provinces, *LOST)
    assert ended(provinces).code() is None


def test_one_person_alone_declares_nothing(provinces: SignedProvinces) -> None:
    declare, confirm = LOST
    provinces.platform.take(Transfer(1).apply())
    for steps in ((confirm,), (declare, declare), (ChainStatement("declare", "99", "a", "b"),)):
        with pytest.raises(NotValid):
            declared(provinces, *steps)
    with pytest.raises(NotValid):
        declared(provinces, ChainStatement("confirm", "41", "first"))
    with provinces.platform.store.write() as work:
        append(work, chain_register.KIND, ChainStatement("confirm", "41", "first"), provinces.platform.now)
    provinces.platform.run()
    assert ended(provinces).code() == "KEYS_CHANGED", "who writes it past the command is seen"


@pytest.mark.parametrize("sent", [0, 1, 2])
def test_what_was_signed_anew_by_the_next_key_is_no_gap(provinces: SignedProvinces, sent: int) -> None:
    """A batch of two waits while the key is changed; none, one or both of it had been sent before."""
    provinces.take("41", Transfer(1).apply())
    before = provinces.chains["41"]
    messages = [Transfer(2).apply(), Transfer(3).apply()]
    old = provinces.signed("41", *messages)
    provinces.send(*old[:sent])
    provinces.chains["41"], new = before, new_key("41")
    provinces.say(*approved("41", new.verifier), *revoked("41", provinces.keys["41"].verifier))
    provinces.take("41", *messages, Transfer(4).apply(), key=new)
    provinces.take("41", Transfer(5).apply(), key=new)
    assert ended(provinces).verified().bad == []


def test_what_the_next_key_signed_and_is_withheld_is_named(provinces: SignedProvinces) -> None:
    provinces.take("41", Transfer(1).apply())
    before, new = provinces.chains["41"], new_key("41")
    provinces.take("41", Transfer(2).apply())
    provinces.chains["41"] = before
    provinces.say(*approved("41", new.verifier))
    provinces.send(*provinces.signed("41", Transfer(2).apply(), Transfer(3).apply(), key=new)[:1])
    provinces.take("41", Transfer(4).apply(), key=new)
    assert [one.text[1] for one in ended(provinces).verified().bad] == ["1 messages of batch 2 of 41 are missing"]
