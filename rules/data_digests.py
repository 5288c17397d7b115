"""Digests of the law as data: which rules a program decides by, file by file."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

DATA = Path(__file__).parent / "data"


def data_digests(folder: Path = DATA) -> Mapping[str, str]:
    """Path below the folder → SHA-256 of the file, hexadecimal. Raises OSError."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in (".toml", ".csv"))
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}
