"""Decides by Avro's rules of schema resolution whether a reader's schema can read all that a writer's schema writes.

Source: Apache Avro 1.12 specification, "Schema Resolution". Stricter in one point: a logical type must stay what it
was, since the bytes would still be read, but as another instant or day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

PROMOTIONS: Mapping[str, frozenset[str]] = {
    "int": frozenset({"long", "float", "double"}),
    "long": frozenset({"float", "double"}),
    "float": frozenset({"double"}),
    "string": frozenset({"bytes"}),
    "bytes": frozenset({"string"}),
}
"""Writer's primitive type: reader's types that it may be promoted to."""
PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})

_INT, _LONG = 2**31, 2**63
_Pair = tuple[str, str]


def obstacles(writer: Any, reader: Any) -> list[str]:
    """Why `reader` cannot read everything that `writer` writes, each with the path of the field; empty where it can.

    Both are whole schemas as the registry holds them: each named type defined where it is first mentioned.
    """
    resolution = _Resolution(_definitions(writer), _definitions(reader))
    return list(resolution.obstacles(writer, reader, ""))


def invalid_defaults(schema: Any) -> list[str]:
    """Paths of the fields whose default is no value of their type (of a union's first branch)."""
    names = _definitions(schema)
    return [path for path, field in _fields(schema, "") if "default" in field and not _is_valid(field, names)]


class _Resolution:
    def __init__(self, writers: Mapping[str, Any], readers: Mapping[str, Any]) -> None:
        self._writers = writers
        self._readers = readers
        self._under_way: set[_Pair] = set()

    def obstacles(self, writer: Any, reader: Any, path: str) -> Iterator[str]:
        writer, reader = _resolved(writer, self._writers), _resolved(reader, self._readers)
        if isinstance(writer, list):
            for branch in writer:
                yield from self.obstacles(branch, reader, path)
        elif isinstance(reader, list):
            if all(any(True for _ in self.obstacles(writer, branch, path)) for branch in reader):
                yield _at(path, f"{_kind(writer)} fits no branch of the reader's union")
        elif writer["type"] != reader["type"]:
            if reader["type"] not in PROMOTIONS.get(writer["type"], ()):
                yield _at(path, f"{_kind(writer)} cannot be read as {_kind(reader)}")
            elif writer.get("logicalType") != reader.get("logicalType"):
                yield _at(path, f"{_kind(writer)} would be read as {_kind(reader)}")
        elif writer.get("logicalType") != reader.get("logicalType"):
            yield _at(path, f"{_kind(writer)} would be read as {_kind(reader)}")
        else:
            yield from self._same_type(writer, reader, path)

    def _same_type(self, writer: Any, reader: Any, path: str) -> Iterator[str]:
        kind = writer["type"]
        if kind == "array":
            yield from self.obstacles(writer["items"], reader["items"], f"{path}[]")
        elif kind == "map":
            yield from self.obstacles(writer["values"], reader["values"], f"{path}{{}}")
        elif kind in ("record", "enum", "fixed"):
            if not _same_name(writer, reader):
                yield _at(path, f"{writer['name']} cannot be read as {reader['name']}")
            elif kind == "record":
                yield from self._records(writer, reader, path)
            elif kind == "fixed" and writer["size"] != reader["size"]:
                yield _at(path, f"{writer['size']} bytes cannot be read as {reader['size']}")
            elif kind == "enum" and "default" not in reader:
                for symbol in writer["symbols"]:
                    if symbol not in reader["symbols"]:
                        yield _at(path, f"the reader has no symbol {symbol} and no default")

    def _records(self, writer: Any, reader: Any, path: str) -> Iterator[str]:
        pair = (_full_name(writer), _full_name(reader))
        if pair in self._under_way:  # a record within itself
            return
        self._under_way.add(pair)
        written = {field["name"]: field for field in writer["fields"]}
        for field in reader["fields"]:
            below = f"{path}.{field['name']}" if path else field["name"]
            names = [field["name"], *field.get("aliases", ())]
            source = next((written[name] for name in names if name in written), None)
            if source is not None:
                yield from self.obstacles(source["type"], field["type"], below)
            elif "default" not in field:
                yield _at(below, "the writer does not write it, and the reader has no default")
        self._under_way.discard(pair)


def _at(path: str, text: str) -> str:
    return f"{path}: {text}" if path else text


def _kind(schema: Any) -> str:
    logical = schema.get("logicalType")
    return f"{schema['type']} ({logical})" if logical else str(schema["type"])


def _full_name(schema: Any) -> str:
    return f"{schema['namespace']}.{schema['name']}" if schema.get("namespace") else str(schema["name"])


def _same_name(writer: Any, reader: Any) -> bool:
    """Unqualified names are compared; a reader's alias stands for its name."""
    accepted = {name.rpartition(".")[2] for name in (reader["name"], *reader.get("aliases", ()))}
    return writer["name"].rpartition(".")[2] in accepted


def _resolved(schema: Any, names: Mapping[str, Any]) -> Any:
    """A union as a list, anything else as an object whose `type` is a plain word."""
    if isinstance(schema, str):
        return {"type": schema} if schema in PRIMITIVES else names[schema.rpartition(".")[2]]
    if isinstance(schema, dict) and not isinstance(schema["type"], str):
        return _resolved(schema["type"], names)
    if isinstance(schema, dict) and schema["type"] not in PRIMITIVES and schema["type"].rpartition(".")[2] in names:
        return names[schema["type"].rpartition(".")[2]]
    return schema


def _parts(schema: Any) -> Iterator[Any]:
    """The schema and everything within it."""
    yield schema
    if isinstance(schema, list):
        for branch in schema:
            yield from _parts(branch)
    elif isinstance(schema, dict):
        inner = [schema[key] for key in ("items", "values") if key in schema]
        inner += [field["type"] for field in schema.get("fields", ())]
        if not isinstance(schema.get("type"), str):
            inner.append(schema["type"])
        for part in inner:
            yield from _parts(part)


def _definitions(schema: Any) -> dict[str, Any]:
    """Unqualified name of each named type: its definition."""
    return {
        part["name"].rpartition(".")[2]: part for part in _parts(schema) if isinstance(part, dict) and "name" in part
    }


def _fields(schema: Any, path: str) -> Iterator[tuple[str, Any]]:
    for part in _parts(schema):
        if isinstance(part, dict):
            for field in part.get("fields", ()):
                yield f"{part['name']}.{field['name']}", field


def _is_valid(field: Any, names: Mapping[str, Any]) -> bool:
    return _fits(field["default"], field["type"], names)


def _fits(value: Any, schema: Any, names: Mapping[str, Any]) -> bool:
    """True where a JSON value is a default of the schema."""
    schema = _resolved(schema, names)
    if isinstance(schema, list):
        return _fits(value, schema[0], names)
    match schema["type"]:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "int" | "long" as kind:
            limit = _INT if kind == "int" else _LONG
            return type(value) is int and -limit <= value < limit
        case "float" | "double":
            return type(value) in (int, float)
        case "string" | "bytes":
            return isinstance(value, str)
        case "fixed":
            return isinstance(value, str) and len(value) == schema["size"]
        case "enum":
            return value in schema["symbols"]
        case "array":
            return isinstance(value, list) and all(_fits(item, schema["items"], names) for item in value)
        case "map":
            return isinstance(value, dict) and all(_fits(item, schema["values"], names) for item in value.values())
        case _:
            return isinstance(value, dict) and all(
                _fits(value[f["name"]], f["type"], names) if f["name"] in value else "default" in f
                for f in schema["fields"]
            )
