"""What every bus's records carry."""

from __future__ import annotations

from hypothesis import given, strategies as st

from jinbao.bus.interface import (
    NO_HEADERS,
    BusRecord,
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
