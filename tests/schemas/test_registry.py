"""The folder is the registry: fingerprints as the specification computes them, versions by name, errors by file."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastavro import parse_schema, schemaless_reader

from jinbao.schemas.codec import encode
from jinbao.schemas.messages import FundsRemitted, InformationSheetSent
from jinbao.schemas.registry import AVRO, SchemaError, load_registry, schema_files, shipped_registry

PRIMITIVES = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}


def canonical(schema: Any) -> str:
    """Parsing canonical form by the specification's rules, written independently of the library."""
    if isinstance(schema, str):
        return json.dumps(schema if schema in PRIMITIVES or "." in schema else f"jinbao.{schema}")
    if isinstance(schema, list):
        return "[" + ",".join(canonical(branch) for branch in schema) + "]"
    kind = schema["type"]
    if kind in PRIMITIVES:
        return json.dumps(kind)
    if kind == "array":
        return f'{{"type":"array","items":{canonical(schema["items"])}}}'
    head = f'"name":"jinbao.{schema["name"]}","type":"{kind}"'
    if kind == "fixed":
        return f'{{{head},"size":{schema["size"]}}}'
    if kind == "enum":
        return f'{{{head},"symbols":{json.dumps(schema["symbols"], separators=(",", ":"))}}}'
    fields = ",".join(f'{{"name":"{f["name"]}","type":{canonical(f["type"])}}}' for f in schema["fields"])
    return f'{{{head},"fields":[{fields}]}}'


def crc64_avro(data: bytes) -> int:
    """The specification's Rabin fingerprint."""
    empty = 0xC15D213AA4D7A795
    value = empty
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ (empty & -(value & 1))
    return value


def test_the_fingerprint_is_the_specifications() -> None:
    assert crc64_avro(b'"int"') == 0x7275D51A3F395C8F  # the value that the specification's implementations give
    for release in shipped_registry().releases:
        assert release.fingerprint == crc64_avro(canonical(release.schema).encode()).to_bytes(8, "little"), release.file


def test_every_file_is_loaded_and_every_message_has_its_own_fingerprint() -> None:
    registry = shipped_registry()
    assert sorted(r.file for r in registry.releases) == schema_files(AVRO)
    assert len(registry.by_fingerprint) == sum(r.is_message for r in registry.releases)
    for name, release in registry.newest.items():
        assert release == registry.versions(name)[-1]


def in_order(file: str) -> Any:
    """What a program in any language does: read the files that `requires` lists, in order, then the file itself."""
    raw = json.loads((AVRO / file).read_text(encoding="utf-8"))
    named: dict[str, Any] = {}
    for required in raw.get("requires", []):
        parse_schema(json.loads((AVRO / required).read_text(encoding="utf-8")), named_schemas=named)
    return parse_schema(raw, named_schemas=named)


@pytest.mark.parametrize("file", schema_files(AVRO))
def test_the_files_can_be_read_in_the_order_that_they_require(file: str) -> None:
    assert in_order(file)["name"] == f"jinbao.{file.rpartition('/')[2].partition('.')[0]}"


def test_a_plain_avro_reader_reads_our_bytes_with_its_logical_types(
    remitted: FundsRemitted, sheet: InformationSheetSent
) -> None:
    read: Any = schemaless_reader(BytesIO(encode(remitted)[10:]), in_order("FundsRemitted.v1.avsc"), None)
    assert read["remitted_on"] == remitted.remitted_on
    assert read["envelope"]["occurred_at"].isoformat() == "2025-01-02T04:00:00.123456+00:00"
    assert read["amount"] == 3_309_425
    read = schemaless_reader(BytesIO(encode(sheet)[10:]), in_order(_newest("InformationSheetSent")), None)
    assert [row["year"] for row in read["rows"]] == [2017, 2018, 2019]


def _newest(name: str) -> str:
    return max((f for f in schema_files(AVRO) if f.startswith(f"{name}.v")), key=lambda f: int(f.split(".")[1][1:]))


def write(folder: Path, file: str, **schema: Any) -> None:
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text(json.dumps({"type": "record", "namespace": "jinbao", "fields": [], **schema}))


def text_field(kind: Any) -> list[dict[str, Any]]:
    return [{"name": "it", "type": kind}]


@pytest.mark.parametrize(
    ("file", "schema", "reason"),
    [
        ("Thing.avsc", {"name": "Thing"}, "Name.vN.avsc"),
        ("thing.v1.avsc", {"name": "thing"}, "Name.vN.avsc"),
        ("Thing.v0.avsc", {"name": "Thing"}, "Name.vN.avsc"),
        ("Thing.v1.avsc", {"name": "Other"}, "must be called Thing"),
        ("Thing.v1.avsc", {"name": "Thing", "namespace": "else"}, "namespace jinbao"),
        ("Thing.v1.avsc", {"name": "Thing", "type": "string"}, "one record, enum or fixed"),
        ("Thing.v1.avsc", {"name": "Thing", "requires": "types/Id.v1.avsc"}, "list of file names"),
        (
            "Thing.v1.avsc",
            {"name": "Thing", "requires": ["types/Lost.v1.avsc"]},
            "types/Lost.v1.avsc: the file is miss",
        ),
        ("Thing.v1.avsc", {"name": "Thing", "fields": text_field("jinbao.Id")}, "no file in `requires` defines"),
        ("Thing.v1.avsc", {"name": "Thing", "fields": text_field("strin")}, "not a valid Avro schema"),
        ("Thing.v1.avsc", {"name": "Thing", "fields": text_field(5)}, "not a schema"),
        ("Thing.v1.avsc", {"name": "Thing", "fields": [{"name": "it"}]}, "each with a name and a type"),
        ("Thing.v1.avsc", {"name": "Thing", "fields": 5}, "each with a name and a type"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(
    tmp_path: Path, file: str, schema: dict[str, Any], reason: str
) -> None:
    write(tmp_path, file, **schema)
    with pytest.raises(SchemaError, match=reason):
        load_registry(tmp_path)


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "Thing.v1.avsc").write_text("{")
    with pytest.raises(SchemaError, match=r"Thing\.v1\.avsc: not JSON"):
        load_registry(tmp_path)


def test_a_required_type_is_defined_once_and_named_after_that(tmp_path: Path) -> None:
    write(tmp_path, "types/Id.v1.avsc", name="Id", type="fixed", size=16)
    both = [{"name": n, "type": "jinbao.Id"} for n in ("first", "second")]
    write(tmp_path, "Thing.v1.avsc", name="Thing", requires=["types/Id.v1.avsc"], fields=both)
    (thing,) = load_registry(tmp_path).versions("Thing")
    first, second = (field["type"] for field in thing.schema["fields"])
    assert first["size"] == 16
    assert second == "jinbao.Id"
