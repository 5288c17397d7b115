"""What of a nation's result is counted from its log alone: paths and digest, in one reading."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from jinbao.platform.aggregates.stream_kinds import KINDS, RELATIONSHIPS
from jinbao.platform.queries import ALL, all_streams
from jinbao.platform.store.store import Store
from jinbao.simulator.digest import NationDigest
from jinbao.simulator.paths import paths_of_messages, paths_of_relationships


class LogFigures(NamedTuple):
    """Of a log, or a part of it."""

    paths: Counter[str]
    """How often each was taken; `onward_rows` is not in it, which the bytes of messages tell."""
    digest: str


def log_figures(store: Store, event: int = ALL, row: int = ALL) -> LogFigures:
    """Of the log up to an event and a row of the intake. Raises StoreError."""
    digest, paths = NationDigest(), Counter[str]()
    with store.read() as work:
        for kind in KINDS:
            if kind is RELATIONSHIPS:
                paths.update(paths_of_relationships(digest.taking(all_streams(work, RELATIONSHIPS, event))))
            else:
                digest.take(all_streams(work, kind, event))
        paths.update(paths_of_messages(work, event, row))
        return LogFigures(paths, digest.hex())
