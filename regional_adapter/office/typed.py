"""A field as a clerk types it, read as a form stores it; wherever it is typed, on a command line or a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import msgspec

from jinbao.regional_adapter.office.draft import Draft, Field, FieldKind
from jinbao.rules.money import format_yuan, parse_yuan

_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?").fullmatch


def typed(text: str, kind: FieldKind) -> Any:
    """The value of a text; None for an empty one. Amounts are typed in yuan with decimals, and stored as fen; rates in
    per cent, and stored as basis points.

    Raises ValueError where it is no value of that kind.
    """
    if not text.strip():
        return None
    if kind == "amount":
        if "." not in text:
            raise ValueError(text)
        return parse_yuan(text)
    if kind == "percent":
        if not _PERCENT(text.strip()):
            raise ValueError(text)
        return int(100 * Fraction(text.strip()))
    if kind in ("rows", "record"):
        try:
            return msgspec.json.decode(text)
        except msgspec.DecodeError as error:
            raise ValueError(text) from error
    return text.strip() if kind != "text" else text


def text_of(field: Field) -> str:
    """What a field holds, as a clerk would type it; empty for rows, whose cells are fields of their own."""
    if field.value is None or field.kind == "rows":
        return ""
    if field.kind == "amount":
        return format_yuan(int(field.value))
    if field.kind == "percent":
        return f"{int(field.value) // 100}.{int(field.value) % 100:02}"
    return msgspec.json.encode(field.value).decode() if field.kind == "record" else str(field.value)


def cells_of(plain: Draft, field: Field) -> list[tuple[Field, ...]]:
    """The rows of a field of rows and an empty one, each cell a field named by row and column: `rows.0.year`."""
    columns = plain.columns(field.name)
    return [
        tuple(replace(c, name=f"{field.name}.{row}.{c.name}", value=held.get(c.name)) for c in columns)
        for row, held in enumerate([*(field.value or []), {}])
    ]


@dataclass(frozen=True, slots=True)
class WrongText:
    """A typed text that is no value of its field."""

    field: str
    kind: FieldKind


def given_of(plain: Draft, texts: Mapping[str, str]) -> tuple[dict[str, Any], list[WrongText]]:
    """What a clerk has changed of a prefilled form, as the office takes it, and what cannot be read.

    Texts that are what was prefilled say nothing: prefilling goes on with them. A row without any text is left out.
    """
    given: dict[str, Any] = {}
    wrong: list[WrongText] = []

    def read(name: str, kind: FieldKind) -> Any:
        try:
            return typed(texts[name], kind)
        except ValueError:
            wrong.append(WrongText(name, kind))
            return None

    known = plain.fields()
    for field in known:
        if field.kind == "rows":
            rows = _rows(plain, field, texts, read)
            if rows is not None and rows != field.value:
                given[field.name] = rows
        elif field.name in texts and texts[field.name] != text_of(field):
            given[field.name] = read(field.name, field.kind)
    names = {field.name for field in known}
    listed = {field.name for field in known if field.kind == "rows"}
    unknown = {name: text for name, text in texts.items() if name not in names and name.partition(".")[0] not in listed}
    return given | unknown, wrong


def _rows(
    plain: Draft, field: Field, texts: Mapping[str, str], read: Callable[[str, FieldKind], Any]
) -> list[dict[str, Any]] | None:
    """The rows as their cells say; None where no cell was sent."""
    before = f"{field.name}."
    numbers = {part for name in texts if name.startswith(before) and (part := name.split(".")[1]).isdecimal()}
    if not numbers:
        return None
    rows = []
    for number in sorted(numbers, key=int):
        cells = {c.name: f"{before}{number}.{c.name}" for c in plain.columns(field.name)}
        kinds = {c.name: c.kind for c in plain.columns(field.name)}
        held = {name: read(path, kinds[name]) for name, path in cells.items() if texts.get(path, "").strip()}
        if held:
            rows.append({name: int(v) if _is_whole(v, kinds[name]) else v for name, v in held.items()})
    return rows


def _is_whole(value: Any, kind: FieldKind) -> bool:
    """Whether a typed number is one: rows that were not changed are to equal those that were prefilled."""
    return kind == "number" and isinstance(value, str) and value.isdecimal()
