"""An adapter as a long-running program: one province's adapter, automatic desk and file exchange, driven together."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass

from jinbao.bus.interface import Bus, BusError
from jinbao.bus.open_bus import open_bus
from jinbao.bus.packed_headers import Headers
from jinbao.keys.key_ring import KeyRing
from jinbao.regional_adapter.adapter_config import AdapterConfig
from jinbao.regional_adapter.exchange.adapter import Observer
from jinbao.regional_adapter.exchange.adapter_store import RETRY_ASKED
from jinbao.regional_adapter.exchange.belonging import open_own_ring
from jinbao.regional_adapter.exchange.mapping import not_asked
from jinbao.regional_adapter.exchange.set_aside import SetAside
from jinbao.regional_adapter.files.exports.file_exchange import FileExchange
from jinbao.regional_adapter.office.automatic_desk import Desk, Waiting
from jinbao.rules.procedures import load_procedures
from jinbao.schemas.messages import IDENTITY_TOPIC, SUBMISSIONS_TOPIC, inbox_topic
from jinbao.service.adapter_metrics import AdapterMetrics, tell_message
from jinbao.service.adapter_ring import open_adapter_ring
from jinbao.service.current_mapping import CurrentMapping
from jinbao.service.errors import Unavailable
from jinbao.service.health import Watch
from jinbao.service.key_watching import key_watch, tell_foreign_keys
from jinbao.service.loop import opened, run_until_idle, run_until_stopped
from jinbao.service.province import Province
from jinbao.service.province_files import working
from jinbao.service.settings import Settings
from jinbao.service.ways_in import WaysIn
from jinbao.service.witnesses import provinces_witness

IDLE_S = 0.2
"""Pause when nothing was left to do."""
COSIGN_EVERY_S = 1.0
LOOK_EVERY_S = 5.0
"""How often the figures of the metrics that nobody counts are looked up."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did, what it leaves to a clerk, and how much is set aside."""

    province: str
    done: int = 0
    waiting: tuple[Waiting, ...] = ()
    set_aside: int = 0


def run_adapter(
    settings: Settings, config: AdapterConfig, stop: threading.Event, once: bool, watch: Watch, metrics: AdapterMetrics
) -> Summary:
    """Run until stopped, or with `once` until nothing is left."""

    def observe(what: str, headers: Headers) -> None:
        metrics.count(what)
        if watch.log == "json":
            tell_message(config.province, what, headers)

    with ExitStack() as stack:

        def start() -> AdapterLine:
            with ExitStack() as parts:
                bus = parts.enter_context(closing(open_bus(settings.bus_url)))
                if not once:
                    _need_topics(bus, config.province)
                line = AdapterLine(parts, settings, config, bus, observe, metrics, watch)
                stack.push(parts.pop_all())
                return line

        line = start() if once else opened(start, stop, watch.waiting)
        if line is None:
            return Summary(config.province)
        if once:
            run_until_idle(line.step, line.at_end, stop, IDLE_S)
        else:
            run_until_stopped(lambda: _watched(line, watch), stop, watch.trouble, IDLE_S)
        return line.summary()


def _watched(line: AdapterLine, watch: Watch) -> int:
    done = line.step()
    line.ring.answers()
    if line.ring.trouble is None:
        watch.succeeded()
    else:
        watch.waiting(line.ring.trouble)  # what needs the key service waits, the rest goes on
    return done


def _need_topics(bus: Bus, province: str) -> None:
    """The platform creates the topics. Raises Unavailable where an adapter was started before it."""
    try:
        bus.partitions(SUBMISSIONS_TOPIC)
        bus.partitions(inbox_topic(province))
        bus.partitions(IDENTITY_TOPIC)
    except BusError as error:
        zh, en = error.words
        raise Unavailable(f"等待全国平台：{zh}", f"waiting for the platform: {en}") from None


