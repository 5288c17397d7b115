"""The sweep's loop beside that of ingest: a long pass delays no batch, and what ends it ends the program."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import BusRefused, OutgoingRecord
from jinbao.language.words import Translator
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.deadlines.sweep import DeadlineSweep
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.store.store import Store
from jinbao.platform.store.tables import parked, streams
from jinbao.schemas.messages import SUBMISSIONS_TOPIC
from jinbao.service.health import Health, Watch
from jinbao.service.sweeping import sweeping

PATIENCE_S = 60.0


class SlowOrRefusing:
    """The bus, for a sweep that it keeps waiting, or refuses in the end."""

    def __init__(self, bus: EmbeddedBus) -> None:
        self._bus = bus
        self.asked, self.answers, self.refuses = threading.Event(), threading.Event(), False

    def producer(self) -> SlowOrRefusing:
        return self

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        self.asked.set()
        assert self.answers.wait(PATIENCE_S)
        if self.refuses:
            raise BusRefused("no such user")
        with closing(self._bus.producer()) as producer:
            producer.send(records)

    def close(self) -> None:
        """Nothing is open between two calls."""


class Running(NamedTuple):
    platform: NationalPlatform
    bus: EmbeddedBus
    slow: SlowOrRefusing


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A platform whose sweep has something to say: a parked message that has waited too long."""
    with (
        closing(EmbeddedBus(tmp_path / "bus.sqlite", durable=False)) as bus,
        closing(Store(f"sqlite:///{tmp_path / 'platform.sqlite'}", durable=False)) as store,
        closing(NationalPlatform(bus, store)) as platform,
    ):
        with store.write() as work:
            work.bulk.insert(streams, [(1, RELATIONSHIPS.number, b"r" * 16, 0)])
            work.bulk.insert(parked, [(1, 1, b"t" * 16, "41", 1_740_000_000_000_000, b"e" * 16, None)])
        slow = SlowOrRefusing(bus)
        platform.sweep.close()
        platform.sweep = DeadlineSweep(slow, store, platform.law)  # type: ignore[arg-type]
        yield Running(platform, bus, slow)


def now() -> int:
    return time.time_ns() // 1_000


def test_batches_are_taken_in_while_the_sweep_waits_for_the_bus(running: Running) -> None:
    stop, health = threading.Event(), Health(Translator("en"))
    with sweeping(running.platform.sweep, now, stop, Watch(health, "text", "sweep")):
        assert running.slow.asked.wait(PATIENCE_S)
        with closing(running.bus.producer()) as producer:
            producer.send([OutgoingRecord(SUBMISSIONS_TOPIC, b"k" * 16, b"garbage")])
        assert running.platform.step(now()) == 1, "taken in, though the sweep has not come back"
        running.slow.answers.set()
    assert running.platform.sweep.at_end


def test_what_ends_the_sweep_ends_the_program(running: Running) -> None:
    stop, running.slow.refuses = threading.Event(), True
    running.slow.answers.set()

    def serve() -> None:
        with sweeping(running.platform.sweep, now, stop, Watch(Health(Translator("en")), "text", "sweep")):
            assert stop.wait(PATIENCE_S), "the main loop is asked to stop"

    with pytest.raises(BusRefused, match="no such user"):
        serve()
