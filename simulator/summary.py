"""What a simulated nation came to, counted from the platform's log and read models: the JSON of `jinbao simulate`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jinbao.platform.audit.history.as_of import as_it_stood
from jinbao.platform.nation_figures import nation_figures
from jinbao.platform.projections.past import Cut
from jinbao.platform.store.beside import beside
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.simulator.log_figures import LogFigures, log_figures
from jinbao.simulator.paths import all_paths, sheets_with_earlier_provinces


def summary(store: Store, transfers: int | None, worked_us: int) -> dict[str, Any]:
    """The whole result of a run; `worked_us` is the real time that it took, in microseconds.

    `transfers` are those planned; None: those applied for.
    """
    told = log_figures(store)
    with store.read() as work:
        return _summary(work, told, sheets_with_earlier_provinces(work), transfers, worked_us)


@contextmanager
def summary_then(
    store: Store, cut: Cut, transfers: int | None, kept: Path
) -> Iterator[tuple[UnitOfWork, dict[str, Any]]]:
    """The read models of a part of the log, and the summary there. `kept`: folder of snapshots. Raises StoreError."""
    began = time.monotonic_ns()
    if cut.occurred_us is not None:
        with as_it_stood(store, cut._replace(with_bytes=True)) as (copy, work):
            yield work, summary(copy, transfers, (time.monotonic_ns() - began) // 1_000)
        return
    with (
        beside(log_figures, store, cut.event, cut.intake, length=cut.event) as figures,
        as_it_stood(store, cut, kept) as (_, work),
    ):
        with store.read() as log:
            onward = sheets_with_earlier_provinces(log, cut.event, cut.intake)
        told = figures()
        yield work, _summary(work, told, onward, transfers, (time.monotonic_ns() - began) // 1_000)


def _summary(
    work: UnitOfWork, told: LogFigures, onward: Set[bytes], transfers: int | None, worked_us: int
) -> dict[str, Any]:
    figures = nation_figures(work, transfers)
    speed = round(figures["events"] / (worked_us / 1_000_000), 1) if worked_us else 0.0
    paths = all_paths(work, told.paths, onward)
    return {**figures, "paths": paths, "digest": told.digest, "events_per_second": speed}
