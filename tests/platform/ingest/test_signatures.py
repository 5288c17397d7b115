"""Signatures of submissions: only what its sender has signed is taken, once the register of keys has begun."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.platform_under_test import Platform
from support.signed_provinces import SignedProvinces, approved, revoked
from support.told_transfer import DAY_US, Transfer

from jinbao.bus.interface import OutgoingRecord
from jinbao.bus.packed_headers import pack_headers, value_of
from jinbao.platform.outbox.log_key import open_log_key
from jinbao.regional_adapter.exchange.signing import BatchSigner, Chain, new_key
from jinbao.schemas.headers import PLATFORM_SIGNATURE, SIGNATURE
from jinbao.transparency.signing import new_log_key


@pytest.fixture
def provinces(tmp_path: Path) -> Iterator[SignedProvinces]:
    log_key = open_log_key(tmp_path)
    platform = Platform(tmp_path, log_key=log_key)
    yield SignedProvinces(platform, log_key, "41", "44")
    platform.close()


def last(provinces: SignedProvinces) -> tuple[str, str | None]:
    return provinces.platform.outcomes()[-1]


def test_what_its_agency_signed_is_taken_and_its_signature_kept(provinces: SignedProvinces) -> None:
    first = Transfer(1)
    provinces.take("41", first.apply(), Transfer(2).apply())
    provinces.take("41", first.letter())
    assert provinces.platform.outcomes() == [("ACCEPTED", None)] * 3
    assert all(row[0] for row in provinces.platform.rows("SELECT signature FROM events"))


def test_what_is_not_signed_is_rejected_and_counted_and_its_id_stays_free(provinces: SignedProvinces) -> None:
    application = Transfer(1).apply()
    provinces.platform.take(application)
    assert last(provinces) == ("REJECTED", "SIGNATURE_MISSING")
    assert provinces.platform.rows("SELECT COUNT(*) FROM streams") == [(0,)]
    assert [told.code for told in provinces.platform.told("41")] == ["SIGNATURE_MISSING"]
    provinces.take("41", application)
    assert last(provinces) == ("ACCEPTED", None)


@pytest.mark.parametrize("what", ["value", "sender", "log", "nothing", "path"])
def test_a_signature_over_anything_else_is_rejected(provinces: SignedProvinces, what: str) -> None:
    one, other = provinces.signed("41", Transfer(1).apply(), Transfer(2).apply())
    headers = dict(one.headers)
    if what == "value":
        headers[SIGNATURE] = dict(other.headers)[SIGNATURE]
    elif what == "path":
        headers[SIGNATURE] = headers[SIGNATURE][:-1] + bytes([headers[SIGNATURE][-1] ^ 1])
    elif what == "nothing":
        headers[SIGNATURE] = b"signed"
    elif what == "sender":
        (one,) = provinces.signed("44", Transfer(1).apply())
        headers = dict(one.headers)
    elif what == "log":
        signer = BatchSigner("41", provinces.keys["41"], new_log_key("jinbao").verifier.name)
        ((one,), _) = signer.sign([provinces.platform.record(Transfer(1).apply())], Chain())
        headers = dict(one.headers)
    provinces.send(OutgoingRecord(one.topic, one.key, one.value, tuple(headers.items())))
    expected = "KEY_UNKNOWN" if what in ("sender", "nothing") else "SIGNATURE_INVALID"
    assert last(provinces) == ("REJECTED", expected)


def test_nobody_who_writes_to_the_bus_speaks_as_the_platform(provinces: SignedProvinces) -> None:
    provinces.take("41", Transfer(1).apply())
    provinces.platform.sweep(provinces.platform.now + 30 * DAY_US)
    said = [row for row in provinces.platform.received() if row.sender == "00"]
    assert said
    assert {row.outcome.name for row in said} == {"ACCEPTED"}, "what the sweep says is signed"
    forged = provinces.platform.record(Transfer(1).miss("application_review", "2025-03-24"))
    provinces.send(forged)
    assert last(provinces) == ("REJECTED", "SIGNATURE_MISSING")
    provinces.send(*BatchSigner("00", provinces.keys["41"], provinces.origin).sign([forged], Chain())[0])
    assert last(provinces) == ("REJECTED", "KEY_UNKNOWN")


def test_the_same_content_signed_again_is_a_duplicate(provinces: SignedProvinces) -> None:
    application = Transfer(1).apply()
    provinces.take("41", application)
    (again,) = provinces.take("41", application)
    assert last(provinces) == ("DUPLICATE", None)
    provinces.send(again)
    assert last(provinces) == ("DUPLICATE", None)


def test_a_key_counts_from_its_approval_to_its_revocation(provinces: SignedProvinces) -> None:
    new = new_key("41")
    provinces.take("41", Transfer(1).apply(), key=new)
    assert last(provinces) == ("REJECTED", "KEY_UNKNOWN")
    request, approval = approved("41", new.verifier)
    provinces.say(request)
    provinces.take("41", Transfer(1).apply(), key=new)
    assert last(provinces) == ("REJECTED", "KEY_UNKNOWN"), "one person alone registers nothing"
    provinces.say(approval)
    provinces.take("41", Transfer(1).apply(), key=new)
    assert last(provinces) == ("ACCEPTED", None)
    provinces.say(*revoked("41", new.verifier))
    provinces.take("41", Transfer(2).apply(), key=new)
    assert last(provinces) == ("REJECTED", "KEY_REVOKED")
    provinces.take("41", Transfer(2).apply())
    assert last(provinces) == ("ACCEPTED", None), "its other key counts as before"


def test_an_expired_key_signs_nothing_more(provinces: SignedProvinces) -> None:
    new = new_key("41")
    provinces.say(*approved("41", new.verifier, provinces.platform.now + DAY_US))
    provinces.take("41", Transfer(1).apply(), key=new)
    assert last(provinces) == ("ACCEPTED", None)
    provinces.platform.now += DAY_US
    provinces.take("41", Transfer(2).apply(), key=new)
    assert last(provinces) == ("REJECTED", "KEY_EXPIRED")


def test_all_that_reaches_a_province_is_signed_by_the_platform(provinces: SignedProvinces) -> None:
    provinces.take("41", Transfer(1).apply())
    provinces.platform.take(Transfer(2).apply())
    records = provinces.platform.inbox_records("41")
    assert records
    assert all(value_of(record.packed_headers, PLATFORM_SIGNATURE) for record in records)


def test_a_header_is_found_without_unpacking_in_both_forms() -> None:
    name, value = SIGNATURE, bytes(range(256)) + b"\x00" * 100
    headers = (("ce_id", b"1"), (name, value), ("ce_sha256", b"2"))
    assert value_of(pack_headers(headers), name) == value
    kafka = bytes([6]) + b"".join(_piece(key.encode()) + _piece(body) for key, body in headers)
    assert value_of(kafka, name) == value
    assert value_of(pack_headers((*headers, (name, b"x"))), name) is None, "two are none"
    assert value_of(pack_headers((("ce_id", name.encode() + b"\xc4\x01x"),)), name) is None
    assert value_of(pack_headers(()), name) is None


def _piece(body: bytes) -> bytes:
    n, length = len(body) << 1, bytearray()
    while n > 127:
        length.append(n & 127 | 128)
        n >>= 7
    length.append(n)
    return bytes(length) + body


def test_a_batch_is_judged_anew_where_a_key_was_revoked_before_it_was_written(
    provinces: SignedProvinces, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest, key = provinces.platform.ingest, provinces.keys["41"].verifier
    judge, steps = ingest._judge, [revoked("41", key)]

    def meanwhile(*batch: Any) -> Any:
        judged = judge(*batch)
        if steps:
            provinces.say(*steps.pop())
        return judged

    monkeypatch.setattr(ingest, "_judge", meanwhile)
    provinces.take("41", Transfer(1).apply(), Transfer(2).apply())
    assert provinces.platform.outcomes() == [("REJECTED", "KEY_REVOKED")] * 2
