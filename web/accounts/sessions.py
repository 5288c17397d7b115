"""Sessions of browsers and tokens of programs: random secrets, kept as their SHA-256, ended at any time.

Each request asks for its user anew, so who is disabled or has another password, or whose token was ended, is out at
once.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import NamedTuple

from jinbao.service.errors import UserError
from jinbao.web.accounts.users import COLUMNS, User, id_of, user_of
from jinbao.web.accounts.users_file import UsersFile

LONGEST_S, IDLE_S = 12 * 3_600, 2 * 3_600
"""A session ends so long after it began, and so long after it was last used."""
TOKEN_DAYS = 365
"""So long is a token valid unless something else is asked for."""
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


class Token(NamedTuple):
    """A token as it is listed: never the token itself."""

    token_id: str
    """Eight hexadecimal digits of its SHA-256: what it is ended by."""
    made_at: int
    expires_at: int | None
    """None for one that was made before tokens had an end."""


def make_token(file: UsersFile, name: str, valid_days: int = TOKEN_DAYS) -> str:
    """A new token of the user, with the user's rights, until it expires or is ended, or the user is disabled.

    Another password ends it, too. Raises UserError where there is no such user, or one that is disabled.
    """
    token, now = secrets.token_urlsafe(32), int(time.time())
    with file.writing() as db:
        made = db.execute(
            "INSERT INTO tokens (secret, user_id, made_at, expires_at) "
            "SELECT ?, user_id, ?, ? FROM users WHERE name = ? AND disabled = 0",
            (_kept(token), now, now + valid_days * 86_400, name),
        ).rowcount
    if not made:
        raise UserError(
            f"没有可用的用户 {name}；见 jinbao users list",
            f"no user {name}, or one that is disabled; see jinbao users list",
        )
    return token


def tokens_of(file: UsersFile, name: str) -> list[Token]:
    """The tokens of a user, the newest last; those that have expired are among them. Raises UserError."""
    with file.reading() as db:
        rows = db.execute(
            "SELECT secret, made_at, expires_at FROM tokens WHERE user_id = ? ORDER BY made_at, rowid",
            (id_of(db, name),),
        ).fetchall()
    return [Token(_id_of(secret), made_at, expires_at) for secret, made_at, expires_at in rows]


def revoke_token(file: UsersFile, name: str, token_id: str) -> None:
    """One token ends at once, the user's others go on. Raises UserError where the user has no such token."""
    with file.writing() as db:
        user_id = id_of(db, name)
        secrets_ = [row[0] for row in db.execute("SELECT secret FROM tokens WHERE user_id = ?", (user_id,))]
        found = [(secret,) for secret in secrets_ if _id_of(secret) == token_id]
        db.executemany("DELETE FROM tokens WHERE secret = ?", found)
    if not found:
        raise UserError(
            f"用户 {name} 没有令牌 {token_id}；见 jinbao users tokens {name}",
            f"user {name} has no token {token_id}; see jinbao users tokens {name}",
        )


def user_of_token(file: UsersFile, token: str) -> User | None:
    """Whose token it is; None where it has ended."""
    with file.reading() as db:
        row = db.execute(
            f"SELECT {COLUMNS} FROM tokens t JOIN users u ON u.user_id = t.user_id "
            "WHERE t.secret = ? AND u.disabled = 0 AND (t.expires_at IS NULL OR t.expires_at > ?)",
            (_kept(token), int(time.time())),
        ).fetchone()
    return None if row is None else user_of(row)


def _id_of(kept: bytes) -> str:
    return kept.hex()[:8]


def _kept(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
