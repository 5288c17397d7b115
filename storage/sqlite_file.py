"""A SQLite file of ours: made for its owner alone, and what SQLite's errors mean for whoever uses it."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

PASSING = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
"""Errors that may be gone when the same is tried again."""
DAMAGE = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
"""The file's content is no longer, or never was, a database."""

_ADVICE = {
    sqlite3.SQLITE_BUSY: "another process holds it; stop that one or try again",
    sqlite3.SQLITE_LOCKED: "another process holds it; stop that one or try again",
    sqlite3.SQLITE_FULL: "nothing of this call was kept: free space and try again",
    sqlite3.SQLITE_IOERR: "the disk or file system failed; check both",
    sqlite3.SQLITE_READONLY: "make the file and its folder writable for this user",
    sqlite3.SQLITE_PERM: "make the file and its folder writable for this user",
    sqlite3.SQLITE_CANTOPEN: "check that the path is a file in a folder this user may write to",
}


def code(error: BaseException | None) -> int:
    """SQLite's primary result code of an error; 0 for any other error."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def advice(error: BaseException | None, *, when_damaged: str) -> str:
    """What to do about an error of SQLite; `when_damaged`: what to do once the file's content is lost."""
    found = code(error)
    if found in DAMAGE:
        return f"the file is damaged, or belongs to something else: {when_damaged}"
    return _ADVICE.get(found, "check the file")


def is_damaged(path: Path) -> bool:
    """Whether the file is there and its content is no sound database; looks at all of it."""
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",))
    except sqlite3.DatabaseError as error:
        return code(error) in DAMAGE


def make_private(path: Path) -> None:
    """Make the file, and the folders that are missing on the way to it, for this user alone. Raises OSError.

    A file of this user's that is there already (made by an earlier version) loses the rights of everybody else.
    """
    missing = [folder for folder in path.parents if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
    try:  # never open one that is there: to close it again would end the locks that this process's SQLite holds on it
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        found = path.stat()
        if stat.S_IMODE(found.st_mode) & 0o077 and found.st_uid == os.geteuid():
            path.chmod(stat.S_IMODE(found.st_mode) & 0o700)
