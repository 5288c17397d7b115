"""Platform and adapters in one process: until nothing is left to do, or beside the pages that show what they do."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial

from prometheus_client import CollectorRegistry

from jinbao.bus.open_bus import open_bus
from jinbao.platform.queries import ingest_counts
from jinbao.regional_adapter.adapter_config import AdapterConfig
from jinbao.regional_adapter.exchange.adapter import nobody
from jinbao.regional_adapter.exchange.belonging import open_own_ring
from jinbao.rules.provinces import PROVINCES
from jinbao.service.adapter_metrics import AdapterMetrics
from jinbao.service.adapter_ring import open_adapter_ring
from jinbao.service.adapter_run import IDLE_S, AdapterLine, Summary
from jinbao.service.health import Watch
from jinbao.service.key_service.uses_told import tell_uses_of
from jinbao.service.loop import beside, run_until_idle, run_until_stopped
from jinbao.service.platform_run import drain, serve, started
from jinbao.service.province import Province
from jinbao.service.province_files import working
from jinbao.service.settings import Settings
from jinbao.service.witnesses import ProvincesWitness, provinces_witness
from jinbao.service.world import OURS, World, our_time


@dataclass(frozen=True, slots=True)
class Together:
    """What a run did: the platform's counts of messages, and each adapter's summary."""

    ingest: dict[str, int]
    adapters: tuple[Summary, ...]


def run_together(settings: Settings, configs: Sequence[AdapterConfig], stop: threading.Event, watch: Watch) -> Together:
    """Let platform and adapters work in turns until none of them finds anything, or until asked to stop.

    Raises BusError, StoreError and KeyRingError, UserError and Unavailable for files of this machine.
    """
    with ExitStack() as stack:
        national = started(settings, CollectorRegistry(), watch, stack, stop, once=True)
        assert national is not None, "what runs once is not waited for"
        platform, bus = national
        lines = []
        for config in configs:
            metrics = AdapterMetrics(CollectorRegistry(), config.province)
            lines.append(AdapterLine(stack, settings, config, bus, lambda what, headers: None, metrics, watch))
        while not stop.is_set():
            done = drain(platform, stop)
            done += sum(run_until_idle(line.step, line.at_end, stop, IDLE_S) for line in lines)
            if not done:
                break
        tell_uses_of(settings.data, platform.store, our_time())
        if platform.projections.trouble is not None:
            raise platform.projections.trouble
        with platform.store.read() as work:
            return Together(ingest_counts(work), tuple(line.summary() for line in lines))


@contextmanager
def working_together(settings: Settings, stop: threading.Event, watch: Watch, world: World = OURS) -> Iterator[None]:
    """Let the platform, and the adapter of each province that has its own system here, work while the block runs.

    Nobody's staff works: no automatic desk, no bank, no files. Where one of them cannot go on, `stop` is set and the
    reason raised at the end of the block. Raises as `run_together` does.
    """
    with ExitStack() as stack:
        national = started(settings, CollectorRegistry(), watch, stack, stop, once=False, world=world)
        if national is None:
            yield
            return
        platform, bus = national
        with (
            beside("platform", lambda: serve(platform, bus, settings, stop, watch, _Silent(), world.now), stop),
            beside("adapters", lambda: _run_adapters(settings, stop, watch.of("adapters"), world), stop),
        ):
            yield


def _run_adapters(settings: Settings, stop: threading.Event, watch: Watch, world: World) -> None:
    """Step every province's adapter until asked to stop."""
    places = [Province(settings.data, code) for code in PROVINCES]
    places = [place for place in places if place.local_file.is_file()]
    with ExitStack() as stack:
        bus = stack.enter_context(closing(world.bus(open_bus(settings.bus_url))))
        stores = [stack.enter_context(closing(place.store())) for place in places]
        adapters, witnesses = [], list[ProvincesWitness]()
        for place, store in zip(places, stores, strict=True):
            open_ring = partial(open_adapter_ring, settings, place, now_us=world.now)
            ring = stack.enter_context(closing(open_own_ring(bus, [store], open_ring)))
            local = stack.enter_context(closing(place.local_system()))
            witness = provinces_witness(stack, place, bus)
            told = (witness.observe, place.signer(), witness.answered) if witness else (nobody, place.signer())
            adapters.append(stack.enter_context(closing(place.adapter(local, store, bus, ring, *told))))
            witnesses += [witness] if witness else []

        def step() -> int:
            with working(settings.data, [place.local_file for place in places]):
                done = sum(adapter.step(world.now()) for adapter in adapters)
                done += sum(witness.step(world.now()) for witness in witnesses)
            watch.succeeded()
            return done

        run_until_stopped(step, stop, watch.trouble, IDLE_S)


class _Silent:
    """The platform's loop beside other work: it has no line of its own."""

    def tick(self) -> None:
        """Nothing to say."""

    def leave(self) -> None:
        """Nothing to leave."""
