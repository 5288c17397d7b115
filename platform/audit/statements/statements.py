"""Statements of the transparency log: what is said in it that has no row elsewhere, each kind with its typed body.

A kind's name and body stand in the file of its subject; here they are written and read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from jinbao.platform.store import tree
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.store import Store, UnitOfWork

Body = TypeVar("Body", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Said(Generic[Body]):
    """A statement as it is stored."""

    number: int
    """Counted from one, over all kinds."""
    recorded_at: int
    """Microseconds since 1970 UTC."""
    body: Body


def say(store: Store, kind: str, body: msgspec.Struct, now_us: int) -> None:
    """Append one as an entry of its own, in a transaction of its own. Raises StoreError."""
    with store.write() as work:
        append(work, kind, body, now_us)


def append(work: UnitOfWork, kind: str, body: msgspec.Struct, now_us: int) -> None:
    """Append one as an entry of its own; while the log's lock is held.

    What was recorded before is never later, whose clock it is that goes behind; a simulated nation's time, which is not
    ours, stays where it is.
    """
    last = max(tree.last_recorded_at(work.bulk), work.last_recorded_at())
    recorded_at = last if last and work.is_simulated() else max(now_us, last)
    tree.state(work.bulk, kind, msgspec.to_builtins(body), recorded_at)


def said(bulk: Bulk, kind: str, body: type[Body]) -> Iterator[Said[Body]]:
    """All of a kind, in order. Raises msgspec.DecodeError for a body that nobody wrote so, which `verify` tells."""
    sql = "SELECT number, recorded_at, body FROM tree_statements WHERE kind = ? ORDER BY number"
    for number, recorded_at, text in bulk.stream(sql, kind):
        yield Said(number, recorded_at, msgspec.json.decode(text, type=body))
