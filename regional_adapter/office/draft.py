"""A draft: a form as far as it is known, its fields with what each holds, and what a clerk still has to say."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from jinbao.language.words import Words
from jinbao.regional_adapter.forms.form import Form, Source
from jinbao.regional_adapter.office.known_faults import known_fault
from jinbao.rules.money import Fen
from jinbao.rules.type_fault import fault_in

FieldKind = Literal["text", "number", "amount", "percent", "day", "choice", "transfer", "record", "rows"]
"""amount: fen; day: ISO; transfer: a transfer id; record: several fields under one name; rows: a list of records."""
F = TypeVar("F", bound=Form)


class OfficeError(Exception):
    """Something that a clerk asked for and that the office cannot do; `code` says what, the rest about what."""

    def __init__(self, code: str, subject: str = "", expected: str | Words = "") -> None:
        """`expected`: names and numbers, or in both languages what is expected."""
        super().__init__(f"{code} {subject} {expected}".strip())
        self.code = code
        """NO_CASE, SEVERAL_CASES, NOT_POSSIBLE, FIELDS_MISSING, UNKNOWN_FIELD, BAD_FIELD, ALREADY_WRITTEN,
        ALREADY_REPLACED, NO_DOCUMENT, NOTHING_TO_ANNUL, NO_AMOUNT."""
        self.subject = subject
        self.expected: Words = (expected, expected) if isinstance(expected, str) else expected


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a draft."""

    name: str
    """Dotted where it lies in a record."""
    kind: FieldKind
    required: bool
    value: Any
    """As a form stores it; None while nobody has said it."""
    source: Source
    """Where it comes from when it is prefilled."""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as far as it is known."""

    form: type[Form]
    values: Mapping[str, Any]
    """As a form stores them."""
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Choices beside those of the form's own types, by field."""

    def fields(self) -> tuple[Field, ...]:
        """All fields, in the form's order; those of a record one by one."""
        sources = self.form.sources()
        found = (
            one
            for name in self.form.__struct_fields__
            for one in _fields_of(self.form, name, self.values.get(name), sources[name])
        )
        return tuple(
            replace(one, kind="choice", choices=self.choices[one.name]) if one.name in self.choices else one
            for one in found
        )

    def columns(self, name: str) -> tuple[Field, ...]:
        """The fields of each row of a field of rows, without a value."""
        (row,) = get_args(_plain(_hints(self.form)[name])[0])
        source = self.form.sources()[name]
        return tuple(one for inner in row.__struct_fields__ for one in _fields_of(row, inner, None, source))

    def missing(self) -> tuple[str, ...]:
        """Fields that the form needs and that nobody has said."""
        return tuple(one.name for one in self.fields() if one.required and one.value is None)

    def finished(self) -> Form:
        """The form. Raises OfficeError: FIELDS_MISSING, or BAD_FIELD with the field and what was expected."""
        for name, choices in self.choices.items():
            if name in self.values and self.values[name] not in choices:
                known = ", ".join(choices)
                raise OfficeError("BAD_FIELD", name, (f"应为 {known} 之一", f"expected one of {known}"))
        try:
            form = msgspec.convert(self.values, type=self.form, strict=False)
        except msgspec.ValidationError:
            if missing := self.missing():
                raise OfficeError("FIELDS_MISSING", ", ".join(missing)) from None
            fault = fault_in(self.values, self.form, strict=False)
            assert fault is not None, "msgspec found one"
            raise OfficeError("BAD_FIELD", fault.path, fault.words_with_value) from None
        if wrong := known_fault(form):
            raise OfficeError("BAD_FIELD", *wrong)
        return form


def drafted(
    form: type[Form],
    known: Mapping[str, Any],
    given: Mapping[str, Any],
    choices: Mapping[str, tuple[str, ...]] | None = None,
) -> Draft:
    """A draft of what is known, with what was given in its place. Raises OfficeError UNKNOWN_FIELD."""
    values: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(known))
    for path, value in given.items():
        name, _, inner = path.partition(".")
        record = _record_of(form, name)
        names = form.__struct_fields__ if not inner else record.__struct_fields__ if record else ()
        if (inner or name) not in names:
            raise OfficeError("UNKNOWN_FIELD", path, ", ".join(one.name for one in Draft(form, {}).fields()))
        if inner:
            values[name] = {**(values.get(name) or {}), inner: value}
        else:
            values[name] = value
    return Draft(form, {name: value for name, value in values.items() if value is not None}, choices or {})


def _fields_of(owner: type[msgspec.Struct], name: str, value: Any, source: Source, before: str = "") -> list[Field]:
    record = _record_of(owner, name)
    required = name in _required(owner)
    if record is not None and not before:
        held = value or {}
        if not required and value is None:
            return [Field(name, "record", False, None, source)]
        return [
            f for inner in record.__struct_fields__ for f in _fields_of(record, inner, held.get(inner), source, name)
        ]
    kind, choices = _kind(_hints(owner)[name])
    if name.endswith("_bp"):
        kind = "percent"
    return [Field(f"{before}.{name}" if before else name, kind, required, value, source, choices)]


@lru_cache(maxsize=256)
def _required(owner: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(one.name for one in msgspec.structs.fields(owner) if one.required)


@lru_cache(maxsize=256)
def _hints(owner: type[msgspec.Struct]) -> Mapping[str, Any]:
    return get_type_hints(owner, include_extras=True)


def _record_of(owner: type[msgspec.Struct], name: str) -> type[msgspec.Struct] | None:
    hints = _hints(owner)
    found = _plain(hints[name])[0] if name in hints else None
    return found if isinstance(found, type) and issubclass(found, msgspec.Struct) else None


def _plain(hint: Any) -> list[Any]:
    """The types behind annotations, without None."""
    if get_origin(hint) is Annotated:
        return _plain(get_args(hint)[0])
    if get_origin(hint) in (Union, types.UnionType):
        return [plain for part in get_args(hint) if part is not type(None) for plain in _plain(part)]
    return [hint]


def _kind(hint: Any) -> tuple[FieldKind, tuple[str, ...]]:
    plain = _plain(hint)[0]
    if get_origin(plain) is Literal:
        return "choice", tuple(map(str, get_args(plain)))
    if get_origin(plain) is list:
        return "rows", ()
    known: Mapping[Any, FieldKind] = {Fen: "amount", int: "number", date: "day", UUID: "transfer"}
    if isinstance(plain, type) and issubclass(plain, msgspec.Struct):
        return "record", ()
    return known.get(plain, "text"), ()
