"""What a simulated nation came to, counted from the platform's own read models: the JSON of `jinbao simulate`."""

from __future__ import annotations

from typing import Any

from jinbao.platform.nation_figures import nation_figures
from jinbao.platform.store.store import Store
from jinbao.simulator.digest import nation_digest
from jinbao.simulator.paths import count_paths


def summary(store: Store, transfers: int | None, worked_us: int) -> dict[str, Any]:
    """The whole result of a run; `worked_us` is the real time that it took, in microseconds.

    `transfers` are those planned; None: those applied for.
    """
    with store.read() as work:
        figures = nation_figures(work, transfers)
    speed = round(figures["events"] / (worked_us / 1_000_000), 1) if worked_us else 0.0
    return {**figures, "paths": count_paths(store), "digest": nation_digest(store), "events_per_second": speed}
