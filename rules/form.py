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
        raise FormError("$", f"不是有效的 JSON：{error} / not valid JSON: {error}") from error


_CHINESE = {
    "Object missing required field": "缺这一项",
    "Object contains unknown field": "没有这一项",
    "Expected `int`": "应为整数",
    "Expected `str`": "应为文字",
    "Expected `bool`": "应为 true 或 false",
    "Expected `array`": "应为列表",
    "Expected `object`": "应为对象",
}
"""Chinese of a decoder's message, by its beginning."""


def _path_and_text(message: str) -> tuple[str, str]:
    """Split a decoder's message like "Object missing required field `months` - at `$.years[2]`"."""
    text, _, path = message.partition(" - at `$")
    path = path.rstrip("`").lstrip(".")
    named = re.search(r"field `([^`]+)`", text)
    if named:
        path = f"{path}.{named[1]}".lstrip(".")
    zh = next((chinese for beginning, chinese in _CHINESE.items() if text.startswith(beginning)), "内容不合要求")
    return path or "$", f"{zh} / {text}"
