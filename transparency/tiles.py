"""Tiles of a log (c2sp.org/tlog-tiles): where they lie, and a tree that is kept and grown as them.

A tile of level L holds up to 256 hashes, each over 256^L entries. Only complete subtrees are ever stored, so a tile
that is full never changes; the last one of each level grows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from jinbao.transparency.check_proof import NotValid, parse_number
from jinbao.transparency.merkle import complete_subtrees, fold, join

WIDTH = 256
_BITS = 8
_HASH = 32
LONGEST_ENTRY = 65_535
"""Bytes of an entry, whose length a bundle of entries writes in two."""

TileKey = tuple[int, int]
"""Level and number."""


class TilePath(NamedTuple):
    """What a tile's address names: level (None for a bundle of entries), number, and how many it holds."""

    level: int | None
    number: int
    width: int = WIDTH

    def __str__(self) -> str:
        digits = f"{self.number:d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        place = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        partial = f".p/{self.width}" if self.width < WIDTH else ""
        return f"tile/{'entries' if self.level is None else self.level}/{place}{partial}"


def parse_tile_path(path: str) -> TilePath:
    """The tile that an address names. Raises NotValid."""
    try:
        _, level, rest = path.split("/", 2)
        place, partial, width = rest.partition(".p/")
        number = int("".join(group.removeprefix("x") for group in place.split("/")))
        found = TilePath(
            None if level == "entries" else parse_number(level), number, parse_number(width) if partial else WIDTH
        )
    except ValueError:
        found = TilePath(None, -1)
    if str(found) != path or not 0 < found.width <= WIDTH or (found.level or 0) > 63:
        raise NotValid(f"不是瓦片的地址：{path}", f"not a tile's address: {path}")
    return found


def width_of(key: TileKey, size: int) -> int:
    """How many hashes a tile has in a tree of so many entries; 0 where it has none."""
    level, number = key
    return max(0, min(WIDTH, (size >> (_BITS * level)) - number * WIDTH))


def bundle(entries: Iterable[bytes]) -> bytes:
    """A bundle of entries: the length of each in two bytes, and its bytes."""
    return b"".join(len(entry).to_bytes(2) + entry for entry in entries)


def entries_of(data: bytes) -> list[bytes]:
    """The entries of a bundle. Raises NotValid."""
    found, at = [], 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2])
        if len(data) < at + 2 or len(data) < end:
            raise NotValid("条目集在中途结束", "a bundle of entries ends in the middle of one")
        found.append(data[at + 2 : end])
        at = end
    return found


class TiledTree:
    """A tree that grows: it reads the tiles on its right edge, and has those that are new or longer in `changed`."""

    def __init__(self, size: int, read: Callable[[TileKey], bytes] = lambda _: b"") -> None:
        self.size = size
        self.changed: dict[TileKey, bytes] = {}
        self.read = read
        """A tile's bytes, as they are stored; each is read once."""
        self._edge: dict[int, tuple[int, list[bytes]]] = {}
        """Level → number and hashes of its last tile."""
        self._folded: dict[tuple[int, int], bytes] = {}
        """Complete subtrees that the last root was made of: most are those of the next root, too."""

    def _last(self, level: int) -> tuple[int, list[bytes]]:
        found = self._edge.get(level)
        if found is None:
            number, width = divmod(self.size >> (_BITS * level), WIDTH)
            found = self._edge[level] = number, split_hashes(self.read((level, number)), width) if width else []
        return found

    def extend(self, leaves: Sequence[bytes]) -> None:
        """Append entries by their leaf hashes."""
        self._append(0, leaves)
        self.size += len(leaves)

    def _append(self, level: int, hashes: Sequence[bytes]) -> None:
        number, last = self._last(level)
        at, full = 0, list[bytes]()
        while at < len(hashes):
            taken = hashes[at : at + WIDTH - len(last)]
            last.extend(taken)
            at += len(taken)
            self.changed[level, number] = b"".join(last)
            if len(last) == WIDTH:
                full.append(fold(last))
                number, last = number + 1, []
        if full:
            self._append(level + 1, full)
        self._edge[level] = number, last

    def root(self) -> bytes:
        """The root over all entries."""
        folded = self._folded
        self._folded = {key: folded.get(key) or self._subtree(*key) for key in complete_subtrees(0, self.size)}
        return join(self._folded.values())

    def _subtree(self, level: int, number: int) -> bytes:
        tile_level, rest = divmod(level, _BITS)
        first = number << rest
        tile, hashes = self._last(tile_level)
        assert first // WIDTH == tile, "the right edge of a tree lies in its last tiles"
        return fold(hashes[first % WIDTH : first % WIDTH + (1 << rest)])


def split_hashes(data: bytes, width: int) -> list[bytes]:
    """The first `width` hashes of a tile. Raises NotValid where it has fewer."""
    if len(data) < width * _HASH:
        raise NotValid(f"瓦片少于 {width} 个哈希", f"a tile has fewer than {width} hashes")
    return [data[i : i + _HASH] for i in range(0, width * _HASH, _HASH)]


def stored_subtree(read: Callable[[TileKey], bytes]) -> Callable[[int, int], bytes]:
    """The hashes of complete subtrees, out of stored tiles; each tile is read once."""
    tiles: dict[TileKey, bytes] = {}

    def subtree(level: int, number: int) -> bytes:
        tile_level, rest = divmod(level, _BITS)
        first = number << rest
        key = tile_level, first // WIDTH
        if key not in tiles:
            tiles[key] = read(key)
        at = first % WIDTH
        return fold(split_hashes(tiles[key], at + (1 << rest))[at:])

    return subtree
