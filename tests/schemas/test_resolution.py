"""Avro's rules of schema resolution, held against what fastavro does and what Apache Avro's checker says."""

from __future__ import annotations

import json
from io import BytesIO
from itertools import permutations
from typing import Any

import avro.schema
import pytest
from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from fastavro import parse_schema, schemaless_reader, schemaless_writer

from jinbao.schemas.registry import shipped_registry
from jinbao.schemas.resolution import invalid_defaults, obstacles


def record(*fields: dict[str, Any], name: str = "Thing", **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "namespace": "jinbao", "fields": list(fields), **more}


def field(kind: Any, name: str = "it", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def enum(*symbols: str, **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "Kind", "namespace": "jinbao", "symbols": list(symbols), **more}


def fixed(size: int, name: str = "Id") -> dict[str, Any]:
    return {"type": "fixed", "name": name, "namespace": "jinbao", "size": size}


DATE = {"type": "int", "logicalType": "date"}
NESTED = record(field(["null", "jinbao.Thing"], default=None), field("int", "number"))

READABLE: list[tuple[Any, Any, Any]] = [
    ("int", "int", 5),
    ("int", "long", 5),
    ("int", "double", 5),
    ("long", "float", 5),
    ("float", "double", 0.5),
    ("string", "bytes", "text"),
    ("bytes", "string", b"text"),
    (DATE, {"type": "int", "logicalType": "date"}, 5),
    ({"type": "array", "items": "int"}, {"type": "array", "items": "long"}, [1, 2]),
    ({"type": "map", "values": "int"}, {"type": "map", "values": "long"}, {"a": 1}),
    (fixed(4), fixed(4), b"abcd"),
    (enum("A", "B"), enum("C", "B", "A"), "A"),
    (enum("A", "B"), enum("B", default="B"), "A"),
    ("int", ["null", "int"], 5),
    ("int", ["null", "long"], 5),
    (["null", "int"], ["int", "null"], None),
    (["int"], "long", 5),
    (record(field("int"), field("string", "gone")), record(field("int")), {"it": 1, "gone": "x"}),
    (record(field("int")), record(field("int"), field("int", "more", default=0)), {"it": 1}),
    (record(field("int")), record(field("int", "renamed", aliases=["it"])), {"it": 1}),
    (record(field("int"), name="Old"), record(field("int"), aliases=["Old"]), {"it": 1}),
    (NESTED, NESTED, {"it": {"it": None, "number": 1}, "number": 2}),
]

UNREADABLE: list[tuple[Any, Any, Any, str]] = [
    ("long", "int", 5, "long cannot be read as int"),
    ("string", "int", "x", "string cannot be read as int"),
    ("null", "int", None, "null cannot be read as int"),
    ({"type": "array", "items": "string"}, {"type": "array", "items": "int"}, ["x"], "[]: string cannot"),
    ({"type": "map", "values": "string"}, {"type": "map", "values": "int"}, {"a": "x"}, "{}: string cannot"),
    ("int", {"type": "array", "items": "int"}, 5, "int cannot be read as array"),
    (fixed(4), fixed(5), b"abcd", "4 bytes cannot be read as 5"),
    (fixed(4), fixed(4, "Other"), b"abcd", "Id cannot be read as Other"),
    (enum("A", "B"), enum("A"), "B", "no symbol B and no default"),
    ("int", ["null", "string"], 5, "int fits no branch"),
    (["null", "int"], "int", None, "null cannot be read as int"),
    (["null", "int", "string"], ["null", "int"], "x", "string fits no branch"),
    (record(field("int")), record(field("int"), field("int", "more")), {"it": 1}, "more: the writer does not write it"),
    (record(field("int"), name="Old"), record(field("int")), {"it": 1}, "Old cannot be read as Thing"),
    (
        record(field(record(field("string", "deep"), name="Inner"))),
        record(field(record(field("int", "deep"), name="Inner"))),
        {"it": {"deep": "x"}},
        "it.deep: string cannot be read as int",
    ),
    (
        record(field({"type": "array", "items": record(field("string", "deep"), name="Inner")}, "rows")),
        record(field({"type": "array", "items": record(field("int", "deep"), name="Inner")}, "rows")),
        {"rows": [{"deep": "x"}]},
        "rows[].deep: string",
    ),
    (
        NESTED,
        record(field(["null", "jinbao.Thing"], default=None), field("string", "number")),
        {"it": None, "number": 2},
        "number: int cannot be read as string",
    ),
]

OTHER_MEANING: list[tuple[Any, Any]] = [
    (DATE, "int"),
    ("int", DATE),
    (DATE, "long"),
    ({"type": "long", "logicalType": "timestamp-micros"}, {"type": "long", "logicalType": "timestamp-millis"}),
    ("long", {"type": "long", "logicalType": "timestamp-micros"}),
]


def library_reads(writer: Any, reader: Any, datum: Any) -> bool:
    stream = BytesIO()
    schemaless_writer(stream, parse_schema(writer), datum)
    stream.seek(0)
    try:
        schemaless_reader(stream, parse_schema(writer), parse_schema(reader))
    except Exception:
        return False
    return True


def apache_reads(writer: Any, reader: Any) -> bool:
    """The verdict of Apache Avro's own checker, which knows no logical types."""
    schemas = (avro.schema.parse(json.dumps(schema)) for schema in (reader, writer))
    verdict = ReaderWriterCompatibilityChecker().get_compatibility(*schemas).compatibility
    return verdict is SchemaCompatibilityType.compatible


@pytest.mark.parametrize(("writer", "reader", "datum"), READABLE)
def test_readable_pairs_are_found_readable_and_are_read(writer: Any, reader: Any, datum: Any) -> None:
    assert obstacles(writer, reader) == []
    assert library_reads(writer, reader, datum)
    # An alias without a namespace is one of the reader's own (specification, "Aliases"); Apache's checker misses it.
    assert apache_reads(writer, reader) or reader.get("aliases") == ["Old"]


@pytest.mark.parametrize(("writer", "reader", "datum", "reason"), UNREADABLE)
def test_unreadable_pairs_are_found_with_the_field_and_are_not_read(
    writer: Any, reader: Any, datum: Any, reason: str
) -> None:
    found = obstacles(writer, reader)
    assert len(found) == 1
    assert reason in found[0]
    assert not library_reads(writer, reader, datum)
    assert not apache_reads(writer, reader)


NAMES = sorted({release.name for release in shipped_registry().releases if release.version > 1})


@pytest.mark.parametrize("name", NAMES)
def test_apache_avro_says_of_our_releases_what_we_say(name: str) -> None:
    for writer, reader in permutations(shipped_registry().versions(name), 2):
        assert apache_reads(writer.schema, reader.schema) == (obstacles(writer.schema, reader.schema) == [])


@pytest.mark.parametrize(("writer", "reader"), OTHER_MEANING)
def test_a_logical_type_keeps_its_meaning(writer: Any, reader: Any) -> None:
    (found,) = obstacles(record(field(writer)), record(field(reader)))
    assert found.startswith("it: ")
    assert "would be read as" in found
    assert apache_reads(record(field(writer)), record(field(reader))), "why the check of logical types is ours"


def test_every_obstacle_is_found_not_only_the_first() -> None:
    found = obstacles(record(field("string", "a"), field("string", "b")), record(field("int", "a"), field("int", "b")))
    assert [text.partition(":")[0] for text in found] == ["a", "b"]


INNER = record(field("int", "a"), field("int", "b", default=1), name="Inner")


@pytest.mark.parametrize(
    ("kind", "default", "valid"),
    [
        ("null", None, True),
        ("int", 2**31 - 1, True),
        ("int", 2**31, False),
        ("int", True, False),
        ("int", 1.0, False),
        ("long", 2**62, True),
        ("double", 1, True),
        ("double", "1", False),
        ("boolean", False, True),
        ("boolean", 0, False),
        ("string", "x", True),
        ("string", None, False),
        (["null", "string"], None, True),
        (["null", "string"], "x", False),
        (["string", "null"], "x", True),
        (fixed(2), "ab", True),
        (fixed(2), "abc", False),
        (enum("A"), "A", True),
        (enum("A"), "B", False),
        ({"type": "array", "items": "int"}, [1], True),
        ({"type": "array", "items": "int"}, ["x"], False),
        ({"type": "map", "values": "int"}, {"a": 1}, True),
        ({"type": "map", "values": "int"}, {"a": None}, False),
        (INNER, {"a": 1}, True),
        (INNER, {"b": 1}, False),
        (INNER, {"a": "x"}, False),
        (DATE, 5, True),
    ],
)
def test_a_default_is_a_value_of_its_type(kind: Any, default: Any, valid: bool) -> None:
    assert invalid_defaults(record(field(kind, default=default))) == ([] if valid else ["Thing.it"])
