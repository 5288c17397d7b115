"""JSON forms that people write by hand: decoded strictly, with the path of the field at fault when they are wrong."""

from __future__ import annotations

import json
from typing import TypeVar

import msgspec

from jinbao.language.words import FieldError, Words, words_of
from jinbao.rules.type_fault import fault_in

Form = TypeVar("Form", bound=msgspec.Struct)


class FormError(FieldError, ValueError):
    """A field is wrong; `path` names it like `years[2].months`, "$" is the whole form."""

    def __init__(self, path: str, text: str | Words) -> None:
        """`text`: what is needed, in both languages, or as "Chinese / English"."""
        self.path = path
        super().__init__(path, words_of(text) if isinstance(text, str) else text)


def decode_form(data: bytes, type: type[Form]) -> Form:
    """Decode a JSON document as a msgspec Struct. Raises FormError."""
    try:
        return msgspec.json.decode(data, type=type)
    except msgspec.ValidationError:
        fault = fault_in(msgspec.json.decode(data), type)
        assert fault is not None, "msgspec found one"
        raise FormError(fault.path or "$", fault.words_with_value) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise FormError("$", _no_json(data)) from None


def _no_json(data: bytes) -> Words:
    """That it is no JSON, and where, by the standard library's parser, which says that in numbers."""
    where = ("", "")
    try:
        json.loads(data)
    except json.JSONDecodeError as error:
        where = (f"第 {error.lineno} 行第 {error.colno} 列", f" (line {error.lineno}, column {error.colno})")
    except UnicodeDecodeError as error:
        where = (f"第 {error.start + 1} 个字节起不是 UTF-8，", f" (byte {error.start + 1} is not UTF-8)")
    return f"{where[0]}不是有效的 JSON", f"not valid JSON{where[1]}"
