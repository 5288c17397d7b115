"""Characters that no name, number or text may hold: a terminal obeys them, or shows the text in another order, or not.

Control characters, marks that turn the direction of writing, invisible ones, and halves of surrogate pairs. Private-use
characters are not among them: GB 18030 writes rare characters of names with them.
"""

from __future__ import annotations

import re

UNPRINTABLE = (
    "\\x00-\\x1f\\x7f-\\x9f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f"
    "\\ufeff\\ufff9-\\ufffb\\ud800-\\udfff\\U000e0000-\\U000e007f"
)
"""The inside of a regular expression's brackets."""

_ANY = re.compile(f"[{UNPRINTABLE}]")
_BUT_LINES = re.compile(f"(?![\\n\\t])[{UNPRINTABLE}]")
_IN_JSON = re.compile(f"(?!\\n)[{UNPRINTABLE}]")


def has_unprintable(text: str) -> bool:
    """Whether such a character is in the text, tab and line ends included."""
    return _ANY.search(text) is not None


def printable(text: str, *, lines: bool = False) -> str:
    """The text with each such character written out, like \\x1b; `lines` keeps tabs and line ends."""
    return (_BUT_LINES if lines else _ANY).sub(_written, text)


def _written(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def printable_json(text: bytes) -> str:
    """JSON with its own escapes for what a terminal would obey: the same values."""
    return _IN_JSON.sub(_escaped, text.decode())


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
