"""Roles: who was added, disabled or given another role, when and by whom; entries of the log.

A file of users notes each change by itself; what it has noted is told here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from jinbao.platform.audit.statements.statements import append, said
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.store import UnitOfWork

KIND = "roles"
"""Of the statements."""


class RoleChange(msgspec.Struct, frozen=True):
    """One change of a user."""

    number: int
    """Counts up in its file of users."""
    at: int
    """Microseconds since 1970 UTC."""
    by: str
    """User of the machine on which it was done."""
    change: str
    """`added`, `role`, `disabled`, `enabled`, `password` or `removed`."""
    user: str
    role: str
    province: str | None


class Changes(msgspec.Struct, frozen=True):
    """Changes of one file of users, in order."""

    place: str
    """The name that the file got when it was made."""
    changes: list[RoleChange]


def last_told(bulk: Bulk, place: str) -> int:
    """The number of the last change of a file of users that is in the log; 0 where none is."""
    return max((change.number for change in told_of(bulk, place)), default=0)


class Standing(NamedTuple):
    """What a user may do."""

    role: str
    province: str | None
    disabled: bool


def standing_of(changes: Iterable[RoleChange]) -> dict[str, Standing]:
    """User → what changes, in order, have made of it; nobody who was removed."""
    found: dict[str, Standing] = {}
    for change in changes:
        if change.change == "removed":
            found.pop(change.user, None)
            continue
        was_disabled = change.user in found and found[change.user].disabled and change.change != "added"
        is_disabled = change.change == "disabled" or (was_disabled and change.change != "enabled")
        found[change.user] = Standing(change.role, change.province, is_disabled)
    return found


def told_of(bulk: Bulk, place: str) -> list[RoleChange]:
    """The changes of a file of users that are in the log, in order."""
    return [change for one in said(bulk, KIND, Changes) if one.body.place == place for change in one.body.changes]


def told_places(bulk: Bulk) -> set[str]:
    """The names of the files of users of which the log was told."""
    return {one.body.place for one in said(bulk, KIND, Changes)}


def take_roles(work: UnitOfWork, place: str, changes: Sequence[RoleChange], now_us: int) -> None:
    """Make an entry of each that is not in the log yet; while the log's lock is held."""
    last = last_told(work.bulk, place)
    for change in changes:
        if change.number > last:
            append(work, KIND, Changes(place, [change]), now_us)
