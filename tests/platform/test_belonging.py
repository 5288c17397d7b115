"""A database works with its own bus only: another one's messages would be skipped, or its own lost, in silence."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from jinbao.bus.embedded import EmbeddedBus
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.store.store import Store, StoreRefused
from jinbao.schemas.messages import SUBMISSIONS_TOPIC


def run(folder: Path, bus_file: str) -> None:
    with closing(EmbeddedBus(folder / bus_file)) as bus, closing(Store(f"sqlite:///{folder}/platform.sqlite")) as store:
        NationalPlatform(bus, store).close()


def test_a_database_refuses_a_new_bus(tmp_path: Path) -> None:
    run(tmp_path, "bus.sqlite")
    run(tmp_path, "bus.sqlite")
    (tmp_path / "bus.sqlite").unlink()
    with pytest.raises(StoreRefused, match="belongs to bus"):
        run(tmp_path, "bus.sqlite")


def test_two_databases_may_follow_one_bus(tmp_path: Path) -> None:
    """One that is lost is made again from the bus."""
    run(tmp_path, "bus.sqlite")
    (tmp_path / "platform.sqlite").unlink()
    run(tmp_path, "bus.sqlite")


def test_a_database_of_before_buses_had_identities_refuses_one_that_it_has_read_beyond(tmp_path: Path) -> None:
    with closing(Store(f"sqlite:///{tmp_path}/platform.sqlite")) as store:
        store.create()
        with store.write() as work:
            work.advance(SUBMISSIONS_TOPIC, {3: (0, 17)})
    with pytest.raises(StoreRefused, match=r"up to 17, but this bus ends at 0"):
        run(tmp_path, "bus.sqlite")
