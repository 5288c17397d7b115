"""The watch over the alerts, and what the ministry's pages are told by bus and adapters of this machine."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from jinbao.bus.interface import Bus
from jinbao.bus.open_bus import open_bus
from jinbao.platform.limits import LIST_LIMIT
from jinbao.platform.store.store import Store
from jinbao.regional_adapter.exchange.set_aside import kept_in, number_and_oldest
from jinbao.rules.provinces import PROVINCES
from jinbao.service.alerts.observation import Held
from jinbao.service.alerts.watch import EVERY_S, AlertWatch
from jinbao.service.health import Watch
from jinbao.service.loop import side_loop
from jinbao.service.province_files import ADAPTERS
from jinbao.service.settings import Settings
from jinbao.service.witnesses import kept_checkpoints, not_logged_here
from jinbao.views.set_aside import set_aside_as_json

SetAsideAsked: TypeAlias = Callable[[], list[dict[str, Any]]]


def alert_watch(settings: Settings, store: Store) -> AlertWatch:
    """Raises UserError, WrongFile where the alerts' file cannot be used."""

    def set_aside() -> Mapping[str, Held]:
        folder = settings.data / ADAPTERS
        return {province: Held(*number_and_oldest(folder / f"{province}.sqlite")) for province in PROVINCES}

    def not_logged(now_us: int) -> Mapping[str, Held]:
        with store.read() as work:
            if work.is_simulated():  # its minutes are not the relay's
                return {}
        return {code: Held(*one[:2]) for code, one in not_logged_here(settings.data, now_us).items()}

    return AlertWatch(settings, store, set_aside, not_logged)


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


def outside(settings: Settings) -> tuple[Callable[[], Bus], SetAsideAsked, Callable[[], list[str]], Path]:
    """How a nation's pages open the bus, what adapters have set aside and keep, and the nation's folder."""

    def set_aside() -> list[dict[str, Any]]:
        folder = settings.data / ADAPTERS
        kept = ((code, one) for code in PROVINCES for one in kept_in(folder / f"{code}.sqlite", LIST_LIMIT))
        return [{"province": code, **set_aside_as_json(one)} for code, one in kept]

    open_own_bus = partial(open_bus, settings.bus_url, make=False)
    return open_own_bus, set_aside, partial(kept_checkpoints, settings.data), settings.data
