"""Loads the folder of released Avro schemas as the registry: fingerprint to writer schema, newest version per name.

A schema file is called `Name.vN.avsc`. Named types that several messages share lie in `types/`; a file lists those it
needs, in the order in which they must be read, in its attribute `requires` (which Avro ignores).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from fastavro import parse_schema
from fastavro.schema import SchemaParseException, UnknownType, fingerprint, to_parsing_canonical_form

from jinbao.language.words import BilingualError

AVRO = Path(__file__).parent / "avro"
"""The folder of released schemas that this program speaks."""
NAMESPACE = "jinbao"
FILE_NAME = re.compile(r"(?P<name>[A-Z][A-Za-z0-9]*)\.v(?P<version>[1-9][0-9]*)\.avsc\Z")

_NAMED = frozenset({"record", "enum", "fixed"})


class SchemaError(BilingualError):
    """A schema file that cannot be used: which one, and why."""

    def __init__(self, file: str, zh: str, en: str) -> None:
        super().__init__(f"{file}: {zh}", f"{file}: {en}")
        self.file = file
        self.text = en


@dataclass(frozen=True, slots=True)
class Release:
    """One version of one named schema."""

    name: str
    version: int
    file: str
    """Path within the folder, with forward slashes."""
    fingerprint: bytes
    """CRC-64-AVRO of the canonical form with all named types inlined; 8 bytes, least significant first."""
    schema: dict[str, Any] = field(repr=False, compare=False)
    """The schema with all named types inlined."""

    @property
    def is_message(self) -> bool:
        """True for a message, False for a type that messages share."""
        return "/" not in self.file


@dataclass(frozen=True)
class Registry:
    """Every release in the folder, shared types included, sorted by name and version."""

    releases: tuple[Release, ...]

    @cached_property
    def by_fingerprint(self) -> Mapping[bytes, Release]:
        """The message whose writer schema has this fingerprint."""
        return {r.fingerprint: r for r in self.releases if r.is_message}

    @cached_property
    def newest(self) -> Mapping[str, Release]:
        """The newest version of each message."""
        return {r.name: r for r in self.releases if r.is_message}

    def versions(self, name: str) -> tuple[Release, ...]:
        """All versions of one message or shared type, oldest first."""
        return tuple(r for r in self.releases if r.name == name)


def schema_files(folder: Path) -> list[str]:
    """Paths of all schema files within the folder, with forward slashes, sorted."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.avsc"))


def load_registry(folder: Path = AVRO) -> Registry:
    """Read all schema files of the folder. Raises SchemaError at the first one that cannot be used."""
    releases = [load_release(folder, file) for file in schema_files(folder)]
    return Registry(tuple(sorted(releases, key=lambda r: (r.name, r.version))))


@cache
def shipped_registry() -> Registry:
    """The registry of this program's own schemas, read once."""
    return load_registry()


def load_release(folder: Path, file: str) -> Release:
    """Read one schema file with the types that it requires. Raises SchemaError."""
    match = FILE_NAME.match(file.rpartition("/")[2])
    if match is None:
        raise SchemaError(
            file,
            "模式文件名应为 Name.vN.avsc，如 FundsRemitted.v2.avsc",
            "a schema file is called Name.vN.avsc, e.g. FundsRemitted.v2.avsc",
        )
    raw = _read(folder, file)
    if raw.get("name") != match["name"] or raw.get("namespace") != NAMESPACE:
        raise SchemaError(
            file,
            f"模式应名为 {match['name']}，在命名空间 {NAMESPACE} 中",
            f"the schema must be called {match['name']} in the namespace {NAMESPACE}",
        )
    schema: dict[str, Any] = _inline(raw, dict(_required(folder, file, raw)), set(), file)
    return Release(match["name"], int(match["version"]), file, fingerprint_of(schema, file), schema)


def fingerprint_of(schema: dict[str, Any], file: str) -> bytes:
    """CRC-64-AVRO of a schema with all named types inlined, least significant byte first. Raises SchemaError."""
    try:
        canonical = to_parsing_canonical_form(parse_schema(schema, _write_hint=False))
    except (SchemaParseException, UnknownType, ValueError) as error:
        raise SchemaError(file, f"不是有效的 Avro 模式：{error}", f"not a valid Avro schema: {error}") from None
    return bytes.fromhex(fingerprint(canonical, "CRC-64-AVRO"))


def without_logical_types(schema: Any) -> Any:
    """The same schema with every logical type left out: equal bytes and fingerprint, plain integers in Python."""
    if isinstance(schema, dict):
        return {k: without_logical_types(v) for k, v in schema.items() if k != "logicalType"}
    if isinstance(schema, list):
        return [without_logical_types(s) for s in schema]
    return schema


def _read(folder: Path, file: str) -> dict[str, Any]:
    try:
        raw = json.loads((folder / file).read_bytes())
    except FileNotFoundError:
        raise SchemaError(file, "没有这个文件", "the file is missing") from None
    except ValueError as error:
        raise SchemaError(file, f"不是 JSON：{error}", f"not JSON: {error}") from None
    if not isinstance(raw, dict) or raw.get("type") not in _NAMED:
        raise SchemaError(
            file, "一个模式文件只有一个 record、enum 或 fixed", "a schema file holds one record, enum or fixed"
        )
    return raw


def _required(folder: Path, file: str, raw: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Full name and definition of each type that the file requires."""
    requires = raw.get("requires", [])
    if not isinstance(requires, list) or not all(isinstance(path, str) for path in requires):
        raise SchemaError(file, "`requires` 应为文件名的列表", "`requires` is a list of file names")
    for path in requires:
        definition = _read(folder, path)
        yield f"{definition.get('namespace')}.{definition.get('name')}", definition


def _inline(schema: Any, definitions: Mapping[str, Any], seen: set[str], file: str) -> Any:
    """Replace the first mention of each required type by its definition; later mentions stay names."""
    if isinstance(schema, str):
        if schema in definitions and schema not in seen:
            return _inline(definitions[schema], definitions, seen, file)
        if "." in schema and schema not in seen:
            raise SchemaError(
                file,
                f"用到 {schema}，而 `requires` 中没有文件定义它",
                f"uses {schema}, which no file in `requires` defines",
            )
        return schema
    if isinstance(schema, list):
        return [_inline(s, definitions, seen, file) for s in schema]
    if not isinstance(schema, dict):
        raise SchemaError(file, f"不是模式：{schema!r}", f"not a schema: {schema!r}")
    if schema.get("type") in _NAMED:
        seen.add(f"{NAMESPACE}.{schema.get('name')}")
    inlined = {k: v for k, v in schema.items() if k != "requires"}
    if "fields" in schema:
        fields = schema["fields"]
        if not isinstance(fields, list) or not all(isinstance(f, dict) and "type" in f for f in fields):
            raise SchemaError(
                file,
                "`fields` 应为对象的列表，各有 name 和 type",
                "`fields` is a list of objects, each with a name and a type",
            )
        inlined["fields"] = [{**f, "type": _inline(f["type"], definitions, seen, file)} for f in fields]
    for key in ("items", "values"):
        if key in schema:
            inlined[key] = _inline(schema[key], definitions, seen, file)
    if schema.get("type") not in _NAMED and isinstance(schema.get("type"), (dict, list)):
        inlined["type"] = _inline(schema["type"], definitions, seen, file)
    return inlined
