"""SQLite files of ours: the present layout of their tables, opening, transactions, who uses one, what errors mean."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jinbao.language.words import BilingualError, Words

Step = str | Callable[[sqlite3.Connection], None]
"""Statements of SQL, or a function that changes the file; either runs inside a transaction."""


class WrongFile(BilingualError, sqlite3.DatabaseError):
    """A sound database that this program must not use: of something else, or of a newer version."""

    def __init__(self, db: sqlite3.Connection, reason: Words, advice: Words) -> None:
        file = str(db.execute("PRAGMA database_list").fetchone()[2])
        super().__init__(f"{file}：{reason[0]}；{advice[0]}", f"{file}: {reason[1]}; {advice[1]}")
        self.reason = reason
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Layout:
    """The tables of one kind of file."""

    steps: tuple[Step, ...]
    """Step n brings a file from version n - 1 to n, counted from 1."""
    application_id: int = 0
    """SQLite's mark of whose file it is; 0: unmarked. A marked file takes over no tables of anybody else."""

    def check(self, db: sqlite3.Connection) -> bool:
        """Whether the file is at the present version. Raises WrongFile where this program must not use it."""
        (version,) = db.execute("PRAGMA user_version").fetchone()
        (mark,) = db.execute("PRAGMA application_id").fetchone()
        (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        known = len(self.steps)
        if tables and mark != self.application_id:
            raise WrongFile(db, ("是别的数据库", "a database of something else"), ("请另选文件", "choose another file"))
        if version > known:
            words = (f"结构为 {version}，本程序读 {known}", f"layout {version}, this program reads {known}")
            raise WrongFile(db, words, ("请用写它的程序或更新的程序", "use the program that wrote it, or a later one"))
        return bool(tables and version == known)

    def bring_up(self, db: sqlite3.Connection) -> None:
        """Make the tables or bring them to the present version: all or nothing, one process after the other.

        Raises WrongFile, as `check` does.
        """
        if self.check(db):
            return
        with transaction(db):
            if self.check(db):  # another process was first
                return
            (version,) = db.execute("PRAGMA user_version").fetchone()
            for step in self.steps[version:]:
                if isinstance(step, str):
                    for statement in statements(step):
                        db.execute(statement)
                else:
                    step(db)
            db.execute(f"PRAGMA application_id = {self.application_id}")
            db.execute(f"PRAGMA user_version = {len(self.steps)}")


def statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would end the transaction around it."""
    statement = ""
    for part in script.split(";"):
        statement += part + ";"
        if statement.strip(" \n;") and sqlite3.complete_statement(statement):
            yield statement
            statement = ""


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


_REASONS: dict[int, str] = {
    sqlite3.SQLITE_BUSY: "数据库正被占用",
    sqlite3.SQLITE_LOCKED: "数据库正被占用",
    sqlite3.SQLITE_FULL: "磁盘已满",
    sqlite3.SQLITE_IOERR: "读写出错",
    sqlite3.SQLITE_READONLY: "数据库只读，不能写入",
    sqlite3.SQLITE_PERM: "没有权限",
    sqlite3.SQLITE_CANTOPEN: "数据库文件打不开",
    sqlite3.SQLITE_CORRUPT: "数据库文件已损坏",
    sqlite3.SQLITE_NOTADB: "不是数据库文件",
    sqlite3.SQLITE_NOMEM: "内存不足",
}


def code(error: BaseException | None) -> int:
    """SQLite's primary result code of an error; 0 for any other error."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def reason(error: BaseException) -> Words:
    """What an error of SQLite says, in Chinese by its code: SQLite's own messages are English only."""
    if isinstance(error, WrongFile):
        return error.reason
    return _REASONS.get(code(error), f"SQLite 出错：{error}"), str(error)


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


@contextmanager
def transaction(db: sqlite3.Connection, kind: Literal["IMMEDIATE", "DEFERRED"] = "IMMEDIATE") -> Iterator[None]:
    """Keep all changes of the block or none; DEFERRED: the block reads one state of the file."""
    db.execute(f"BEGIN {kind}")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk ends it by itself
            db.execute("ROLLBACK")
        raise


class FileInUse(Exception):
    """Somebody uses the file, or has it to himself just now."""


class UseLock:
    """One user of a file, beside others, or the only one. The lock lies beside the file and stays when it is free.

    Two locks conflict within one process as well. Not kept across `fork` alone: start processes by spawning.
    """

    def __init__(self, file: Path, *, alone: bool = False) -> None:
        """Take the lock at once. Raises FileInUse, and OSError where the lock file cannot be made."""
        self._handle = os.open(
            file.with_name(f"{file.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
        )
        try:
            fcntl.flock(self._handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._handle)
            self._handle = -1
            raise FileInUse(str(file)) from None

    def close(self) -> None:
        """Let the file go; twice is harmless."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
