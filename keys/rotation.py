"""Changes the master key of a ring: everything is wrapped anew in one transaction, then the old key is removed.

Killed anywhere it is either not done or done: the next master key lies beside the old one, as a draft, until the
transaction is committed, and whoever opens the ring meanwhile takes whichever fits. Processes that hold the ring open
notice at their next use (see `jinbao.keys.embedded_key_ring`).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from jinbao.keys.key_ring import KeyRingRefused
from jinbao.keys.master_key import NEW_VARIABLE, VARIABLE, create, decoded, draft_of, read_private, wrapping_keys
from jinbao.keys.open_key_ring import MASTER, RING
from jinbao.keys.ring_file import (
    HASH_KEY,
    connect,
    explained,
    fitting,
    for_hash_key,
    for_relationship_key,
    master_generation,
    present,
    set_master,
)
from jinbao.storage.sqlite_file import transaction

_CHUNK = 10_000
_SOME = (
    "SELECT relationship_id, generation, key_id, wrapped FROM relationship_key "
    "WHERE (relationship_id, generation) > (?, ?) ORDER BY relationship_id, generation LIMIT ?"
)
_REPLACE = "UPDATE relationship_key SET wrapped = ? WHERE relationship_id = ? AND generation = ?"


class Rotated(NamedTuple):
    """What a change of the master key came to."""

    master_key: int
    """The number of the master key that wraps the ring now."""
    rewrapped: int
    """How many relationships' keys were wrapped anew; 0 where the new master key wrapped them already."""
    source: str
    """Where the new master key is kept: its file, or the variable that must hold it from now on."""


def rotate(folder: Path, environ: Mapping[str, str] | None = None) -> Rotated:
    """Wrap the ring in `folder` by another master key. Raises KeyRingError.

    The new one is a fresh one in `master.key`, whose old content is gone at the end. Where the master key is, or shall
    be, in the environment, it is JINBAO_NEW_MASTER_KEY; then a `master.key` that was in use is removed. Called again,
    after it was killed or with the same new key, it does what is left to do.
    """
    environ = os.environ if environ is None else environ
    ring = folder / RING
    if not ring.exists():
        raise KeyRingRefused(
            f"{ring}：没有钥匙串；请用 --data 指明其目录", f"{ring}: there is no key ring; name its folder by --data"
        )
    given = environ.get(NEW_VARIABLE)
    if given is None and VARIABLE in environ:
        raise KeyRingRefused(
            f"主密钥在 {VARIABLE} 里：请把新的放进 {NEW_VARIABLE}",
            f"the master key comes from {VARIABLE}: put the new one into {NEW_VARIABLE}",
        )
    with explained(ring), closing(connect(ring)) as db:
        done = _into_environment(db, folder, environ) if given is not None else _into_file(db, folder)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()  # what the old key wrapped leaves the log too
        return done


def _into_environment(db: sqlite3.Connection, folder: Path, environ: Mapping[str, str]) -> Rotated:
    with transaction(db):
        done = _wrap_anew(db, folder, environ, decoded(environ[NEW_VARIABLE], NEW_VARIABLE))
    if VARIABLE not in environ:
        for file in (folder / MASTER, draft_of(folder / MASTER)):
            file.unlink(missing_ok=True)
    return Rotated(*done, VARIABLE)


def _into_file(db: sqlite3.Connection, folder: Path) -> Rotated:
    """The draft is made, and takes its place, under the ring's lock: of two who change it one waits for the other."""
    master = folder / MASTER
    draft = draft_of(master)
    with transaction(db):
        for stray in folder.glob(f".{draft.name}.*"):  # of one that was killed while it wrote the draft
            stray.unlink()
        if not draft.exists():
            create(draft)
        done = _wrap_anew(db, folder, {}, decoded(read_private(draft), str(draft)))
    with transaction(db):
        if draft.exists() and fitting(db, [decoded(read_private(draft), str(draft))]):
            draft.replace(master)
            _flush(folder)
    return Rotated(*done, str(master))


def _wrap_anew(db: sqlite3.Connection, folder: Path, environ: Mapping[str, str], new: bytes) -> tuple[int, int]:
    """Within a transaction; the number of the ring's master key, and how many keys were wrapped anew."""
    generation = master_generation(db)
    if fitting(db, [new]) is not None:
        return generation, 0
    old = present(db, wrapping_keys(folder / MASTER, environ))
    if old is None:
        raise KeyRingRefused(
            f"{folder / RING} 用此主密钥打不开：请给出最近换成的主密钥",
            f"{folder / RING} does not open with this master key: give the one that it was last changed to",
        )
    count = _exchange(db, AESSIV(old), AESSIV(new))
    set_master(db, new, max(generation, 1) + 1)
    return max(generation, 1) + 1, count


def _exchange(db: sqlite3.Connection, old: AESSIV, new: AESSIV) -> int:
    (wrapped,) = db.execute("SELECT wrapped FROM secret WHERE name = ?", (HASH_KEY,)).fetchone()
    again = new.encrypt(old.decrypt(wrapped, for_hash_key()), for_hash_key())
    db.execute("UPDATE secret SET wrapped = ? WHERE name = ?", (again, HASH_KEY))
    count, last = 0, (b"", 0)
    while rows := db.execute(_SOME, (*last, _CHUNK)).fetchall():
        changes = []
        for relationship_id, number, key_id, wrapped in rows:
            if wrapped is not None:
                bound = for_relationship_key(relationship_id, key_id)
                changes.append((new.encrypt(old.decrypt(wrapped, bound), bound), relationship_id, number))
        db.executemany(_REPLACE, changes)
        count, last = count + len(changes), rows[-1][:2]
    return count


def _flush(folder: Path) -> None:
    """Let the new name of the file survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
