"""A small file of this user's alone that is written whole or not at all, whatever stops the program."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from jinbao.storage.sqlite_file import make_private


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet; of two processes one wins, and one that is there stays. Raises OSError."""
    draft = _draft(path, data)
    try:
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    _keep_names(path.parent)


def write_over(path: Path, data: bytes) -> None:
    """Write a file in the place of the one that is there. Raises OSError."""
    _draft(path, data).replace(path)
    _keep_names(path.parent)


def _draft(path: Path, data: bytes) -> Path:
    """The content beside the file, on the disk."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    make_private(draft)
    with draft.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    return draft


def _keep_names(folder: Path) -> None:
    """Names are content of their folder, and on the disk when that is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
