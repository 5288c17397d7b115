"""Names of files as they can be stored and shown: in characters, printable, with room for what is added to them."""

from __future__ import annotations

import os
from pathlib import Path

_MOST_BYTES, _MOST_SUFFIX_BYTES = 160, 16
"""Of a name; file systems take 255."""


def plain_name(name: str) -> str:
    """The name itself where nothing is wrong with it; bytes that are no UTF-8 are read as GB18030."""
    data = os.fsencode(name)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("gb18030", "replace")
    text = "".join(character if character.isprintable() else "_" for character in text)
    if len(text.encode()) <= _MOST_BYTES:
        return text
    suffix = Path(text).suffix.encode()[:_MOST_SUFFIX_BYTES].decode(errors="ignore")
    return text.encode()[: _MOST_BYTES - len(suffix.encode())].decode(errors="ignore") + suffix
