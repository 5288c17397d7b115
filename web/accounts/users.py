"""Users: their roles and provinces; who adds, disables and lists them."""

from __future__ import annotations

import re
import secrets
import sqlite3
from typing import Literal, NamedTuple, TypeAlias, get_args

from jinbao.rules.provinces import PROVINCES
from jinbao.service.errors import UserError
from jinbao.web.accounts.passwords import LEAST_LENGTH, MOST_LENGTH, NOBODYS_HASH, hashed, is_right
from jinbao.web.accounts.users_file import UsersFile

Role: TypeAlias = Literal["ministry", "clerk", "finance", "supervisor", "auditor", "operator", "service"]
ROLES: tuple[Role, ...] = get_args(Role)
SERVICE: Role = "service"
"""A province's application, which has a token of its own: it never signs in."""
_OF_A_PROVINCE = frozenset({"clerk", "finance", "supervisor", SERVICE})
_OF_THE_NATION = frozenset({"ministry", "operator"})
"""An auditor may be of either."""
_NAME = re.compile(r"[\w.@-]{1,64}")


class UserChange(NamedTuple):
    """A change of a user, as the file has noted it."""

    number: int
    at_s: int
    """Seconds since 1970 UTC."""
    by: str
    change: str
    name: str
    role: str
    province: str | None


class User(NamedTuple):
    """Who may sign in."""

    user_id: int
    name: str
    role: Role
    province: str | None
    """None for who belongs to the nation."""
    disabled: bool


COLUMNS = "u.user_id, u.name, u.role, u.province, u.disabled"


def user_of(row: tuple[int, str, Role, str | None, int]) -> User:
    """The user of a row of `COLUMNS`."""
    return User(*row[:4], disabled=bool(row[4]))


def add_user(file: UsersFile, name: str, role: Role, province: str | None, password: str) -> None:
    """A new user. Raises UserError for a name that is taken or none, a role without its province, a weak password.

    A program has no password: what is given for one is not looked at.
    """
    if not _NAME.fullmatch(name):
        raise UserError(
            f"用户名 {name}：应为 1 至 64 个字母、汉字、数字或 . _ @ -",
            f"user name {name}: expected 1 to 64 letters, digits or . _ @ -",
        )
    _need_fitting(role, province)
    password_hash = _checked(secrets.token_urlsafe() if role == SERVICE else password)
    try:
        with file.writing() as db:
            db.execute(
                "INSERT INTO users (name, role, province, password) VALUES (?, ?, ?, ?)",
                (name, role, province, password_hash),
            )
    except sqlite3.IntegrityError:
        raise UserError(f"用户 {name} 已存在", f"user {name} exists already") from None


def _need_fitting(role: Role, province: str | None) -> None:
    if province is not None and province not in PROVINCES:
        raise UserError(f"--province {province}：没有这个省级代码", f"--province {province}: no such province")
    if province is None and role in _OF_A_PROVINCE:
        raise UserError(f"角色 {role} 需要 --province", f"role {role} needs --province")
    if province is not None and role in _OF_THE_NATION:
        raise UserError(f"角色 {role} 属于全国，请去掉 --province", f"role {role} is the nation's: no --province")


def set_password(file: UsersFile, name: str, password: str) -> None:
    """Another password; sessions and tokens end at once. Raises UserError."""
    password_hash = _checked(password)
    with file.writing() as db:
        user_id = id_of(db, name)
        db.execute("UPDATE users SET password = ? WHERE user_id = ?", (password_hash, user_id))
        _end_all(db, user_id)


def change_role(file: UsersFile, name: str, role: Role, province: str | None) -> None:
    """Another role; sessions and tokens end at once. Raises UserError as `add_user`."""
    _need_fitting(role, province)
    with file.writing() as db:
        user_id = id_of(db, name)
        db.execute("UPDATE users SET role = ?, province = ? WHERE user_id = ?", (role, province, user_id))
        _end_all(db, user_id)


def disable_user(file: UsersFile, name: str) -> None:
    """The user may no longer sign in; sessions and tokens end at once. Raises UserError."""
    with file.writing() as db:
        user_id = id_of(db, name)
        db.execute("UPDATE users SET disabled = 1 WHERE user_id = ?", (user_id,))
        _end_all(db, user_id)


def all_users(file: UsersFile) -> list[User]:
    """All users, by name."""
    with file.reading() as db:
        return [user_of(row) for row in db.execute(f"SELECT {COLUMNS} FROM users u ORDER BY name")]


def log_name(file: UsersFile) -> str:
    """The name of the file's own record of changes, made with it."""
    with file.reading() as db:
        return str(db.execute("SELECT name FROM log_name").fetchone()[0])


def changes_behind(file: UsersFile, number: int) -> list[UserChange]:
    """Changes behind a number, in order."""
    sql = "SELECT number, at, by, change, name, role, province FROM changes WHERE number > ? ORDER BY number"
    with file.reading() as db:
        return [UserChange(*row) for row in db.execute(sql, (number,))]


def user_named(file: UsersFile, name: str) -> User | None:
    """The user of that name, where there is one who may sign in."""
    with file.reading() as db:
        row = db.execute(f"SELECT {COLUMNS} FROM users u WHERE name = ? AND disabled = 0", (name,)).fetchone()
    user = None if row is None else user_of(row)
    return user if user is not None and user.role != SERVICE else None


def service_named(file: UsersFile, name: str) -> User | None:
    """The province's application of that name, unless it is disabled."""
    with file.reading() as db:
        row = db.execute(f"SELECT {COLUMNS} FROM users u WHERE name = ? AND disabled = 0", (name,)).fetchone()
    user = None if row is None else user_of(row)
    return user if user is not None and user.role == SERVICE else None


def user_with_password(file: UsersFile, name: str, password: str) -> User | None:
    """The user of that name and password; None takes as long whether name or password is wrong."""
    with file.reading() as db:
        row = db.execute(f"SELECT {COLUMNS}, u.password FROM users u WHERE name = ?", (name,)).fetchone()
    right = len(password) <= MOST_LENGTH and is_right(password, row[5] if row else NOBODYS_HASH)
    user = user_of(row) if row else None
    return user if right and user is not None and not user.disabled and user.role != SERVICE else None


def _checked(password: str) -> str:
    if not LEAST_LENGTH <= len(password) <= MOST_LENGTH:
        raise UserError(
            f"密码应为 {LEAST_LENGTH} 至 {MOST_LENGTH} 个字符",
            f"a password has {LEAST_LENGTH} to {MOST_LENGTH} characters",
        )
    return hashed(password)


def id_of(db: sqlite3.Connection, name: str) -> int:
    """The number of the user of that name. Raises UserError."""
    row = db.execute("SELECT user_id FROM users WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise UserError(f"没有用户 {name}；见 jinbao users list", f"no user {name}; see jinbao users list")
    return int(row[0])


def _end_all(db: sqlite3.Connection, user_id: int) -> None:
    for table in ("sessions", "tokens"):
        db.execute(f"DELETE FROM {table} WHERE user_id = ?", (user_id,))
