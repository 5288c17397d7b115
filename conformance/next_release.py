"""Releases of messages that come after those which this program ships: the newest, with one optional field more.

The field's name is another one in each run, so that no adapter knows the schema before it is given it.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from jinbao.schemas.codec import BODY, MARKER, learn
from jinbao.schemas.registry import fingerprint_of, shipped_registry

_NOT_THERE = b"\x00"
"""Avro's bytes for the first branch of a union, null: of an optional field that says nothing."""


class NextReleases:
    """Makes them when they are needed, and keeps their schemas as files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._field = f"said_later_{secrets.token_hex(4)}"

    def written(self, name: str, value: bytes) -> bytes:
        """The same message as the next release writes it. `value`: written by the newest that is shipped."""
        newest = shipped_registry().newest[name]
        assert value[:BODY] == MARKER + newest.fingerprint
        field = {"name": self._field, "type": ["null", "string"], "default": None}
        schema: dict[str, Any] = {**newest.schema, "fields": [*newest.schema["fields"], field]}
        code = fingerprint_of(schema, name)
        self.folder.mkdir(exist_ok=True)
        (self.folder / f"{code.hex()}.avsc").write_text(json.dumps(schema, ensure_ascii=False), "utf-8")
        return MARKER + code + value[BODY:] + _NOT_THERE


def learn_folder(folder: Path) -> None:
    """Have this process read all that the folder's schemas have written, as the program's next version would."""
    for file in sorted(folder.glob("*.avsc")):
        learn(json.loads(file.read_text("utf-8")))
