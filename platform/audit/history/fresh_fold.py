"""The read models of a log folded anew for a verification, beside it: in a process of their own where it is long."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from multiprocessing.connection import Connection
from typing import NamedTuple

from jinbao.platform.projections.catalogue import TABLES
from jinbao.platform.projections.fresh import Fresh
from jinbao.platform.projections.scratch import remove_abandoned
from jinbao.platform.store.bulk import Bulk, Row
from jinbao.platform.store.store import Store, StoreError

LONG_LOG_EVENTS = 50_000
"""From here on a second processor saves more than a process costs to begin (1.5 s)."""


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


def plain(row: Row) -> Row:
    """A row's values as both databases give them."""
    if memoryview in map(type, row):
        return tuple([bytes(value) if isinstance(value, memoryview) else value for value in row])
    return tuple(row)


@contextmanager
def folded_beside(store: Store, until: int) -> Iterator[Callable[[], Digests]]:
    """Begin to fold the log up to a position; what is given waits for the digests. Raises StoreError."""
    if until < LONG_LOG_EVENTS:
        yield lambda: _digests(store, until)
        return
    with _process(store.url.render_as_string(hide_password=False), until) as answer:
        yield lambda: _received(answer)


@contextmanager
def _process(url: str, until: int) -> Iterator[Connection]:
    """A process that folds the read models, ended with the block; what it answers by."""
    spawning = multiprocessing.get_context("spawn")
    here, there = spawning.Pipe(duplex=False)
    process = spawning.Process(target=_fold, args=(url, until, there))
    process.start()
    there.close()
    try:
        yield here
    finally:
        process.terminate()
        process.join()
        here.close()
        remove_abandoned()  # where it was ended before its end, as when the log does not hold


def _fold(url: str, until: int, answer: Connection) -> None:
    with closing(Store(url)) as store:
        try:
            answer.send(_digests(store, until))
        except StoreError as error:
            answer.send(error.words)


def _received(answer: Connection) -> Digests:
    try:
        found: Digests | tuple[str, str] = answer.recv()
    except EOFError:
        raise StoreError("重算读模型的进程中断", "the process that folds the read models has ended") from None
    if isinstance(found, tuple):
        raise StoreError(*found)
    return found


def _digests(store: Store, until: int) -> Digests:
    with closing(Fresh()) as fresh:
        fresh.fold(store, until)
        with fresh.reading() as work:
            return {table.name: table_digest(work.bulk, table.name) for table in TABLES}
