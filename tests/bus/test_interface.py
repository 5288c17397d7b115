"""What every bus's records carry."""

from __future__ import annotations

from hypothesis import given, strategies as st

from jinbao.bus.interface import NO_HEADERS, BusRecord, Headers, pack_headers, unpack_headers


@given(st.lists(st.tuples(st.text(), st.binary()), max_size=20).map(tuple))
def test_headers_come_out_of_their_piece_as_they_went_in_repeated_names_too(headers: Headers) -> None:
    twice = headers + headers
    assert unpack_headers(pack_headers(twice)) == twice
    assert BusRecord("t", 0, 0, b"", b"", pack_headers(twice), 0).headers == twice


def test_a_record_without_headers_has_none() -> None:
    assert pack_headers(()) == pack_headers([]) == NO_HEADERS
    assert BusRecord("t", 0, 0, b"", b"", NO_HEADERS, 0).headers == ()
