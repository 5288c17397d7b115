"""Who verified the log when, with which policy and what was found: a file beside the policy, only appended to.

It lies outside the database, which whoever verifies may have no right to write to; and a statement of the log itself
would move the very end that was verified.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from jinbao.language.system_errors import system_reason
from jinbao.platform.audit.log.verify import Verified
from jinbao.platform.outbox.log_key import FOLDER
from jinbao.platform.store.store import StoreError
from jinbao.storage.sqlite_file import make_private

FILE = "verifications.jsonl"
_READ_BYTES = 1 << 18


class FirstBad(msgspec.Struct, frozen=True):
    """What did not hold, first in the log."""

    index: int
    code: str
    zh: str
    en: str


class Verification(msgspec.Struct, frozen=True):
    """One verification of the log."""

    at: str
    """When it ended: ISO 8601 in Shanghai."""
    by: str
    """User of the pages, or of the machine on which the command ran."""
    origin: str | None
    size: int
    """Entries of the log then."""
    root: str
    """Of its tree then, hexadecimal."""
    unwitnessed: int
    """Entries behind the newest checkpoint that the policy's witnesses had cosigned."""
    first_bad: FirstBad | None = None


def of_result(found: Verified, at: str, by: str) -> Verification:
    """What is kept of a result."""
    first = found.first_bad
    bad = None if first is None else FirstBad(first.at, first.code, *first.text)
    behind = found.size - found.witnessed
    return Verification(at, by, found.origin or None, found.size, found.root.hex(), behind, bad)


def keep(data: Path, verification: Verification) -> None:
    """Append one to the folder's file. Raises StoreError."""
    path = data / FOLDER / FILE
    try:
        make_private(path)
        with path.open("ab") as file:
            file.write(msgspec.json.encode(verification) + b"\n")
    except OSError as error:
        zh, en = system_reason(error)
        raise StoreError(f"核验记录 {path}：{zh}", f"record of verifications {path}: {en}") from error


def latest(data: Path, limit: int) -> list[Verification]:
    """The newest ones, newest first; none where none was kept. A line that somebody has damaged is passed over.

    Raises StoreError.
    """
    path = data / FOLDER / FILE
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _READ_BYTES))
            lines = file.read().splitlines()
    except FileNotFoundError:
        return []
    except OSError as error:
        zh, en = system_reason(error)
        raise StoreError(f"核验记录 {path}：{zh}", f"record of verifications {path}: {en}") from error
    return list(_read(lines))[: -limit - 1 : -1]


def _read(lines: list[bytes]) -> Iterator[Verification]:
    for line in lines:
        try:
            yield msgspec.json.decode(line, type=Verification)
        except msgspec.DecodeError:
            continue
