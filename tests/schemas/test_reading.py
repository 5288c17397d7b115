"""The written-out readers read what Avro's general reader reads."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from hypothesis import given, settings, strategies as st

from jinbao.schemas.reading import UnknownToReader, reader
from jinbao.schemas.registry import shipped_registry, without_logical_types

START = 3
BROKEN = (EOFError, IndexError, ValueError, OverflowError)
SCHEMAS = {name: parse_schema(without_logical_types(r.schema)) for name, r in shipped_registry().newest.items()}
READERS = {name: reader(schema, START) for name, schema in SCHEMAS.items()}
EVERY_TYPE: Any = parse_schema(
    {
        "type": "record",
        "name": "Everything",
        "fields": [
            {"name": "nothing", "type": "null"},
            {"name": "yes", "type": "boolean"},
            {"name": "small", "type": "int"},
            {"name": "large", "type": "long"},
            {"name": "text", "type": "string"},
            {"name": "raw", "type": "bytes"},
            {"name": "id", "type": {"type": "fixed", "name": "Two", "size": 2}},
            {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["a", "b", "c"]}},
            {"name": "same", "type": ["null", "Kind", "long", {"type": "array", "items": "Two"}]},
            {"name": "lists", "type": {"type": "array", "items": {"type": "array", "items": "string"}}},
        ],
    }
)
READ_EVERY_TYPE = reader(EVERY_TYPE, START)
longs = st.integers(-(2**63), 2**63 - 1)
kinds = st.sampled_from("abc")
everything = st.fixed_dictionaries(
    {
        "nothing": st.none(),
        "yes": st.booleans(),
        "small": st.integers(-(2**31), 2**31 - 1),
        "large": longs,
        "text": st.text(max_size=200),
        "raw": st.binary(max_size=200),
        "id": st.binary(min_size=2, max_size=2),
        "kind": kinds,
        "same": st.none() | kinds | longs | st.lists(st.binary(min_size=2, max_size=2), max_size=3),
        "lists": st.lists(st.lists(st.text(max_size=3), max_size=3), max_size=3),
    }
)


def by_library(schema: Any, data: bytes) -> Any:
    stream = BytesIO(data)
    found = schemaless_reader(stream, schema, None)
    if stream.tell() != len(data):
        raise ValueError("bytes are left over")
    return found


@settings(deadline=None)
@given(everything)
def test_every_type_of_avro_that_messages_use_is_read(datum: dict[str, Any]) -> None:
    stream = BytesIO()
    schemaless_writer(stream, EVERY_TYPE, datum)
    data = stream.getvalue()
    assert READ_EVERY_TYPE(b"..." + data) == datum == by_library(EVERY_TYPE, data)
    for end in range(len(data)):
        with pytest.raises(BROKEN):
            READ_EVERY_TYPE(b"..." + data[:end])


@pytest.mark.parametrize("kind", ["int", "long"])
def test_numbers_of_every_length_are_read(kind: str) -> None:
    schema: Any = parse_schema({"type": "record", "name": "N", "fields": [{"name": "n", "type": "long"}]})
    read = reader({**schema, "fields": [{"name": "n", "type": kind}]}, 0)
    for bits in range(63):
        for number in (1 << bits, (1 << bits + 1) - 1, -(1 << bits), -(1 << bits + 1)):
            stream = BytesIO()
            schemaless_writer(stream, schema, {"n": number})
            assert read(stream.getvalue()) == {"n": number}, "the limits of an int are the message's to check"


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SCHEMAS)), st.binary(max_size=300))
def test_whatever_is_read_from_any_bytes_the_library_reads_too(name: str, data: bytes) -> None:
    try:
        found = READERS[name](b"..." + data)
    except BROKEN:
        return
    assert found == by_library(SCHEMAS[name], data)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x80" * 10 + b"\x00", "a number without end"),
        (b"\xff" * 9 + b"\x7f", "a number of more than 64 bits"),
        (b"\x01", "a negative length"),
        (b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", "a length beyond all bytes"),
    ],
)
def test_a_length_that_no_bytes_can_have_is_refused(data: bytes, what: str) -> None:
    schema: Any = parse_schema({"type": "record", "name": "S", "fields": [{"name": "s", "type": "string"}]})
    with pytest.raises(BROKEN):
        reader(schema, 0)(data)


def test_an_array_in_blocks_of_known_size_is_read() -> None:
    schema: Any = parse_schema(
        {"type": "record", "name": "A", "fields": [{"name": "a", "type": {"type": "array", "items": "int"}}]}
    )
    blocks = b"\x03\x04\x02\x04" + b"\x02\x06" + b"\x00"  # two items in two bytes, then one, then the end
    assert reader(schema, 0)(blocks) == {"a": [1, 2, 3]} == by_library(schema, blocks)


def test_a_schema_of_other_types_is_left_to_the_library() -> None:
    with pytest.raises(UnknownToReader):
        reader({"type": "record", "name": "M", "fields": [{"name": "m", "type": {"type": "map", "values": "int"}}]}, 0)
