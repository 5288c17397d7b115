"""The watch over the alerts, with the adapters whose files lie on this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager

from jinbao.platform.store.store import Store
from jinbao.regional_adapter.exchange.set_aside import number_and_oldest
from jinbao.rules.provinces import PROVINCES
from jinbao.service.alerts.observation import Held
from jinbao.service.alerts.watch import EVERY_S, AlertWatch
from jinbao.service.health import Watch
from jinbao.service.loop import side_loop
from jinbao.service.province_files import ADAPTERS
from jinbao.service.settings import Settings


def alert_watch(settings: Settings, store: Store) -> AlertWatch:
    """Raises UserError, WrongFile where the alerts' file cannot be used."""

    def set_aside() -> Mapping[str, Held]:
        folder = settings.data / ADAPTERS
        return {province: Held(*number_and_oldest(folder / f"{province}.sqlite")) for province in PROVINCES}

    return AlertWatch(settings, store, set_aside)


@contextmanager
def watching(
    settings: Settings, store: Store, now_us: Callable[[], int], stop: threading.Event, told: Watch
) -> Iterator[AlertWatch]:
    """The watch, which looks now and then in a thread of its own while the block runs."""
    with closing(alert_watch(settings, store)) as watch:

        def look() -> int:
            watch.look(now_us(), ledger=False)
            told.succeeded()
            return 0

        with side_loop("alerts", look, stop, told, EVERY_S):
            yield watch
