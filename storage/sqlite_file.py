"""SQLite files of ours: how one is opened, who may read it, and what SQLite's errors mean for whoever uses it."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from contextlib import closing
from pathlib import Path
from typing import Literal

from jinbao.language.words import Words
from jinbao.storage.file_layout import Layout, WrongFile

Synchronous = Literal["FULL", "NORMAL", "OFF"]
"""Of a commit: it waits for the disk; a power cut may lose the last ones; a power cut may lose the file."""
BUSY_TIMEOUT_S = 30.0
"""How long to wait while another process writes."""
PASSING = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
"""Errors that may be gone when the same is tried again."""
DAMAGE = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
"""The file's content is no longer, or never was, a database."""

_HELD = ("另有进程占用它；请停止那个进程或稍后再试", "another process holds it; stop that one or try again")
_NO_RIGHTS = ("请使该文件及其目录对本用户可写", "make the file and its folder writable for this user")
_ADVICE = {
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
    sqlite3.SQLITE_FULL: (
        "这次什么都没有写入：请腾出空间再试",
        "nothing of this call was kept: free space and try again",
    ),
    sqlite3.SQLITE_IOERR: ("磁盘或文件系统出错，请检查", "the disk or file system failed; check both"),
    sqlite3.SQLITE_READONLY: _NO_RIGHTS,
    sqlite3.SQLITE_PERM: _NO_RIGHTS,
    sqlite3.SQLITE_CANTOPEN: (
        "请检查路径是文件，且其目录对本用户可写",
        "check that the path is a file in a folder this user may write to",
    ),
}


def code(error: BaseException | None) -> int:
    """SQLite's primary result code of an error; 0 for any other error."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def reason(error: BaseException) -> Words:
    """What an error of SQLite says; SQLite's own messages are English only."""
    return error.reason if isinstance(error, WrongFile) else (str(error), str(error))


def advice(error: BaseException | None, *, when_damaged: Words) -> Words:
    """What to do about an error of SQLite; `when_damaged`: what to do once the file's content is lost."""
    if isinstance(error, WrongFile):
        return error.advice
    found = code(error)
    if found in DAMAGE:
        zh, en = when_damaged
        return f"文件已损坏，或是别的文件：{zh}", f"the file is damaged, or belongs to something else: {en}"
    return _ADVICE.get(found, ("请检查该文件", "check the file"))


def open_file(
    path: Path,
    layout: Layout,
    *,
    synchronous: Synchronous,
    timeout_s: float = BUSY_TIMEOUT_S,
    cached_statements: int = 128,
    shared_by_threads: bool = False,
) -> sqlite3.Connection:
    """A connection to the file, without implicit transactions; others may read while it writes.

    The file is made where it is missing, for this user alone, and its tables are brought to the layout's present
    version. A killed process loses nothing, whatever `synchronous`. Raises OSError, and sqlite3.Error: WrongFile where
    the file is of something else or of a newer program, and then nothing in it is changed.
    """
    make_private(path)
    db = sqlite3.connect(
        path,
        timeout=timeout_s,
        isolation_level=None,
        cached_statements=cached_statements,
        check_same_thread=not shared_by_threads,
    )
    try:
        layout.check(db)
        _switch_to_wal(db, timeout_s)
        db.execute(f"PRAGMA synchronous = {synchronous}")
        layout.bring_up(db)
    except BaseException:
        db.close()
        raise
    return db


def open_for_reading(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing in the file, which must be there. Raises sqlite3.Error."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)


def copy_file(source: Path, target: Path, *, as_one_file: bool) -> None:
    """Copy one state of the source over whatever the target holds, damaged or not, in one transaction of the target.

    SQLite's own copying; others may use the source meanwhile. `as_one_file`: without a write-ahead log beside it.
    Raises sqlite3.Error.
    """
    with closing(open_for_reading(source)) as here, closing(sqlite3.connect(target, timeout=BUSY_TIMEOUT_S)) as there:
        here.backup(there)
        if as_one_file:
            there.execute("PRAGMA journal_mode = DELETE").fetchall()


def is_damaged(path: Path) -> bool:
    """Whether the file is there and its content is no sound database; looks at all of it."""
    if not path.is_file():
        return False
    try:
        with closing(open_for_reading(path)) as db:
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


def _switch_to_wal(db: sqlite3.Connection, timeout_s: float) -> None:
    """Try again while another process does the same: SQLite's own waiting does not cover this switch."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
