"""JSON forms that people write by hand: decoded strictly, with the path of the field at fault when they are wrong."""

from __future__ import annotations

import re
from typing import TypeVar

import msgspec

Form = TypeVar("Form")


class FormError(ValueError):
    """A field is wrong; `path` names it like `years[2].months` ("$" is the whole form), `text` says what is needed."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(f"{path}: {text}")
        self.path = path
        self.text = text


def decode_form(data: bytes, type: type[Form]) -> Form:
    """Decode a JSON document as a msgspec Struct or dataclass. Raises FormError."""
    try:
        return msgspec.json.decode(data, type=type)
    except msgspec.ValidationError as error:
        raise FormError(*_path_and_text(str(error))) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FormError("$", f"不是有效的 JSON / not valid JSON: {error}") from error


def _path_and_text(message: str) -> tuple[str, str]:
    """Split a decoder's message like "Object missing required field `months` - at `$.years[2]`"."""
    text, _, path = message.partition(" - at `$")
    path = path.rstrip("`").lstrip(".")
    named = re.search(r"field `([^`]+)`", text)
    if named:
        path = f"{path}.{named[1]}".lstrip(".")
    return path or "$", text
