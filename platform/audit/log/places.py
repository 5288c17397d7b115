"""The transparency log as the stored rows give it: which entry stands where, and what it is.

The tree's heads say how far each table was in the tree after each transaction; within one, rows follow in the order of
`SOURCES` and of their keys. Nothing here believes a stored hash.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from jinbao.platform.outbox.witnessed import noted_size, witnessed_size
from jinbao.platform.store.bulk import Bulk, Row
from jinbao.platform.store.entries import SOURCES, Source
from jinbao.platform.store.tree import ADOPTED, stored_rows
from jinbao.transparency.check_proof import Policy

_NAMES = ", ".join(source.name for source in SOURCES)


class Head(NamedTuple):
    """A head of the tree as it is stored."""

    size: int
    root: bytes
    recorded_at: int
    note: str | None
    ends: Sequence[int]
    """The last key of each source that is in the tree then."""


class Placed(NamedTuple):
    """An entry's place: its index in the log, its table and key, and its row; None where that is not there."""

    at: int
    source: Source
    key: int
    row: Row | None

    @property
    def entry(self) -> bytes | None:
        """Its bytes; None where there is no row, nothing where its values are such as no row was ever written with."""
        if self.row is None:
            return None
        try:
            return self.source.entry(self.row)
        except (TypeError, ValueError):
            return b""


EMPTY = Head(0, b"", 0, None, (0,) * len(SOURCES))


def _head(row: Row) -> Head:
    size, root, recorded_at, note, *ends = row
    return Head(size, bytes(root), recorded_at, note, ends)


def heads(bulk: Bulk) -> Iterator[Head]:
    """All heads, by size."""
    return map(_head, bulk.stream(f"SELECT size, root, recorded_at, note, {_NAMES} FROM tree_heads ORDER BY size"))


def newest_head(bulk: Bulk, *, signed: bool = False) -> Head:
    """The newest head; `EMPTY` where there is none. `signed`: the newest that has a checkpoint."""
    where = "WHERE note IS NOT NULL " if signed else ""
    sql = f"SELECT size, root, recorded_at, note, {_NAMES} FROM tree_heads {where}ORDER BY size DESC LIMIT 1"
    found = bulk.execute(sql).fetchone()
    return EMPTY if found is None else _head(found)


def published_head(bulk: Bulk) -> Head:
    """The newest head that a quorum has cosigned, as the platform noted it; where none has, the newest signed."""
    found = _head_at(bulk, "note IS NOT NULL AND size = ?", noted_size(bulk), "DESC")
    return newest_head(bulk, signed=True) if found is EMPTY else found


def head_within(bulk: Bulk, event: int, row: int) -> Head:
    """The newest head that holds no event and no row of the intake behind these; `EMPTY` where there is none."""
    sql = f"SELECT size, root, recorded_at, note, {_NAMES} FROM tree_heads WHERE events <= ? AND intake <= ? "
    found = bulk.execute(f"{sql}ORDER BY size DESC LIMIT 1", event, row).fetchone()
    return EMPTY if found is None else _head(found)


def witnessed_head(bulk: Bulk, policy: Policy) -> Head:
    """The newest head whose checkpoint a quorum has cosigned; `EMPTY` where there is none."""
    return _head_at(bulk, "size = ?", witnessed_size(bulk, policy), "DESC")


def adopted_ends(bulk: Bulk) -> dict[str, int]:
    """Table → its last row when the log took an older store in; nothing where it began with its store."""
    found = bulk.execute("SELECT body FROM tree_statements WHERE kind = ? ORDER BY number LIMIT 1", ADOPTED).scalar()
    with suppress(ValueError):  # what cannot be read is not what was recorded, which its entry's hash tells
        return dict(json.loads(found or "{}"))
    return {}


def is_sparse(before: Head, head: Head, adopted: Mapping[str, int]) -> bool:
    """Whether keys between two heads have gaps, as those of an older store that was taken in; it is of one table."""
    ends = zip(SOURCES, before.ends, head.ends, strict=True)
    grown = [(source.name, end - start, end) for source, start, end in ends if end > start]
    return len(grown) == 1 and head.size - before.size < grown[0][1] and grown[0][2] <= adopted.get(grown[0][0], 0)


