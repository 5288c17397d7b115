"""Backup, check and restore of a key ring; a backup may be taken while the ring is in use."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from jinbao.keys.key_ring import KeyRingError, KeyRingRefused, KeyRingUnavailable
from jinbao.keys.master_key import wrapping_keys
from jinbao.keys.open_key_ring import MASTER, RING
from jinbao.keys.ring_file import (
    HASH_KEY,
    PUT_BACK,
    explained,
    for_hash_key,
    for_relationship_key,
    master_generation,
    present,
)
from jinbao.language.system_errors import system_reason
from jinbao.storage.sqlite_file import FileInUse, UseLock, copy_file, make_private, open_for_reading

_KEYS = "SELECT relationship_id, key_id, wrapped FROM relationship_key WHERE wrapped IS NOT NULL"
_DELETED = "SELECT count(*) FROM relationship_key WHERE wrapped IS NULL"


class Ring(NamedTuple):
    """What a ring holds, every key of it opened once."""

    master_key: int
    """How many master keys it has had."""
    keys: int
    deleted: int


def look_through(file: Path, folder: Path, environ: Mapping[str, str] | None = None) -> Ring:
    """Open every key of the ring in `file` with the master key of `folder`. Raises KeyRingError for what does not."""
    if not file.is_file():
        raise KeyRingRefused(f"{file}：没有钥匙串", f"{file}: there is no key ring")
    candidates = wrapping_keys(folder / MASTER, environ)
    with (
        explained(file),
        closing(open_for_reading(file)) as db,
    ):
        db.execute("BEGIN")
        master = present(db, candidates)
        if master is None:
            raise KeyRingRefused(
                f"{file} 用此主密钥打不开：请给出建立时的或最近换成的主密钥",
                f"{file} does not open with this master key: give the one that it was made with, or last changed to",
            )
        return _opened(db, AESSIV(master), file)


def _opened(db: sqlite3.Connection, master: AESSIV, file: Path) -> Ring:
    count, what = 0, ("生成关系号的钥匙", "the key that makes relationship ids")
    try:
        (wrapped,) = db.execute("SELECT wrapped FROM secret WHERE name = ?", (HASH_KEY,)).fetchone()
        master.decrypt(wrapped, for_hash_key())
        for relationship_id, key_id, wrapped in db.execute(_KEYS):
            what = (f"钥匙 {key_id.hex()}", f"key {key_id.hex()}")
            master.decrypt(wrapped, for_relationship_key(relationship_id, key_id))
            count += 1
    except InvalidTag:
        raise KeyRingError(
            f"{file}：{what[0]}打不开，文件已损坏：{PUT_BACK[0]}",
            f"{file}: {what[1]} does not open: the file is damaged: {PUT_BACK[1]}",
        ) from None
    return Ring(master_generation(db), count, db.execute(_DELETED).fetchone()[0])


def back_up(folder: Path, target: Path, environ: Mapping[str, str] | None = None) -> Ring:
    """Copy the ring of `folder` to a new file, of mode 0600, while others use it, and look the copy through.

    The copy opens only with the master key of its moment, which is not in it. Raises KeyRingError.
    """
    source = folder / RING
    if not source.is_file():
        raise KeyRingRefused(f"{source}：没有钥匙串", f"{source}: there is no key ring")
    try:
        target.touch(mode=0o600, exist_ok=False)
    except OSError as error:
        raise KeyRingRefused(
            f"{target} 建立不了：{system_reason(error)[0]}；请另选新文件",
            f"{target} cannot be made: {error.strerror}; name a new file",
        ) from None
    try:
        _copy(source, target)
        return look_through(target, folder, environ)
    except BaseException:
        target.unlink()
        raise


def restore(folder: Path, source: Path, environ: Mapping[str, str] | None = None) -> Ring:
    """Put a copy back as the ring of `folder`, once every key of it has opened with the master key of `folder`.

    What the ring held is replaced, in one transaction, while nobody else uses it: a program that has it open would go
    on with keys that it no longer holds. Raises KeyRingError; KeyRingUnavailable where somebody uses the ring.
    """
    found = look_through(source, folder, environ)
    target = folder / RING
    with explained(target):
        make_private(target)
        try:
            use = UseLock(target, alone=True)
        except FileInUse:
            raise KeyRingUnavailable(
                f"钥匙串 {target} 在使用中：请先停止用它的适配器，再恢复",
                f"key ring {target} is in use: stop the adapters that work with it, then restore again",
            ) from None
        with closing(use):
            _copy(source, target)
    return found


def _copy(source: Path, target: Path) -> None:
    with explained(target):
        copy_file(source, target, as_one_file=target.name != RING)
