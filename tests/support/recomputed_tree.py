"""The whole tree of a log made again from the rows as they are, as somebody does who has changed them."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from jinbao.platform.audit.log.places import EMPTY, Entries, heads
from jinbao.platform.store import tree
from jinbao.platform.store.store import Store
from jinbao.transparency.check_proof import Checkpoint
from jinbao.transparency.signing import SigningKey


def recompute(opened: Store, key: SigningKey | None = None) -> None:
    """Make heads and tiles again, and close the store; sign all of it, if the log's key is in hand."""
    with closing(opened) as store, store.write() as work:
        old = list(heads(work.bulk))
        for table in ("tree_heads", "tree_tiles"):
            work.bulk.execute(f"DELETE FROM {table}")
        entries, before = Entries(work.bulk), EMPTY
        for head in old:
            rows: dict[str, list[Any]] = {}
            for each in entries.of(before, head):
                if each.row is not None:
                    rows.setdefault(each.source.name, []).append(each.row)
            tree.append(work.bulk, rows, head.recorded_at)
            before = head
        for head in heads(work.bulk):
            note = old.pop(0).note
            if key is not None:
                note = key.sign(str(Checkpoint(key.verifier.name, head.size, head.root)))
            work.bulk.execute("UPDATE tree_heads SET note = ? WHERE size = ?", note, head.size)