class Entries:
    """Walks the log from its beginning, each table read once from one end to the other."""

    def __init__(self, bulk: Bulk) -> None:
        self._rows = [iter(stored_rows(bulk, source, 0, 2**62)) for source in SOURCES]
        self._next: list[Row | None] = [next(rows, None) for rows in self._rows]
        self._adopted = adopted_ends(bulk)

    def of(self, before: Head, head: Head) -> Iterator[Placed]:
        """The entries that a head has more than the one before it; heads must be asked for in order."""
        index = before.size
        for number, source in enumerate(SOURCES):
            keys: Iterable[int] = range(before.ends[number] + 1, head.ends[number] + 1)
            for key in self._there(number, head.ends[number]) if is_sparse(before, head, self._adopted) else keys:
                yield Placed(index, source, key, self._take(number, key))
                index += 1

    def _there(self, number: int, last: int) -> Iterator[int]:
        while (row := self._next[number]) is not None and row[0] <= last:
            yield row[0]

    def _take(self, number: int, key: int) -> Row | None:
        row = self._next[number]
        if row is None or row[0] != key:
            return None
        self._next[number] = next(self._rows[number], None)
        return row

    def left(self) -> list[tuple[Source, int]]:
        """Tables with a row that is in no head, and its key."""
        return [(source, row[0]) for source, row in zip(SOURCES, self._next, strict=True) if row is not None]


def placed(bulk: Bulk, start: int, end: int) -> list[Placed]:
    """The entries from one index to before another. `end` is at most the newest head's size."""
    found: list[Placed] = []
    adopted = adopted_ends(bulk)
    before = _head_at(bulk, "size <= ?", start, "DESC")
    while before.size < end:
        head = _head_at(bulk, "size > ?", before.size, "ASC")
        if head is EMPTY:
            break
        index = before.size
        for number, source in enumerate(SOURCES):
            first, last = before.ends[number] + 1, head.ends[number]
            if is_sparse(before, head, adopted):
                there = list(stored_rows(bulk, source, first - 1, last))
                some = list(enumerate(there, index))[max(0, start - index) : max(0, end - index)]
                found += [Placed(at, source, row[0], row) for at, row in some]
                index += len(there)
                continue
            low, high = max(first, first + start - index), min(last, first + end - 1 - index)
            rows = {row[0]: row for row in stored_rows(bulk, source, low - 1, high)} if low <= high else {}
            found += [Placed(index + key - first, source, key, rows.get(key)) for key in range(low, high + 1)]
            index += last - first + 1
        before = head
    return found


def _head_at(bulk: Bulk, where: str, size: int, order: str) -> Head:
    sql = f"SELECT size, root, recorded_at, note, {_NAMES} FROM tree_heads WHERE {where} ORDER BY size {order} LIMIT 1"
    found = bulk.execute(sql, size).fetchone()
    return EMPTY if found is None else _head(found)


def index_of(bulk: Bulk, source: Source, key: int) -> int | None:
    """Index of one row's entry, found by halving; None where it is not in the tree, or older than it."""
    number, low, high = SOURCES.index(source), 0, newest_head(bulk).size
    if high == 0 or newest_head(bulk).ends[number] < key:
        return None
    while low < high:  # the smallest size whose head has the row
        middle = (low + high) // 2
        low, high = (
            (middle + 1, high) if _head_at(bulk, "size <= ?", middle, "DESC").ends[number] < key else (low, middle)
        )
    head, before = _head_at(bulk, "size = ?", low, "ASC"), _head_at(bulk, "size < ?", low, "DESC")
    if is_sparse(before, head, adopted_ends(bulk)):
        return None
    first = before.size + sum(head.ends[n] - before.ends[n] for n in range(number))
    return first + key - before.ends[number] - 1


def indexes_of(bulk: Bulk, source: Source, keys: Sequence[int]) -> dict[int, int]:
    """Key → index of its entry, of those rows of one table that are in the tree."""
    wanted = sorted(keys)
    found: dict[int, int] = {}
    number = SOURCES.index(source)
    before = EMPTY
    for head in heads(bulk):
        first = bisect_right(wanted, before.ends[number])
        offset = before.size + sum(head.ends[n] - before.ends[n] for n in range(number))
        for key in wanted[first : bisect_right(wanted, head.ends[number])]:
            found[key] = offset + key - before.ends[number] - 1
        before = head
    return found
