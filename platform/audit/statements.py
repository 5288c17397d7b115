"""Statements of the transparency log: what is said in it that has no row elsewhere, each kind with its typed body.

A kind's name and body stand in the file of its subject; here they are written and read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from jinbao.platform.audit.log import newest_head
from jinbao.platform.store import tree
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.store import Store

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
    """Append one as an entry of its own. What was recorded before is never later: so time does not go back in the log.

    Raises StoreError.
    """
    with store.write() as work:
        recorded_at = max(now_us, newest_head(work.bulk).recorded_at)
        tree.state(work.bulk, kind, msgspec.to_builtins(body), recorded_at)


def said(bulk: Bulk, kind: str, body: type[Body]) -> Iterator[Said[Body]]:
    """All of a kind, in order. Raises msgspec.DecodeError for a body that nobody wrote so, which `verify` tells."""
    sql = "SELECT number, recorded_at, body FROM tree_statements WHERE kind = ? ORDER BY number"
    for number, recorded_at, text in bulk.stream(sql, kind):
        yield Said(number, recorded_at, msgspec.json.decode(text, type=body))
