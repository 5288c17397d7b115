"""How far the log is witnessed: the newest head that a quorum has cosigned, found without reading all heads."""

from __future__ import annotations

from typing import NamedTuple

from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.store import UnitOfWork
from jinbao.transparency.check_proof import Policy
from jinbao.transparency.witnessing import has_quorum

_MARK = "witnessed"
"""Size of the newest head that had a quorum: where to look first, believed by nobody who has a policy."""
_NEWEST = "SELECT size FROM tree_heads WHERE note IS NOT NULL ORDER BY size DESC LIMIT 1"
_COSIGNED = "SELECT size, note FROM tree_heads WHERE size >= ? AND note LIKE ? ORDER BY size DESC"
_LIKE_COSIGNED = "%\n— %\n— %"
"""A note with more than the log's own signature."""


def witnessed_size(bulk: Bulk, policy: Policy) -> int:
    """Size of the newest head whose checkpoint a quorum has cosigned; 0 where there is none."""
    if policy.is_enough(()):
        return bulk.execute(_NEWEST).scalar() or 0
    for start in dict.fromkeys((noted_size(bulk), 0)):
        for size, note in bulk.stream(_COSIGNED, start, _LIKE_COSIGNED):
            if has_quorum(policy, note):
                return int(size)
    return 0


def noted_size(bulk: Bulk) -> int:
    """Of the newest head that had a quorum, as the platform has noted it; 0 where none had."""
    found = bulk.execute("SELECT value FROM marks WHERE name = ?", _MARK).scalar()
    return int(found) if found and found.isdecimal() else 0


def note_witnessed(work: UnitOfWork, size: int) -> None:
    """Note that a head has a quorum."""
    if size > noted_size(work.bulk):
        work.set_mark(_MARK, str(size))


class Tail(NamedTuple):
    """The end of the log that no quorum has cosigned."""

    entries: int
    since_us: int
    """When its oldest head was recorded, microseconds since 1970 UTC."""


def unwitnessed(bulk: Bulk, policy: Policy) -> Tail | None:
    """The tail; None where a quorum has cosigned all."""
    size = witnessed_size(bulk, policy)
    since = bulk.execute("SELECT recorded_at FROM tree_heads WHERE size > ? ORDER BY size LIMIT 1", size).scalar()
    if since is None:
        return None
    return Tail(bulk.execute("SELECT MAX(size) FROM tree_heads").scalar_one() - size, since)
