"""Headers follow the CloudEvents Kafka binding in binary mode and carry the digest of the bytes."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from hypothesis import given, strategies as st

from jinbao.bus import interface
from jinbao.schemas.codec import digest_matches, encode, headers_for
from jinbao.schemas.headers import DIGEST, Headers, bus_key, relationship_of, stream_of
from jinbao.schemas.messages import ContactLetterReceived, FundsRemitted, Record


def with_envelope(message: Record, **changes: object) -> Record:
    envelope = msgspec.structs.replace(message.envelope, **changes)  # type: ignore[attr-defined]
    return msgspec.structs.replace(message, envelope=envelope)


def test_headers_say_who_what_when_and_about_whom(remitted: FundsRemitted) -> None:
    data = encode(remitted)
    assert dict(headers_for(remitted, data)) == {
        "content-type": b"application/avro",
        "ce_specversion": b"1.0",
        "ce_id": b"00010203-0405-0607-0809-0a0b0c0d0e0f",
        "ce_source": b"/jinbao/province/44",
        "ce_type": b"jinbao.FundsRemitted.v1",
        "ce_time": b"2025-01-02T04:00:00.123456Z",
        "ce_subject": b"20212223-2425-2627-2829-2a2b2c2d2e2f",
        "ce_partitionkey": b"10111213-1415-1617-1819-1a1b1c1d1e1f",
        "ce_sha256": hashlib.sha256(data).hexdigest().encode(),
    }


def test_the_platform_is_a_source_of_its_own(received: ContactLetterReceived) -> None:
    own = with_envelope(received, sender="00")
    assert dict(headers_for(own, encode(own)))["ce_source"] == b"/jinbao/platform"


@pytest.mark.parametrize(
    ("occurred_at", "text"),
    [
        (0, b"1970-01-01T00:00:00.000000Z"),
        (-2_208_988_800_000_000, b"1900-01-01T00:00:00.000000Z"),
        (32_503_679_999_999_999, b"2999-12-31T23:59:59.999999Z"),
    ],
)
def test_every_instant_that_a_message_may_carry_has_a_time(
    received: ContactLetterReceived, occurred_at: int, text: bytes
) -> None:
    message = with_envelope(received, occurred_at=occurred_at)
    assert dict(headers_for(message, encode(message)))["ce_time"] == text


def test_the_digest_fits_its_bytes_and_no_others(remitted: FundsRemitted) -> None:
    data = encode(remitted)
    headers = headers_for(remitted, data)
    assert digest_matches(headers, data)
    for bit in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not digest_matches(headers, bytes(flipped))


def test_a_message_without_a_digest_is_taken() -> None:
    assert digest_matches((), b"anything")
    assert digest_matches((("ce_id", b"x"),), b"anything")


def test_a_digest_in_capitals_fits_and_a_second_or_broken_one_does_not() -> None:
    digest = hashlib.sha256(b"data").hexdigest().encode()
    assert digest_matches(((DIGEST, digest.upper()),), b"data")
    assert not digest_matches(((DIGEST, digest), (DIGEST, b"0" * 64)), b"data")
    assert not digest_matches(((DIGEST, b"\xff not hex"),), b"data")


@given(st.binary(min_size=16, max_size=16))
def test_a_key_names_its_relationship(relationship_id: bytes) -> None:
    assert relationship_of(bus_key(relationship_id)) == relationship_id
    assert stream_of(bus_key(relationship_id)) == ("relationship", relationship_id)
    other = bus_key(relationship_id, "bank_account")
    assert stream_of(other) == ("bank_account", relationship_id)
    assert relationship_of(other) is None
    assert other != bus_key(relationship_id)


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"00010203-0405-0607-0809-0A0B0C0D0E0F",
        b"000102030405-0607-0809-0a0b0c0d-0e0f",
        b"00010203 0405-0607-0809-0a0b0c0d0e0f",
        b"\xff0010203-0405-0607-0809-0a0b0c0d0e0",
        b"0" * 36,
        b"relationship/00010203-0405-0607-0809-0a0b0c0d0e0f",
        b"/00010203-0405-0607-0809-0a0b0c0d0e0f",
        b"\xff/00010203-0405-0607-0809-0a0b0c0d0e0f",
        b"0" * 900_000,
    ],
)
def test_a_key_of_any_other_form_names_none(key: bytes) -> None:
    assert relationship_of(key) is None
    assert stream_of(key) is None


def test_headers_have_the_shape_that_the_bus_takes() -> None:
    assert Headers == interface.Headers
