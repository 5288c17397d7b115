"""The read models of a log folded anew for a verification, and digests that tables are compared by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from typing import NamedTuple

from jinbao.platform.projections.catalogue import TABLES
from jinbao.platform.projections.fresh import Fresh
from jinbao.platform.projections.projection import Projection
from jinbao.platform.projections.scratch import remove_abandoned
from jinbao.platform.store.beside import beside
from jinbao.platform.store.bulk import Bulk, Row
from jinbao.platform.store.store import Store


class TableDigest(NamedTuple):
    """How many rows a table has, and a digest over all of them whatever their order."""

    rows: int
    digest: str


Digests = dict[str, TableDigest]
"""By table of the read models."""


def table_digest(bulk: Bulk, table: str) -> TableDigest:
    """The digest of a table: SHA-256 over the sorted SHA-256 of each row."""
    hashes = sorted([sha256(repr(plain(row)).encode()).digest() for row in bulk.stream(f"SELECT * FROM {table}")])
    return TableDigest(len(hashes), sha256(b"".join(hashes)).hexdigest())


def projection_digest(bulk: Bulk, projection: Projection) -> TableDigest:
    """How many rows a projection has, and the digest over those of all its tables."""
    tables = {table.name: table_digest(bulk, table.name) for table in projection.tables}
    told = "".join(f"{name} {found.rows} {found.digest}\n" for name, found in sorted(tables.items()))
    return TableDigest(sum(found.rows for found in tables.values()), sha256(told.encode()).hexdigest())


def plain(row: Row) -> Row:
    """A row's values as both databases give them."""
    if memoryview in map(type, row):
        return tuple([bytes(value) if isinstance(value, memoryview) else value for value in row])
    return tuple(row)


@contextmanager
def folded_beside(store: Store, until: int) -> Iterator[Callable[[], Digests]]:
    """Begin to fold the log up to a position; what is given waits for the digests. Raises StoreError."""
    try:
        with beside(_digests, store, until, length=until) as digests:
            yield digests
    finally:
        remove_abandoned()  # of a process that was ended before its end, as when the log does not hold


def _digests(store: Store, until: int) -> Digests:
    with closing(Fresh()) as fresh:
        fresh.fold(store, until)
        with fresh.reading() as work:
            return {table.name: table_digest(work.bulk, table.name) for table in TABLES}
