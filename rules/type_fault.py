"""Faults: where a value is not of a declared type, and what is allowed there, in Chinese and English.

msgspec says whether a value fits a type; its messages, which are English and show regular expressions, are read by
nobody. Where it refuses, the declared type is gone through here, field by field, until the smallest part that does not
fit is found.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin
from uuid import UUID

import msgspec

from jinbao.language.words import Words


class Told(NamedTuple):
    """Stands in an `Annotated` type after its limits: what these allow, in words that say more."""

    zh: str
    en: str
    choices: tuple[str, ...] = ()
    """What there is to choose from, where a wrong one may be a misspelt one and is nobody's secret."""


LONGEST_QUOTED = 60
_KINDS: Mapping[Any, Words] = {
    bool: ("true 或 false", "true or false"),
    int: ("整数", "a whole number"),
    str: ("文字", "a text"),
    bytes: ("字节", "bytes"),
    date: ("日期，如 2025-09-22", "a day like 2025-09-22"),
    UUID: ("32 位十六进制的 id", "an id of 32 hexadecimal digits"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """The first part of a value that is not as declared."""

    path: str
    """Like `years[2].months`; empty for the whole value."""
    kind: Literal["missing", "unknown", "value"]
    allowed: Words
    """What is allowed there: the values, or the names of the fields."""
    value: Any = None
    """What is there; may be a person's."""
    meant: str | None = None
    """The choice that comes nearest to it."""

    @property
    def words(self) -> Words:
        """What is wrong, without the value."""
        zh, en = self.allowed
        if self.kind == "missing":
            return "缺这一项", "is missing"
        if self.kind == "unknown":
            return f"没有这一项；可有 {zh}", f"no such field; known are {en}"
        if self.meant is not None:
            zh, en = f"{zh}；最接近的是 {self.meant}", f"{en}; the nearest is {self.meant}"
        return f"应为{spaced(zh)}", f"expected {en}"

    @property
    def words_with_value(self) -> Words:
        """What is wrong, and with which value, where it is a short one."""
        zh, en = self.words
        if self.kind != "value" or not isinstance(self.value, str | int) or len(repr(self.value)) > LONGEST_QUOTED:
            return zh, en
        return f"{self.value!r}：{zh}", f"{self.value!r}: {en}"


def fault_in(value: Any, hint: Any, *, strict: bool = True, as_is: tuple[type, ...] = ()) -> Fault | None:
    """The fault of a value that is to be of a type, as `msgspec.convert` judges; None where it fits.

    `as_is`: types that the value holds as they are, `builtin_types` of msgspec.
    """
    return _Walk(strict, as_is).fault(value, hint, "")


def allowed(hint: Any) -> Words:
    """What values a type allows, in words."""
    plain, notes = _plain(hint)
    for told in reversed(notes):
        if isinstance(told, Told):
            return told.zh, told.en
    limits = [note for note in notes if isinstance(note, msgspec.Meta)]
    if len(parts := _parts(plain)) > 1:
        words = [allowed(part) for part in parts]
        return "或".join(zh for zh, _ in words), " or ".join(en for _, en in words)
    if get_origin(plain) is Literal:
        known = ", ".join(sorted(map(str, get_args(plain))))
        return f"{known} 之一", f"one of {known}"
    if get_origin(plain) is list:
        return "列表", "a list"
    if plain is int:
        return _range(limits)
    if plain in (str, bytes):
        return _length(plain, limits)
    return _KINDS.get(plain, ("一组项", "a record of fields"))


def is_limited_like(hint: Any, other: Any) -> bool:
    """Whether a type, or the one beside None, has the limits of the other: a province's code, a payment reference."""
    return any(_limits(part) == _limits(other) for part in _parts(hint)) and bool(_limits(other))


def _limits(hint: Any) -> list[msgspec.Meta]:
    return [note for note in _plain(hint)[1] if isinstance(note, msgspec.Meta)]


class _Walk:
    def __init__(self, strict: bool, as_is: tuple[type, ...]) -> None:
        self._strict = strict
        self._as_is = as_is

    def fault(self, value: Any, hint: Any, path: str) -> Fault | None:
        """The first fault of a part."""
        if self._fits(value, hint):
            return None
        within = [part for part in _parts(hint) if _holds(part, value)]
        found = self._within(value, within[0], path) if within else None
        return found or Fault(path, "value", allowed(hint), value, _nearest(hint, value))

    def _within(self, value: Any, hint: Any, path: str) -> Fault | None:
        plain, _ = _plain(hint)
        if get_origin(plain) is list:
            (item,) = get_args(plain)
            return self._first((v, item, f"{path}[{i}]") for i, v in enumerate(value))
        return self._of_record(value, plain, path)

    def _of_record(self, value: Mapping[str, Any], record: type[msgspec.Struct], path: str) -> Fault | None:
        fields = _fields_of(record)
        before = f"{path}." if path else ""
        known = ", ".join(fields)
        if record.__struct_config__.forbid_unknown_fields:
            for name in value:
                if name not in fields:
                    return Fault(f"{before}{name}", "unknown", (known, known))
        for name, field in fields.items():
            if field.required and name not in value:
                return Fault(f"{before}{name}", "missing", (known, known))
        return self._first((v, fields[name].type, f"{before}{name}") for name, v in value.items() if name in fields)

    def _first(self, parts: Any) -> Fault | None:
        return next((found for part in parts if (found := self.fault(*part))), None)

    def _fits(self, value: Any, hint: Any) -> bool:
        try:
            msgspec.convert(value, type=hint, strict=self._strict, builtin_types=self._as_is)
        except msgspec.ValidationError:
            return False
        return True


def _holds(hint: Any, value: Any) -> bool:
    """Whether a type is a list or a record of what such a value has parts of."""
    plain, _ = _plain(hint)
    if get_origin(plain) is list:
        return isinstance(value, list | tuple)
    return isinstance(plain, type) and issubclass(plain, msgspec.Struct) and isinstance(value, Mapping)


def _plain(hint: Any) -> tuple[Any, list[Any]]:
    """The type behind annotations and new names, and what they note, the innermost first."""
    if get_origin(hint) is Annotated:
        plain, notes = _plain(get_args(hint)[0])
        return plain, [*notes, *get_args(hint)[1:]]
    if hasattr(hint, "__supertype__"):
        return _plain(hint.__supertype__)
    parts = _parts(hint)
    return _plain(parts[0]) if len(parts) == 1 and parts[0] is not hint else (hint, [])


def _nearest(hint: Any, value: Any) -> str | None:
    choices = next((note.choices for note in _plain(hint)[1] if isinstance(note, Told)), ())
    near = difflib.get_close_matches(value, choices, n=1, cutoff=0.5) if isinstance(value, str) else []
    return near[0] if near else None


def _parts(hint: Any) -> list[Any]:
    """The types of which a value may be, without None."""
    if get_origin(hint) is Annotated and get_origin(get_args(hint)[0]) in (Union, types.UnionType):
        return _parts(get_args(hint)[0])
    if get_origin(hint) in (Union, types.UnionType):
        return [part for part in get_args(hint) if part is not types.NoneType]
    return [hint]


def _range(limits: list[msgspec.Meta]) -> Words:
    low = max((meta.ge for meta in limits if meta.ge is not None), default=None)
    high = min((meta.le for meta in limits if meta.le is not None), default=None)
    if low is not None and high is not None:
        return f"{low} 到 {high} 的整数", f"a whole number from {low} to {high}"
    if low is not None:
        return f"不小于 {low} 的整数", f"a whole number of at least {low}"
    if high is not None:
        return f"不大于 {high} 的整数", f"a whole number of at most {high}"
    return _KINDS[int]


def _length(plain: type, limits: list[msgspec.Meta]) -> Words:
    low = max((meta.min_length for meta in limits if meta.min_length is not None), default=0)
    high = min((meta.max_length for meta in limits if meta.max_length is not None), default=None)
    if high is None:
        return _KINDS[plain]
    span_zh, span_en = (str(low), str(low)) if low == high else (f"{low} 到 {high}", f"{low} to {high}")
    if plain is bytes:
        return f"{span_zh} 个字节", f"{span_en} bytes"
    return f"{span_zh} 个字的文字", f"a text of {span_en} characters"


def spaced(zh: str) -> str:
    """Chinese that follows Chinese, set off where it begins with a digit or a Latin letter."""
    return f" {zh}" if zh[:1].isascii() else zh


@cache
def _fields_of(record: type[msgspec.Struct]) -> Mapping[str, msgspec.structs.FieldInfo]:
    return {field.encode_name: field for field in msgspec.structs.fields(record)}
