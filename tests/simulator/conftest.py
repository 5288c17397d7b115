"""Small nations, run once for all tests of this room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.made_once import made_once

from jinbao.simulator.nation import Nation

RunNation = Callable[..., Nation]


@pytest.fixture
def run_nation(tmp_path: Path) -> Iterator[RunNation]:
    """Begins a nation in a folder of its own and runs it to the end, or for so many days."""
    nations: list[Nation] = []

    def run(seed: int = 7, transfers: int = 40, days: int = 30, stop_after: int | None = None) -> Nation:
        nation = Nation.begin(tmp_path / f"nation{len(nations)}", seed=seed, transfers=transfers, days=days)
        nations.append(nation)
        while not nation.finished and (stop_after is None or nation.run.day < stop_after):
            nation.run_day()
        return nation

    yield run
    for nation in nations:
        nation.close()


@pytest.fixture(scope="session")
def whole_nation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nation]:
    """160 transfers, all of which have ended; not to be changed by a test."""

    def play(folder: Path) -> None:
        with Nation.begin(folder, seed=11, transfers=160, days=140) as nation:
            while not nation.finished:
                nation.run_day()

    with Nation.resume(made_once(tmp_path_factory, "nation-of-160", play)) as nation:
        yield nation
