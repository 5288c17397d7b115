"""Waits until the platform has answered what a province has written; platform and adapter run here where none run.

No deadline is swept and nobody's staff works: only what lies ready goes its way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing

from prometheus_client import CollectorRegistry

from jinbao.bus.interface import Bus, GroupTaken
from jinbao.bus.open_bus import open_bus
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.projections.bank_accounts import has_accounts
from jinbao.platform.reconciling.progress import reconciled_to
from jinbao.platform.store.store import Store
from jinbao.regional_adapter.exchange.adapter import RegionalAdapter
from jinbao.regional_adapter.exchange.belonging import open_own_ring
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.service.adapter_ring import open_adapter_ring
from jinbao.service.errors import Unavailable
from jinbao.service.health import Watch
from jinbao.service.platform_run import started
from jinbao.service.province import Province
from jinbao.service.province_files import working
from jinbao.service.settings import Settings
from jinbao.service.world import World

PAUSE_S = 0.05
PATIENCE_S = 120.0
"""How long an answer is waited for while nothing else happens here."""
RECONCILED_WITHIN_S = 10.0
"""How long a platform elsewhere is given to say what it finds in banks' statements."""


def wait_for_answer(
    settings: Settings,
    place: Province,
    local: EmbeddedLocalSystem,
    is_answered: Callable[[], bool],
    stop: threading.Event,
    watch: Watch,
    world: World,
) -> None:
    """Return once `is_answered` says so and what is found in banks' statements is said, as far as it is known.

    Raises Unavailable where no answer comes, and what opening bus, database and key ring raises.
    """
    with ExitStack() as stack:
        platform, bus = _platform(settings, stop, watch, world, stack)
        adapter = _adapter(settings, place, local, bus, stack)
        quiet_since = time.monotonic()
        while not stop.is_set() and not is_answered():
            with working(settings.data, [place.local_file, place.store_file]):
                done = adapter.step(world.now()) if adapter else 0
            done += platform.step(world.now()) if platform else 0
            if done:
                quiet_since = time.monotonic()
            elif time.monotonic() - quiet_since > PATIENCE_S:
                raise Unavailable(
                    "全国平台没有答复；所写内容已保存，平台和适配器运行时会报送",
                    "the platform has not answered; what was written is kept and sent once platform and adapter run",
                )
            else:
                stop.wait(PAUSE_S)
        if platform is not None:
            _reconcile(platform, world)
        else:
            _wait_until_reconciled(settings, stop)


def _reconcile(platform: NationalPlatform, world: World) -> None:
    """Let the read models follow, and what they find in banks' statements be taken in."""
    platform.projections.catch_up()
    while platform.reconciler.step(world.now()):
        while platform.step(world.now()):
            pass
        platform.projections.catch_up()


def _wait_until_reconciled(settings: Settings, stop: threading.Event) -> None:
    """Wait a while for the platform that runs elsewhere: what it finds in statements is shown as far as it is found."""
    until = time.monotonic() + RECONCILED_WITHIN_S
    with closing(Store(settings.database_url)) as store:
        while time.monotonic() < until and not stop.wait(PAUSE_S):
            with store.read() as work:
                if not has_accounts(work) or reconciled_to(work) >= (work.events.max_notification_id() or 0):
                    return


def _platform(
    settings: Settings, stop: threading.Event, watch: Watch, world: World, stack: ExitStack
) -> tuple[NationalPlatform | None, Bus]:
    try:
        national = started(settings, CollectorRegistry(), watch, stack, stop, once=True, world=world)
    except GroupTaken:  # one runs elsewhere
        return None, stack.enter_context(closing(world.bus(open_bus(settings.bus_url))))
    assert national is not None, "what runs once is not waited for"
    return national


def _adapter(
    settings: Settings, place: Province, local: EmbeddedLocalSystem, bus: Bus, stack: ExitStack
) -> RegionalAdapter | None:
    store = stack.enter_context(closing(place.store()))
    ring = open_own_ring(bus, [store], lambda expected: open_adapter_ring(settings, place, expected))
    stack.enter_context(closing(ring))
    try:
        return stack.enter_context(closing(place.adapter(local, store, bus, ring, signer=place.signer())))
    except GroupTaken:  # one runs elsewhere
        return None
