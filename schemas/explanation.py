"""Puts a failed validation into words that a clerk understands: the field's path and what was expected, no value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from jinbao.schemas import messages

_FORMS: tuple[tuple[Any, str], ...] = (
    (messages.Text, "text without control characters"),
    (messages.Province, "two digits"),
    (messages.Postcode, "six digits"),
    (messages.Code, "2 to 40 of A-Z, 0-9 and underscore"),
    (messages.PaymentReference, "a payment reference (RF, two check digits, 1 to 21 of 0-9 and A-Z)"),
)
_WORDS: Mapping[str, str] = {repr(kind.__metadata__[0].pattern): words for kind, words in _FORMS}
"""Pattern, as msgspec quotes it: what it asks for."""

_TOO_MUCH = f"Expected `int` <= {messages.MOST_FEN}"
_AT_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`\Z")
_PATTERN = "Expected `str` matching regex "
_ANY_ITEM = "[...]"


def explain(error: msgspec.ValidationError, datum: Any, as_struct: Callable[[Any], object]) -> tuple[str | None, str]:
    """Path of the field at fault, and what was expected there, without the value that msgspec quotes for some.

    `as_struct` is the conversion of `datum` that failed.
    """
    text, field = str(error), None
    if found := _AT_PATH.search(text):
        text, field = text[: found.start()], found["path"] or None
    if field is not None and _ANY_ITEM in field:
        field = _with_index(field, datum, as_struct)
    if text.startswith(_PATTERN):
        return field, f"expected {_WORDS.get(text.removeprefix(_PATTERN), 'text of another form')}"
    if text == _TOO_MUCH:
        return field, f"expected an amount of at most {messages.MOST_FEN} fen"
    if text.startswith("Expected "):
        return field, "expected" + text.removeprefix("Expected").replace("`", "")
    return field, "expected one of the values that the message declares"


def _with_index(field: str, datum: Mapping[str, Any], as_struct: Callable[[Any], object]) -> str:
    """The path with the number, from 0, of the first item at fault: msgspec does not say which it is."""
    name = field.partition(_ANY_ITEM)[0]
    for index, item in enumerate(datum[name]):
        try:
            as_struct({**datum, name: [item]})
        except msgspec.ValidationError:
            return field.replace(_ANY_ITEM, f"[{index}]", 1)
    return field
