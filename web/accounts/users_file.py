"""The file `users.sqlite`: users, sessions, tokens and failed attempts; one connection, which threads share in turn."""

from __future__ import annotations

import getpass
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
_CHANGES = """
CREATE TABLE changes (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, by TEXT NOT NULL, change TEXT NOT NULL,
    name TEXT NOT NULL, role TEXT NOT NULL, province TEXT
);
CREATE TABLE log_name (name TEXT NOT NULL);
INSERT INTO log_name VALUES (lower(hex(randomblob(4))));
INSERT INTO changes (at, by, change, name, role, province)
    SELECT strftime('%s', 'now'), '', CASE disabled WHEN 0 THEN 'added' ELSE 'disabled' END, name, role, province
    FROM users;
CREATE TRIGGER changes_never_change BEFORE UPDATE ON changes BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER changes_never_go BEFORE DELETE ON changes BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER users_added AFTER INSERT ON users BEGIN
    INSERT INTO changes (at, by, change, name, role, province)
    VALUES (strftime('%s', 'now'), jinbao_user(), 'added', NEW.name, NEW.role, NEW.province);
END;
CREATE TRIGGER users_changed AFTER UPDATE OF name, role, province, disabled, password ON users BEGIN
    INSERT INTO changes (at, by, change, name, role, province) VALUES (strftime('%s', 'now'), jinbao_user(),
        CASE WHEN NEW.disabled > OLD.disabled THEN 'disabled' WHEN NEW.disabled < OLD.disabled THEN 'enabled'
             WHEN NEW.role IS NOT OLD.role OR NEW.province IS NOT OLD.province OR NEW.name IS NOT OLD.name THEN 'role'
             ELSE 'password' END, NEW.name, NEW.role, NEW.province);
END;
CREATE TRIGGER users_removed AFTER DELETE ON users BEGIN
    INSERT INTO changes (at, by, change, name, role, province)
    VALUES (strftime('%s', 'now'), jinbao_user(), 'removed', OLD.name, OLD.role, OLD.province);
END;
"""
"""Each change is noted in its own transaction, whoever makes it; `by` is empty for users of before."""
_LAYOUT = Layout((_TABLES, _TOKENS_EXPIRE, _CHANGES), application_id=0x4A425553)  # "JBUS"


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
        self._db.create_function("jinbao_user", 0, _this_user)
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


def _this_user() -> str:
    """The user of this machine, who changes a user."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
