"""Work on a database in a process of its own, beside what its caller does meanwhile: for what reads a long log."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from jinbao.platform.store.store import Store, StoreError

LONG_LOG_EVENTS = 50_000
"""From here on a second processor saves more than a process costs to begin (1.5 s)."""
T = TypeVar("T")


@contextmanager
def beside(work: Callable[..., T], store: Store, *given: object, length: int) -> Iterator[Callable[[], T]]:
    """Begin `work(store, *given)`, a function of a module; what is given waits for its result. Raises StoreError.

    `length`: of the log that it reads, in events; with a short one it works here, when it is asked for. The process is
    ended with the block.
    """
    if length < LONG_LOG_EVENTS:
        yield lambda: work(store, *given)
        return
    spawning = multiprocessing.get_context("spawn")
    here, there = spawning.Pipe(duplex=False)
    url = store.url.render_as_string(hide_password=False)
    process = spawning.Process(target=_work, args=(work, url, given, there))
    process.start()
    there.close()
    try:
        yield lambda: _received(here)
    finally:
        process.terminate()
        process.join()
        here.close()


def _work(work: Callable[..., object], url: str, given: tuple[object, ...], answer: Connection) -> None:
    with closing(Store(url, mapped=True)) as store:
        try:
            answer.send((work(store, *given), None))
        except StoreError as error:
            answer.send((None, error.words))


def _received(answer: Connection) -> Any:
    try:
        found, words = answer.recv()
    except EOFError:
        raise StoreError("读日志的进程中断", "the process that reads the log has ended") from None
    if words is not None:
        raise StoreError(*words)
    return found
