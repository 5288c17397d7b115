"""Layouts of SQLite files: the steps that bring a file of any earlier version to the present one.

A file counts the steps that it has had in SQLite's own `user_version`. A layout is only ever appended to: a change of
tables is one more step. Files of before this was counted (version 0) have their tables already, so a first step makes
what is missing (`IF NOT EXISTS`) and brings older shapes over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jinbao.language.words import BilingualError, Words
from jinbao.storage.transaction import transaction

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
