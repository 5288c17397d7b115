"""Sessions of browsers and tokens of programs: random secrets, kept as their SHA-256, ended at any time.

Each request asks for its user anew, so who is disabled or has another password is out at once.
"""

from __future__ import annotations

import hashlib
import secrets
import time

from jinbao.service.errors import UserError
from jinbao.web.accounts.users import COLUMNS, User, user_of
from jinbao.web.accounts.users_file import UsersFile

LONGEST_S, IDLE_S = 12 * 3_600, 2 * 3_600
"""A session ends so long after it began, and so long after it was last used."""
_SEEN_AGAIN_S = 60
"""How often it is noted that a session is used."""


def begin_session(file: UsersFile, user: User) -> str:
    """The secret of a new session of the user; sessions that have ended are forgotten."""
    secret, now = secrets.token_urlsafe(32), int(time.time())
    with file.writing() as db:
        db.execute("DELETE FROM sessions WHERE began_at <= ? OR seen_at <= ?", (now - LONGEST_S, now - IDLE_S))
        db.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", (_kept(secret), user.user_id, now, now))
    return secret


def user_of_session(file: UsersFile, secret: str, *, used: bool = True) -> User | None:
    """Whose session it is; None where it has ended. `used`: whether that keeps it from ending."""
    now = int(time.time())
    with file.reading() as db:
        row = db.execute(
            f"SELECT {COLUMNS}, s.seen_at FROM sessions s JOIN users u ON u.user_id = s.user_id "
            "WHERE s.secret = ? AND u.disabled = 0 AND s.began_at > ? AND s.seen_at > ?",
            (_kept(secret), now - LONGEST_S, now - IDLE_S),
        ).fetchone()
    if row is None:
        return None
    if used and row[5] <= now - _SEEN_AGAIN_S:
        with file.writing() as db:
            db.execute("UPDATE sessions SET seen_at = ? WHERE secret = ?", (now, _kept(secret)))
    return user_of(row)


def end_session(file: UsersFile, secret: str) -> None:
    """The session is over; twice is harmless."""
    with file.writing() as db:
        db.execute("DELETE FROM sessions WHERE secret = ?", (_kept(secret),))


def make_token(file: UsersFile, name: str) -> str:
    """A new token of the user, with the user's rights, until the user is disabled or changes the password.

    Raises UserError where there is no such user, or one that is disabled.
    """
    token = secrets.token_urlsafe(32)
    with file.writing() as db:
        made = db.execute(
            "INSERT INTO tokens SELECT ?, user_id, ? FROM users WHERE name = ? AND disabled = 0",
            (_kept(token), int(time.time()), name),
        ).rowcount
    if not made:
        raise UserError(
            f"没有可用的用户 {name}；见 jinbao users list",
            f"no user {name}, or one that is disabled; see jinbao users list",
        )
    return token


def user_of_token(file: UsersFile, token: str) -> User | None:
    """Whose token it is."""
    with file.reading() as db:
        row = db.execute(
            f"SELECT {COLUMNS} FROM tokens t JOIN users u ON u.user_id = t.user_id "
            "WHERE t.secret = ? AND u.disabled = 0",
            (_kept(token),),
        ).fetchone()
    return None if row is None else user_of(row)


def _kept(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
