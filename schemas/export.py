"""Writes the schemas for readers in any language: each in one file, found by the fingerprint on the wire."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec

from jinbao.schemas.messages import BY_NAME, SUBMISSIONS_TOPIC, StreamMessage, inbox_topic
from jinbao.schemas.registry import Registry, Release

INDEX = "index.json"
EVERY_INBOX = inbox_topic("<province>")


class Exported(msgspec.Struct, frozen=True):
    """One line of the index."""

    fingerprint: str
    """16 hexadecimal digits, in the order of the bytes 3 to 10 of every message; also the file's name."""
    name: str
    version: int
    topic: str
    """Where it is sent; whoever is concerned finds it in the own inbox too."""


def topic_of(release: Release) -> str:
    """The topic that a message is sent to."""
    message = BY_NAME.get(release.name)
    return SUBMISSIONS_TOPIC if message is None or issubclass(message, StreamMessage) else EVERY_INBOX


def export(registry: Registry, folder: Path) -> Sequence[Exported]:
    """Write `<fingerprint>.avsc` of every version of every message, and the index. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for release in registry.releases:
        if release.is_message:
            line = Exported(release.fingerprint.hex(), release.name, release.version, topic_of(release))
            _write(folder / f"{line.fingerprint}.avsc", release.schema)
            lines.append(line)
    _write(folder / INDEX, msgspec.to_builtins(lines))
    return lines


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
