"""The platform as a long-running program: it waits for bus and database, then takes in, delivers and sweeps.

The read models follow in a process of its own beside it.

It runs until asked to stop, or until nothing is left to do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from typing import Protocol

from prometheus_client import CollectorRegistry

from jinbao.bus.interface import Bus
from jinbao.bus.open_bus import open_bus
from jinbao.platform.audit.history.snapshots import kept_in
from jinbao.platform.audit.log.proofs import prove_messages
from jinbao.platform.audit.statements.rules import note_rules, rules_at_hand
from jinbao.platform.deadlines.sweep import SweepPolicy
from jinbao.platform.ingest.batch import Batch
from jinbao.platform.national_platform import NationalPlatform, law_in_force
from jinbao.platform.outbox.log_key import addresses_in, open_log_key, policy_in
from jinbao.platform.projections.runner import ProjectionFailed
from jinbao.platform.store.store import Store
from jinbao.schemas.messages import SUBMISSIONS_TOPIC
from jinbao.service.errors import UserError
from jinbao.service.following import LOOP as FOLLOWING, FollowTask, following
from jinbao.service.health import Watch
from jinbao.service.key_service.uses_told import telling
from jinbao.service.loop import opened, run_until_idle, run_until_stopped, side_loop
from jinbao.service.platform_metrics import PlatformMetrics, tell_batch, tell_incident
from jinbao.service.reconciling import reconciling
from jinbao.service.relaying import relaying
from jinbao.service.settings import Settings
from jinbao.service.sweeping import sweeping
from jinbao.service.witnessing import witnessing
from jinbao.service.world import OURS, World, our_time

IDLE_S = 0.05
"""Pause of a run until nothing is left, when nothing was left."""
WAITS_S = 0.5
"""How long it waits for the next message before it looks whether it shall stop."""
BUS_ASKED_EVERY_S = 5.0
"""While no broker answers, reading finds nothing, as when all is read: so the bus is asked, apart from reading."""


class Status(Protocol):
    """How the loop tells its operator how much it has done."""

    def tick(self) -> None:
        """All is well; say how it stands when it is time to."""

    def leave(self) -> None:
        """Something else will be written."""


def started(
    settings: Settings,
    registry: CollectorRegistry,
    watch: Watch,
    stack: ExitStack,
    stop: threading.Event,
    once: bool,
    world: World = OURS,
) -> tuple[NationalPlatform, Bus] | None:
    """The platform and its bus, closed with the stack; unless it shall run once, bus and database are waited for."""
    metrics: PlatformMetrics | None = None

    def observe(batch: Batch, transaction_s: float) -> None:
        assert metrics is not None, "a platform that was not started has no batches"
        metrics(batch, transaction_s)
        for incident in batch.incidents:
            tell_incident(watch, incident)
        if watch.log == "json":
            tell_batch(batch, transaction_s)

    def start() -> tuple[Bus, NationalPlatform]:
        with ExitStack() as parts:
            bus = parts.enter_context(closing(world.bus(open_bus(settings.bus_url))))
            store = parts.enter_context(closing(Store(settings.database_url, working=True)))
            _need_same_world(store, world)
            policy = SweepPolicy(
                settings.warn_working_days, settings.deemed_receipt_working_days, settings.parked_expiry_working_days
            )
            platform = NationalPlatform(
                bus,
                store,
                law=world.law or law_in_force(settings.procedure),
                policy=policy,
                batch_size=settings.batch_size,
                times=world.times,
                observe=observe,
                follows=False,
                log_key=open_log_key(settings.data),
                policy_of_log=policy_in(settings.data),
                witness_addresses=addresses_in(settings.data),
                prove=prove_messages,
            )
            parts.enter_context(closing(platform))
            platform.open()
            note_rules(platform.store, rules_at_hand(settings.procedure), world.now())
            stack.push(parts.pop_all())
            return bus, platform

    found = start() if once else opened(start, stop, watch.waiting)
    if found is None:
        return None
    bus, platform = found
    metrics = PlatformMetrics(registry, platform.store, bus, platform.ingest.bus_time, settings.data)
    return platform, bus


def _need_same_world(store: Store, world: World) -> None:
    """Raise UserError where a simulated nation lives: deadlines of today would be none of its."""
    store.create()
    with store.read() as work:
        if work.is_simulated() and not world.simulated:
            raise UserError(
                f"{store.name}：这里是模拟数据，其时间不是今天；请用 jinbao demo 或 simulate --resume 继续，"
                "或另选 --data、--database",
                f"{store.name}: a simulated nation lives here, in another time; go on with jinbao demo or "
                "simulate --resume, or name another --data or --database",
            )


def drain(platform: NationalPlatform, stop: threading.Event) -> int:
    """Sweep, reconcile and step until none finds anything; the read models follow each step, and so before each sweep.

    One that cannot go on is left where it stands, and stays the trouble of `platform.projections`.
    """

    def follow() -> None:
        with suppress(ProjectionFailed):
            platform.projections.catch_up()

    def step() -> int:
        done = platform.step(our_time())
        follow()
        return done

    total = 0
    while not stop.is_set():
        follow()
        done = platform.sweep.run(our_time()) + platform.reconciler.step(our_time())
        done += run_until_idle(step, platform.ingest.at_end, stop, IDLE_S)
        if not done:
            break
        total += done
    return total


def serve(
    platform: NationalPlatform,
    bus: Bus,
    settings: Settings,
    stop: threading.Event,
    watch: Watch,
    status: Status,
    now: Callable[[], int] = our_time,
) -> int:
    """Take in until asked to stop; beside it deliver, sweep, reconcile, follow, and ask the bus for a sign."""
    of_bus = watch.of("bus")

    def step() -> int:
        done = platform.ingest.step(now()) if platform.ingest.wait(WAITS_S) else 0
        watch.succeeded()
        status.tick()
        return done

    def ask() -> int:
        bus.end_offsets(SUBMISSIONS_TOPIC)
        of_bus.succeeded()
        return 0

    def trouble(error: Exception) -> None:
        status.leave()
        watch.trouble(error)

    task = FollowTask(settings.database_url, watch.health.tr.language, watch.log, str(kept_in(settings.data)))
    with (
        following(task, stop, watch.of(FOLLOWING)),
        sweeping(platform.sweep, now, stop, watch.of("sweep")),
        reconciling(platform.reconciler, now, stop, watch.of("reconciling")),
        relaying(platform.relay, platform.ingest.committed, now, stop, watch.of("relay")),
        witnessing(platform.witnessing, now, stop, watch.of("witnesses")),
        telling(settings.data, platform.store, now, stop, watch.of("accesses")),
        side_loop("bus", ask, stop, of_bus, BUS_ASKED_EVERY_S),
    ):
        total = run_until_stopped(step, stop, trouble, 0.0)
    status.leave()
    watch.say("stopped", ("已停止", "stopped"))
    return total
