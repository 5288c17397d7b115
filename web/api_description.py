"""The description of the API, `/openapi.json`: parameters from a page's query, answers from what it returns."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, get_type_hints

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from jinbao.web.page import LEAST, MOST, Action, Download, Page

_REFERENCE = "#/components/schemas/{name}"
_REFUSED = {
    "description": "refused: who signs in and what may be seen are the same as on the page",
    "content": {"application/json": {"schema": {"type": "object", "properties": {"error": {"type": "string"}}}}},
}


def described(page: Page) -> dict[str, Any]:
    """What the API says of a page."""
    answer = {"description": page.title, "content": {"application/json": {"schema": _answered(_returned(page))}}}
    return {
        "summary": page.title,
        "parameters": [_parameter(page.path, field) for field in _fields(page.query)],
        "responses": {"200": answer, **_no()},
    }


def described_download(download: Download) -> dict[str, Any]:
    """What the API says of a file."""
    file = {"description": "the file", "content": {download.kind: {"schema": {"type": "string", "format": "binary"}}}}
    return {
        "parameters": [_parameter(download.path, field) for field in _fields(download.query)],
        "responses": {"200": file, **_no()},
    }


def described_action(action: Action) -> dict[str, Any]:
    """What the API says of an action."""
    fields = [field for field in _fields(action.form) if f"{{{field.encode_name}}}" not in action.path]
    properties = {field.encode_name: _asked(field.type) for field in fields}
    required = [field.encode_name for field in fields if field.required]
    schema = {"type": "object", "properties": properties, "required": required}
    in_path = [f for f in _fields(action.form) if f not in fields]
    return {
        "parameters": [_parameter(action.path, field) for field in in_path],
        "requestBody": {"required": bool(required), "content": {"application/json": {"schema": schema}}},
        "responses": _no(),
    }


def description(api: FastAPI, pages: Sequence[Page]) -> dict[str, Any]:
    """The whole document."""
    if api.openapi_schema is None:
        schema = get_openapi(title=api.title, version=api.version, routes=api.routes)
        _, parts = msgspec.json.schema_components([_returned(page) for page in pages], ref_template=_REFERENCE)
        schema.setdefault("components", {}).setdefault("schemas", {}).update(_plain(parts))
        schema["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        schema["security"] = [{"token": []}]
        api.openapi_schema = schema
    return api.openapi_schema


# What is worked out of types is kept: a second application of a process has the same ones.


@cache
def _fields(record: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(record)


@cache
def _answered(kind: Any) -> Any:
    """What is answered with: its parts stand in the document's components."""
    (schema,), _ = msgspec.json.schema_components([kind], ref_template=_REFERENCE)
    return _plain(schema)


@cache
def _asked(kind: Any) -> Any:
    """What may be asked for: whole numbers as far as the application takes them."""
    return _bounded(msgspec.json.schema(kind))


def _bounded(schema: Any) -> Any:
    match schema:
        case {"type": "integer"}:
            return {"minimum": LEAST, "maximum": MOST, **schema}
        case dict():
            return {key: _bounded(part) for key, part in schema.items()}
        case list():
            return [_bounded(part) for part in schema]
    return schema


def _plain(schema: Any) -> Any:
    """The schema with a pair of like things as a list of so many: not every reader of descriptions knows tuples."""
    match schema:
        case {"prefixItems": [first, *others]} if all(other == first for other in others):
            others_of = {key: part for key, part in schema.items() if key != "prefixItems"}
            return {**others_of, "items": _plain(first)}
        case dict():
            return {key: _plain(part) for key, part in schema.items()}
        case list():
            return [_plain(part) for part in schema]
    return schema


def _returned(page: Page) -> Any:
    return get_type_hints(page.value)["return"]


def _parameter(path: str, field: msgspec.structs.FieldInfo) -> dict[str, Any]:
    in_path = f"{{{field.encode_name}}}" in path or f"{{{field.encode_name}:path}}" in path
    return {
        "name": field.encode_name,
        "in": "path" if in_path else "query",
        "required": in_path or field.required,
        "schema": _asked(field.type),
    }


def _no() -> dict[str, Any]:
    return dict.fromkeys(("401", "403", "404", "422"), _REFUSED)
