"""The Structs of `schemas/messages` and the newest schema files say the same, field by field."""

from __future__ import annotations

import types
import typing
from datetime import date
from typing import Any

import msgspec
import pytest

from jinbao.schemas import messages
from jinbao.schemas.messages import MESSAGES
from jinbao.schemas.registry import shipped_registry

AVRO_INT = range(-(2**31), 2**31)
AVRO_LONG = range(-(2**63), 2**63)


def disagreements(kind: Any, schema: Any, defined: dict[str, Any], path: str) -> list[str]:
    """Paths at which a Python type and an Avro schema differ."""
    if isinstance(schema, str) and schema.startswith("jinbao."):
        schema = defined[schema]
    if isinstance(schema, dict) and "name" in schema:
        defined[f"jinbao.{schema['name']}"] = schema
    avro = schema if isinstance(schema, (str, list)) else schema["type"]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        if not isinstance(schema, list) or schema[0] != "null" or len(schema) != 2:
            return [f"{path}: may be None, but the schema is {schema}"]
        (inner,) = (argument for argument in arguments if argument is not type(None))
        return disagreements(inner, schema[1], defined, path)
    if origin is list:
        return (
            disagreements(arguments[0], schema["items"], defined, f"{path}[]")
            if avro == "array"
            else [f"{path}: {avro}"]
        )
    if origin is typing.Literal:
        same = avro == "string" if "110" in arguments else avro == "enum" and tuple(schema["symbols"]) == arguments
        return [] if same else [f"{path}: {arguments} against {schema}"]
    if kind is bool:
        return [] if avro == "boolean" else [f"{path}: a truth value against {schema}"]
    if kind is date:
        return [] if schema == {"type": "int", "logicalType": "date"} else [f"{path}: a day against {schema}"]
    if origin is typing.Annotated:
        return [] if fits_limits(kind, schema, avro) else [f"{path}: {kind} against {schema}"]
    return record_disagreements(kind, schema, defined, path)


def fits_limits(kind: Any, schema: Any, avro: Any) -> bool:
    base, limits = kind.__origin__, kind.__metadata__[0]
    if base in (int, messages.Fen):
        is_instant = kind is messages.Instant
        fits_int = limits.ge in AVRO_INT and limits.le in AVRO_INT
        logical = schema.get("logicalType") if isinstance(schema, dict) else None
        return (
            limits.ge in AVRO_LONG
            and limits.le in AVRO_LONG
            and (
                (avro, logical) == ("long", "timestamp-micros")
                if is_instant
                else avro == ("int" if fits_int else "long")
            )
        )
    if base is bytes:
        is_id = limits.min_length == limits.max_length
        return (avro == "fixed" and schema["size"] == limits.max_length) if is_id else avro == "bytes"
    return base is str and avro == "string"


def record_disagreements(kind: Any, schema: Any, defined: dict[str, Any], path: str) -> list[str]:
    hints = typing.get_type_hints(kind, include_extras=True)
    struct_fields = msgspec.structs.fields(kind)
    avro_fields = schema["fields"]
    if schema["name"] != kind.__name__ or [f.name for f in struct_fields] != [f["name"] for f in avro_fields]:
        return [f"{path}: {kind.__name__} and {schema['name']} have other fields"]
    found = []
    for field, avro_field in zip(struct_fields, avro_fields, strict=True):
        below = f"{path}.{field.name}"
        if not avro_field.get("doc"):
            found.append(f"{below}: no documentation")
        if field.required != ("default" not in avro_field):
            found.append(f"{below}: optional on one side only")
        if not field.required and field.default != avro_field.get("default"):
            found.append(f"{below}: another default")
        found += disagreements(hints[field.name], avro_field["type"], defined, below)
    return found


@pytest.mark.parametrize("kind", MESSAGES)
def test_the_newest_schema_of_a_message_agrees_with_its_struct(kind: Any) -> None:
    assert disagreements(kind, shipped_registry().newest[kind.NAME].schema, {}, kind.NAME) == []


def test_every_message_has_a_schema_and_every_schema_a_message() -> None:
    assert set(shipped_registry().newest) == {kind.NAME for kind in MESSAGES}  # type: ignore[attr-defined]


def test_messages_are_called_by_their_class_and_optional_fields_come_last() -> None:
    for kind in MESSAGES:
        assert kind.__name__ == kind.NAME  # type: ignore[attr-defined]
        required = [field.required for field in msgspec.structs.fields(kind)]
        assert required == sorted(required, reverse=True)
