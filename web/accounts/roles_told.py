"""Changes of users become entries of the national log, where its database is at hand, and are held against them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jinbao.platform.audit.statements.roles import (
    RoleChange,
    Standing,
    last_told,
    standing_of,
    take_roles,
    told_of,
    told_places,
)
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.store import Store
from jinbao.web.accounts.users import UserChange, all_users, changes_behind, log_name
from jinbao.web.accounts.users_file import UsersFile


def tell_roles(file: UsersFile, store: Store, now_us: int) -> int:
    """Make entries of what the log has not yet; returns how many. Raises StoreError."""
    place = log_name(file)
    with store.read() as work:
        new = changes_behind(file, last_told(work.bulk, place))
    if new:
        with store.write() as work:
            take_roles(work, place, _as_told(new), now_us)
    return len(new)


class Held(NamedTuple):
    """A file of users, held against the log."""

    different: list[str]
    """Users whose role neither the log nor the file's own record gives: it was written past both."""
    untold: list[str]
    """Users with changes that the file has noted, and the log has not."""
    is_other: bool
    """The log was told of other files alone: this one is in the place of one of them, or of another machine."""


def hold_roles(file: UsersFile, bulk: Bulk) -> Held:
    """Hold every user against what was said of it. Raises msgspec.DecodeError for a statement that was altered."""
    place, places = log_name(file), told_places(bulk)
    told = told_of(bulk, place)
    new = _as_told(changes_behind(file, max((change.number for change in told), default=0)))
    said = standing_of([*told, *new])
    users = {user.name: Standing(user.role, user.province, user.disabled) for user in all_users(file)}
    different = {name for name in said.keys() | users.keys() if said.get(name) != users.get(name)}
    is_other = bool(places) and place not in places
    return Held(sorted(users if is_other else different), sorted({change.user for change in new}), is_other)


def _as_told(changes: Sequence[UserChange]) -> list[RoleChange]:
    return [RoleChange(c.number, c.at_s * 1_000_000, c.by, c.change, c.name, c.role, c.province) for c in changes]
