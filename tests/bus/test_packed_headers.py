"""Headers in one piece: the same in either form, seen and unpacked."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from kafka.record import MemoryRecords, MemoryRecordsBuilder

from jinbao.bus.interface import BusRecord
from jinbao.bus.kafka_records import records_of
from jinbao.bus.packed_headers import (
    NO_HEADERS,
    Headers,
    ends_with_its_only,
    names_header,
    pack_headers,
    unpack_headers,
)


@given(st.lists(st.tuples(st.text(), st.binary()), max_size=20).map(tuple))
def test_headers_come_out_of_their_piece_as_they_went_in_repeated_names_too(headers: Headers) -> None:
    twice = headers + headers
    assert unpack_headers(pack_headers(twice)) == twice
    assert BusRecord("t", 0, 0, b"", b"", pack_headers(twice), 0).headers == twice


def test_a_record_without_headers_has_none() -> None:
    assert pack_headers(()) == pack_headers([]) == NO_HEADERS
    assert BusRecord("t", 0, 0, b"", b"", NO_HEADERS, 0).headers == ()


OURS = ("digest", b"0123")


def test_our_own_header_at_the_end_is_seen_without_unpacking() -> None:
    assert ends_with_its_only(pack_headers((("a", b"x"), OURS)), *OURS)
    assert not ends_with_its_only(pack_headers((OURS, ("a", b"x"))), *OURS), "it is not the last"
    assert not ends_with_its_only(pack_headers((("digest", b"other"), OURS)), *OURS), "another one says otherwise"
    assert not ends_with_its_only(pack_headers((("a", b"x"), ("digest", b"0124"))), *OURS)
    assert not ends_with_its_only(NO_HEADERS, *OURS)


@given(st.lists(st.tuples(st.sampled_from(["digest", "dig", "a"]), st.sampled_from([b"0123", b"digest", b""]))))
def test_what_is_seen_without_unpacking_is_so(headers: list[tuple[str, bytes]]) -> None:
    packed = pack_headers(headers)
    if any(name == "digest" for name, _ in headers):
        assert names_header(packed, "digest")
    if ends_with_its_only(packed, *OURS):
        assert [value for name, value in headers if name == "digest"] == [b"0123"]


def in_kafkas_form(headers) -> bytes:
    builder = MemoryRecordsBuilder(2, 0, 1 << 24)
    builder.append(timestamp=0, key=b"", value=b"", headers=list(headers))
    builder.close()
    (record,) = records_of("t", 0, MemoryRecords(bytes(builder.buffer())).next_batch())
    return record.packed_headers


@given(st.lists(st.tuples(st.text(max_size=90), st.binary(max_size=300)), max_size=80).map(tuple))
def test_headers_stay_as_kafka_has_them_until_they_are_asked_for(headers: Headers) -> None:
    assert unpack_headers(in_kafkas_form(headers)) == headers


@given(st.lists(st.tuples(st.sampled_from(["digest", "dig", "a"]), st.sampled_from([b"0123", b"digest", b""]))))
def test_what_is_seen_without_unpacking_is_so_in_kafkas_form_too(headers: list[tuple[str, bytes]]) -> None:
    packed = in_kafkas_form(headers)
    assert ends_with_its_only(packed, *OURS) == ends_with_its_only(pack_headers(headers), *OURS)
    assert names_header(packed, "digest") == names_header(pack_headers(headers), "digest")


def test_a_long_digest_at_the_end_is_seen_in_kafkas_form() -> None:
    ours = ("digest", b"0" * 64)
    assert ends_with_its_only(in_kafkas_form((("a", b"x"), ours)), *ours)


def test_a_name_that_is_no_text_hides_no_other_header() -> None:
    assert unpack_headers(b"\x04\x02\xff\x02x\x02a\x02y") == (("\ufffd", b"x"), ("a", b"y"))


@pytest.mark.parametrize("broken", [b"\x04\x02a\x02x", b"\x02\x02a\x02xy", b"\x02\x7f"])
def test_what_are_no_headers_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match="headers"):
        unpack_headers(broken)
