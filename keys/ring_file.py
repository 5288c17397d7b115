"""The file of a key ring: its tables, what its wrapped keys are bound to, and by which master key it is wrapped."""

from __future__ import annotations

import hmac
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from jinbao.keys.key_ring import KeyRingError, KeyRingUnavailable
from jinbao.language.system_errors import system_reason
from jinbao.language.words import Words
from jinbao.storage.sqlite_file import PASSING, Layout, advice, code, open_file, reason

PUT_BACK: Words = (
    "请停止使用它的程序，把它移开，用备份恢复（jinbao keys restore FILE）",
    "stop what uses it, move it aside and put a backup back (jinbao keys restore FILE)",
)
"""What to do once a ring is lost."""

_TABLES = """
CREATE TABLE IF NOT EXISTS secret (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS relationship_key (
    relationship_id BLOB NOT NULL,
    generation INTEGER NOT NULL,  -- counts the keys that the relationship has had
    key_id BLOB NOT NULL UNIQUE,
    wrapped BLOB,                 -- NULL once deleted
    PRIMARY KEY (relationship_id, generation)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deletion (sequence INTEGER PRIMARY KEY AUTOINCREMENT, key_id BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS master (
    generation INTEGER PRIMARY KEY,  -- counts the master keys that the ring has had; one row, of the present one
    proof BLOB NOT NULL              -- what only that master key makes of the generation
);
"""
LAYOUT = Layout((_TABLES,))
"""The file of a key ring."""
HASH_KEY = "hash key"
"""Name of the secret under which numbers become relationship ids."""


@contextmanager
def explained(file: Path) -> Iterator[None]:
    """Turn an error of SQLite or the file system into a KeyRingError: which ring, and what to do.

    Raises KeyRingUnavailable where it may work when it is tried again.
    """
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # a closed ring is used: a programmer's error
    except sqlite3.Error as error:
        kind = KeyRingUnavailable if code(error) in PASSING else KeyRingError
        what, (zh, en) = reason(error)[0], advice(error, when_damaged=PUT_BACK)
        raise kind(f"钥匙串 {file}：{what}；{zh}", f"key ring {file}: {error}; {en}") from error
    except OSError as error:
        raise KeyRingError(
            f"钥匙串 {file}：{system_reason(error)[0]}；请检查路径和权限",
            f"key ring {file}: {error.strerror}; check the path and its rights",
        ) from error


def connect(file: Path, *, durable: bool = True) -> sqlite3.Connection:
    """Open the file; it and its tables are made where they are missing. Raises OSError, and sqlite3.Error.

    `durable=False` spares the wait for the disk: a derived key can be made again.
    """
    db = open_file(file, LAYOUT, synchronous="FULL" if durable else "NORMAL", shared_by_threads=True)
    try:
        db.execute("PRAGMA secure_delete = ON")
    except BaseException:
        db.close()
        raise
    return db


def master_generation(db: sqlite3.Connection) -> int:
    """The number of the master key that wraps the ring's keys, from 1; 0 while it has none."""
    row = db.execute("SELECT generation FROM master").fetchone()
    return 0 if row is None else int(row[0])


def fitting(db: sqlite3.Connection, wrapping_keys: Iterable[bytes]) -> bytes | None:
    """The wrapping key by which the ring is wrapped; None where it is none of them."""
    row = db.execute("SELECT generation, proof FROM master").fetchone()
    if row is None:
        return None
    return next((key for key in wrapping_keys if hmac.compare_digest(_proof(key, row[0]), row[1])), None)


def present(db: sqlite3.Connection, wrapping_keys: Iterable[bytes]) -> bytes | None:
    """As `fitting`, and for a ring of before rings named their master key whichever opens its hash key."""
    if master_generation(db):
        return fitting(db, wrapping_keys)
    row = db.execute("SELECT wrapped FROM secret WHERE name = ?", (HASH_KEY,)).fetchone()
    for key in wrapping_keys if row is not None else ():
        try:
            AESSIV(key).decrypt(row[0], for_hash_key())
        except InvalidTag:
            continue
        return key
    return None


def set_master(db: sqlite3.Connection, wrapping_key: bytes, generation: int) -> None:
    """Note, in the caller's transaction, by which master key all is wrapped now."""
    db.execute("DELETE FROM master")
    db.execute("INSERT INTO master VALUES (?, ?)", (generation, _proof(wrapping_key, generation)))


def _proof(wrapping_key: bytes, generation: int) -> bytes:
    return AESSIV(wrapping_key).encrypt(b"master key", [b"%d" % generation])


def for_hash_key() -> list[bytes]:
    """What the wrapped hash key is bound to."""
    return [HASH_KEY.encode()]


def for_relationship_key(relationship_id: bytes, key_id: bytes) -> list[bytes]:
    """What a relationship's wrapped key is bound to."""
    return [b"relationship key", relationship_id, key_id]
