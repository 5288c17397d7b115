"""Roles: who was added, disabled or given another role, when and by whom; entries of the log.

A file of users notes each change by itself; what it has noted is told here.
"""

from __future__ import annotations

from collections.abc import Sequence

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
    told = (one.body.changes[-1].number for one in said(bulk, KIND, Changes) if one.body.place == place)
    return max(told, default=0)


def take_roles(work: UnitOfWork, place: str, changes: Sequence[RoleChange], now_us: int) -> None:
    """Make an entry of each that is not in the log yet; while the log's lock is held."""
    last = last_told(work.bulk, place)
    for change in changes:
        if change.number > last:
            append(work, KIND, Changes(place, [change]), now_us)
