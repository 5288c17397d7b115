"""The transparency log as tlog-tiles serve it: checkpoint, tiles of hashes, bundles of entries (docs/audit.md).

What is served ends with the newest checkpoint that witnesses have cosigned (signed, where there are no witnesses), so
that a reader whose policy wants them can verify all of it; bundles are made anew of the stored rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from jinbao.platform.audit.log.places import placed, published_head
from jinbao.platform.store.bulk import Bulk
from jinbao.platform.store.tree import read_tile
from jinbao.transparency.check_proof import NotValid
from jinbao.transparency.tiles import WIDTH, TilePath, bundle, parse_tile_path, width_of

CHECKPOINT = "checkpoint"


def served(bulk: Bulk, path: str) -> bytes | None:
    """What lies at a path of the log; None where nothing does, as where a row that it needs is gone."""
    head = published_head(bulk)
    if path == CHECKPOINT:
        return head.note.encode() if head.note else None
    try:
        tile = parse_tile_path(path)
    except NotValid:
        return None
    if width_of((tile.level or 0, tile.number), head.size) < tile.width:
        return None
    if tile.level is not None:
        return read_tile(bulk, (tile.level, tile.number))[: tile.width * 32]
    start = tile.number * WIDTH
    entries = [each.entry for each in placed(bulk, start, start + tile.width)]
    known = [entry for entry in entries if entry is not None]
    return bundle(known) if len(known) == tile.width else None


def all_paths(bulk: Bulk) -> Iterator[str]:
    """Every path under the checkpoint that is served, the checkpoint last."""
    size = published_head(bulk).size
    level: int | None = None
    while level is None or size >> (8 * level):
        number = 0
        while width := width_of((level or 0, number), size):
            yield str(TilePath(level, number, width))
            number += 1
        level = 0 if level is None else level + 1
    yield CHECKPOINT


def write_tiles(bulk: Bulk, folder: Path) -> None:
    """Write the log as files at the same paths below a folder. Raises OSError."""
    for path in all_paths(bulk):
        content = served(bulk, path)
        if content is not None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
