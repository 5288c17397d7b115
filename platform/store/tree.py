"""The transparency log's tree, written in the transaction that writes the rows: no row is ever without its entry.

Following the log afterwards would read every row again, cost more than the hashing, and leave a while in which a row
can be changed unseen. A transaction's rows are appended in the order of `SOURCES`; its head notes how far each table
is in the tree then. Heads are signed by whoever relays (`platform/outbox/checkpoints.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from jinbao.platform.store.bulk import Bulk, Row, Upsert
from jinbao.platform.store.entries import SOURCES, Source
from jinbao.platform.store.errors import EntryTooLong
from jinbao.platform.store.tables import tree_heads, tree_statements, tree_tiles
from jinbao.transparency.check_proof import leaf_hash
from jinbao.transparency.merkle import EMPTY_ROOT
from jinbao.transparency.tiles import LONGEST_ENTRY, TiledTree, TileKey

ADOPTED = "adopted"
"""Kind of the statement that begins the tree of an older database: it tells which rows were there before."""
_TILES = Upsert(tree_tiles, ("level", "number"), {"hashes": "set"})
_ADOPTED_AT_ONCE = 10_000
_NAMES = ", ".join(source.name for source in SOURCES)
_KEPT = "transparency log's tree"
"""Under this name a connection keeps the tree as it last wrote it, which mostly is as the next transaction finds it."""


class Ends(NamedTuple):
    """The last rows of the tables that a batch is written to, 0 where there is none; stable under the log's lock."""

    intake: int
    events: int
    outbox: int
    tree_statements: int
    recorded_at: int
    """When log, intake or tree were last written to, microseconds since 1970 UTC: a statement may be newest."""


def read_tile(bulk: Bulk, key: TileKey) -> bytes:
    """The stored hashes of a tile; none where it is not there."""
    found = bulk.execute("SELECT hashes FROM tree_tiles WHERE level = ? AND number = ?", *key).scalar()
    return bytes(found) if found is not None else b""


def last_recorded_at(bulk: Bulk) -> int:
    """When the newest head was recorded, microseconds since 1970 UTC: a statement may be newer than any message."""
    return bulk.execute("SELECT recorded_at FROM tree_heads ORDER BY size DESC LIMIT 1").scalar() or 0


_ENDS = "SELECT " + ", ".join(
    f"(SELECT {what} FROM {table} ORDER BY {key} DESC LIMIT 1)"
    for table, key, what in (
        ("intake", "position", "position"),
        ("events", "position", "position"),
        ("outbox", "id", "id"),
        ("tree_statements", "number", "number"),
        ("intake", "position", "recorded_at"),
        ("events", "position", "recorded_at"),
        ("tree_heads", "size", "recorded_at"),
    )
)


def ends(bulk: Bulk) -> Ends:
    """Where a batch goes on, in one statement: everybody else who writes waits meanwhile."""
    intake, events, outbox, statements, *times = (each or 0 for each in bulk.execute(_ENDS).one())
    return Ends(intake, events, outbox, statements, max(times))


def append(bulk: Bulk, rows: Mapping[str, Sequence[Row]], recorded_at: int) -> None:
    """Append new rows, by table, as entries, and write the head; while the log's lock is held."""
    found = bulk.execute(f"SELECT size, root, {_NAMES} FROM tree_heads ORDER BY size DESC LIMIT 1").fetchone()
    size, root, *last = tuple(found or (0, EMPTY_ROOT, *(0 for _ in SOURCES)))
    tree = _kept_tree(bulk, size, bytes(root))
    for number, source in enumerate(SOURCES):
        if added := rows.get(source.name):
            tree.extend([leaf_hash(_entry(source, row)) for row in added])
            last[number] = added[-1][0]
    if tree.size > size:
        bulk.upsert(_TILES, [(*key, hashes) for key, hashes in tree.changed.items()])
        bulk.insert(tree_heads, [(tree.size, tree.root(), recorded_at, *last, None)])
        tree.changed.clear()


def _entry(source: Source, row: Row) -> bytes:
    entry = source.entry(row)
    if len(entry) > LONGEST_ENTRY:
        raise EntryTooLong(
            f"{source.name} 的一行为 {len(entry):,} 字节，日志条目最长 {LONGEST_ENTRY:,}；请写短些",
            f"a row of {source.name} has {len(entry):,} bytes, an entry of the log at most {LONGEST_ENTRY:,}: say less",
        )
    return entry


def _kept_tree(bulk: Bulk, size: int, root: bytes) -> TiledTree:
    """The tree as its newest head has it; read anew where the connection's own is of another or was rolled back."""
    kept = bulk.connection.info
    tree: TiledTree | None = kept.get(_KEPT)
    if tree is not None:
        tree.read = lambda key: read_tile(bulk, key)
    if tree is None or tree.size != size or tree.root() != root:
        tree = kept[_KEPT] = TiledTree(size, lambda key: read_tile(bulk, key))
    return tree


def state(bulk: Bulk, kind: str, body: object, recorded_at: int) -> None:
    """Append a statement, which has no row elsewhere, as an entry of its own; while the log's lock is held."""
    last = bulk.execute("SELECT COALESCE(MAX(number), 0) FROM tree_statements").scalar_one()
    row = (last + 1, recorded_at, kind, json.dumps(body, ensure_ascii=False, sort_keys=True))
    bulk.insert(tree_statements, [row])
    append(bulk, {tree_statements.name: [row]}, recorded_at)


def adopt(bulk: Bulk, recorded_at: int) -> None:
    """Take the rows of a database that was older than the tree into it, after a statement that says so."""
    if bulk.execute("SELECT COUNT(*) FROM tree_heads").scalar_one():
        return
    ends = {source.name: _end(bulk, source) for source in SOURCES if source.table is not tree_statements}
    if not any(ends.values()):
        return
    state(bulk, ADOPTED, ends, recorded_at)
    for source in SOURCES:
        rows = iter(stored_rows(bulk, source, 0, ends.get(source.name, 0)))
        while some := list(islice(rows, _ADOPTED_AT_ONCE)):
            append(bulk, {source.name: some}, recorded_at)


def _end(bulk: Bulk, source: Source) -> int:
    found: int = bulk.execute(f"SELECT COALESCE(MAX({source.key}), 0) FROM {source.name}").scalar_one()
    return found


def stored_rows(bulk: Bulk, source: Source, after: int, until: int) -> Iterable[Row]:
    """A table's rows whose keys follow one, up to another, in order."""
    names = ", ".join(column.name for column in source.table.columns)
    sql = f"SELECT {names} FROM {source.name} WHERE {source.key} > ? AND {source.key} <= ? ORDER BY {source.key}"
    return bulk.stream(sql, after, until)