class AdapterLine:
    """One province's adapter with its desk and file exchange, driven together."""

    def __init__(
        self,
        stack: ExitStack,
        settings: Settings,
        config: AdapterConfig,
        bus: Bus,
        observe: Observer,
        metrics: AdapterMetrics,
        watch: Watch | None = None,
    ) -> None:
        """`watch`: who hears of the ways in."""
        province = config.province
        self._province = province
        self._bus = bus
        self._metrics = metrics
        self._look_at = 0.0
        self._folder = settings.data
        place = Province(settings.data, province)
        self._own_files = [place.store_file, place.local_file]
        local = stack.enter_context(closing(place.local_system()))
        self.store = stack.enter_context(closing(place.store()))

        def open_ring(expected: str | None) -> KeyRing:
            return open_adapter_ring(settings, place, expected)

        ring = self.ring = stack.enter_context(closing(open_own_ring(bus, [self.store], open_ring)))

        def observed(what: str, headers: Headers) -> None:
            observe(what, headers)
            if witness:
                witness.observe(what, headers)

        witness = self._witness = provinces_witness(stack, place, bus)
        answered = witness.answered if witness else not_asked
        self._adapter = stack.enter_context(
            closing(place.adapter(local, self.store, bus, ring, observed, place.signer(), answered))
        )
        law = load_procedures(default=settings.procedure)
        with working(self._folder, self._own_files):
            local.keep_agency(config.agency)
            if not config.desk.auto:
                local.leave_to_clerk(())  # what it left while it worked
        self.desk = Desk(local, config.agency, config.desk.operator, law) if config.desk.auto else None
        self._keys = key_watch(stack, place, bus)
        self._witness_at = 0.0
        self._key_watch = watch.of("keys") if watch else None
        self._witness_watch = watch.of("witness") if watch else None
        current = self._mapping = CurrentMapping(place, config.files, watch)
        self._files = None
        if config.files.write:
            self._files = FileExchange(local, place.documents, self.store.set_aside, current.mapping)
        with working(self._folder, self._own_files):
            self._ways_in = WaysIn(stack, place, config, current, local, self.store.set_aside, watch)
        self._own_files += self._ways_in.files
        self._retry_seen = self.store.number(RETRY_ASKED)
        self._desk_aside: tuple[SetAside, ...] | None = None
        self.done = 0

    def summary(self) -> Summary:
        """What it did so far, and what it leaves to somebody."""
        waiting = self.desk.waiting if self.desk else ()
        return Summary(self._province, self.done, waiting, self.store.set_aside.count())

    def at_end(self) -> bool:
        """Whether it has read all that is in the province's inbox, and looked at its files. Raises BusError."""
        return self._ways_in.at_end() and self._adapter.at_end()

    def _hear_of_retry(self) -> None:
        """`set-aside retry` was called: messages and documents are done, desk and files are for this process to do."""
        asked = self.store.number(RETRY_ASKED)
        if asked != self._retry_seen:
            self._retry_seen = asked
            for part in (self.desk, self._files, self._ways_in):
                if part:
                    part.try_again()

    def _hear_of_mapping(self) -> None:
        """The province's mapping may have a new version."""
        if self._mapping.changed():
            for part in (self._files, self._ways_in):
                if part:
                    part.use(self._mapping.mapping)

    def _cosign(self, now: int) -> int:
        """Answer the log's newest checkpoint, about one a second."""
        if self._witness is None or time.monotonic() < self._witness_at:
            return 0
        self._witness_at = time.monotonic() + COSIGN_EVERY_S
        done = self._witness.step(now) + (self._keys.step() if self._keys else 0)
        if self._key_watch and self._keys:
            tell_foreign_keys(self._key_watch, self._province, self._keys.foreign)
        self._metrics.not_logged(self._witness.not_logged(now))
        if told := self._witness_watch:
            trouble = self._witness.trouble(now)
            told.succeeded() if trouble is None else told.trouble(trouble)
        return done

    def step(self) -> int:
        """One step of each part; how much was done. Raises BusError, and Unavailable for the province's own files."""
        now = time.time_ns() // 1_000
        with working(self._folder, self._own_files):
            self._hear_of_retry()
            self._hear_of_mapping()
            done = self._adapter.step(now) + self._ways_in.step(now)
            for part in (self.desk, self._files):
                done += part.step(now) if part else 0
            if self.desk and self.desk.set_aside != self._desk_aside:
                with self.store.transaction():
                    self.store.set_aside.replace("desk", self.desk.set_aside, now)
                self._desk_aside = self.desk.set_aside
        self.done += done
        done += self._cosign(now)  # which is no work of the province's
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_EVERY_S
            self._metrics.look(self._bus, self.store, len(self.desk.waiting) if self.desk else 0)
        return done
