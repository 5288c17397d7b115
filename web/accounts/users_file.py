"""The file `users.sqlite`: users, sessions, tokens and failed attempts; one connection, which threads share in turn."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jinbao.service.errors import UserError
from jinbao.storage.sqlite_file import Layout, WrongFile, advice, open_file, transaction

NAME = "users.sqlite"
"""Below the data folder."""

_TABLES = """
CREATE TABLE users (
    user_id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, province TEXT,
    password TEXT NOT NULL, disabled INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE sessions (
    secret BLOB PRIMARY KEY, user_id INTEGER NOT NULL, began_at INTEGER NOT NULL, seen_at INTEGER NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE TABLE tokens (secret BLOB PRIMARY KEY, user_id INTEGER NOT NULL, made_at INTEGER NOT NULL);
CREATE INDEX tokens_user ON tokens (user_id);
CREATE TABLE failed_attempts (account BLOB NOT NULL, address TEXT NOT NULL, at INTEGER NOT NULL);
CREATE INDEX failed_attempts_account ON failed_attempts (account, address);
CREATE INDEX failed_attempts_address ON failed_attempts (address);
CREATE INDEX failed_attempts_at ON failed_attempts (at);
CREATE TABLE known_addresses (
    account BLOB NOT NULL, address TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (account, address)
);
"""
_TOKENS_EXPIRE = "ALTER TABLE tokens ADD COLUMN expires_at INTEGER;"
_LAYOUT = Layout((_TABLES, _TOKENS_EXPIRE), application_id=0x4A425553)  # "JBUS"


class UsersFile:
    """The open file. Instants in it are whole seconds since 1970 UTC; secrets are kept as their SHA-256."""

    def __init__(self, folder: Path) -> None:
        """Opens or makes it in the data folder. Raises UserError, WrongFile where it cannot be used."""
        self.path = folder / NAME
        try:
            self._db = open_file(self.path, _LAYOUT, synchronous="FULL", shared_by_threads=True)
        except WrongFile:
            raise
        except (OSError, sqlite3.Error) as error:
            zh, en = advice(error, when_damaged=("请恢复备份", "restore its backup"))
            raise UserError(f"{self.path}：{error}；{zh}", f"{self.path}: {error}; {en}") from None
        self._one_at_a_time = threading.Lock()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, alone."""
        with self._one_at_a_time:
            yield self._db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection in a transaction, which keeps all changes of the block or none."""
        with self._one_at_a_time, transaction(self._db):
            yield self._db

    def close(self) -> None:
        """Close it, once nobody is using it: a connection that is closed under a thread takes the process with it."""
        with self._one_at_a_time:
            self._db.close()
