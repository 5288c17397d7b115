"""Files that a command writes where its user says."""

from __future__ import annotations

from pathlib import Path

from jinbao.language.system_errors import system_reason
from jinbao.service.errors import UserError


def write_file(path: Path, content: bytes) -> None:
    """Write a file. Raises UserError."""
    try:
        path.write_bytes(content)
    except OSError as error:
        zh, en = system_reason(error)
        raise UserError(f"{path}：{zh}", f"{path}: {en}") from error
