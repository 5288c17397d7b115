"""Platform and adapters in one process, run together until nothing is left to do: cases on one machine, a rehearsal."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from jinbao.platform.queries import ingest_counts
from jinbao.regional_adapter.adapter_config import AdapterConfig
from jinbao.service.adapter_metrics import AdapterMetrics
from jinbao.service.adapter_run import IDLE_S, AdapterLine, Summary
from jinbao.service.health import Watch
from jinbao.service.loop import run_until_idle
from jinbao.service.platform_run import drain, started
from jinbao.service.settings import Settings


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
            lines.append(AdapterLine(stack, settings, config, bus, lambda what, headers: None, metrics))
        while not stop.is_set():
            done = drain(platform, stop)
            done += sum(run_until_idle(line.step, line.at_end, stop, IDLE_S) for line in lines)
            if not done:
                break
        if platform.projections.trouble is not None:
            raise platform.projections.trouble
        with platform.store.read() as work:
            return Together(ingest_counts(work), tuple(line.summary() for line in lines))
