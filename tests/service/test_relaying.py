"""The relay's loop beside that of ingest: what a batch leaves in the outbox goes out at once, without any pause."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import OutgoingRecord
from jinbao.language.words import Translator
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.store.store import Store
from jinbao.schemas.messages import DEAD_LETTERS_TOPIC, SUBMISSIONS_TOPIC
from jinbao.service import relaying as module
from jinbao.service.health import Health, Watch
from jinbao.service.loop import side_loop
from jinbao.service.relaying import relaying

LONG_S = 60.0
"""As long as any pause here would be, if somebody waited for it to end."""


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[EmbeddedBus]:
    with closing(EmbeddedBus(tmp_path / "bus.sqlite", durable=False)) as opened:
        yield opened


@pytest.fixture
def platform(tmp_path: Path, bus: EmbeddedBus) -> Iterator[NationalPlatform]:
    with (
        closing(Store(f"sqlite:///{tmp_path / 'platform.sqlite'}", durable=False)) as store,
        closing(NationalPlatform(bus, store, follows=False)) as opened,
    ):
        yield opened


def now() -> int:
    return time.time_ns() // 1_000


def dead_letters(bus: EmbeddedBus) -> int:
    return sum(bus.end_offsets(DEAD_LETTERS_TOPIC).values())


def until(bus: EmbeddedBus, delivered: int) -> None:
    deadline = time.monotonic() + LONG_S / 2
    while dead_letters(bus) < delivered:
        assert time.monotonic() < deadline, "nobody was woken"
        time.sleep(0.005)


def test_what_was_committed_is_delivered_at_once_however_long_the_pauses_are(
    platform: NationalPlatform, bus: EmbeddedBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ingest sleeps in its poll until a message comes, the relay until a batch is committed: each wakes the next."""
    monkeypatch.setattr(module, "OTHERS_ASKED_EVERY_S", LONG_S)
    stop, watch = threading.Event(), Watch(Health(Translator("en")), "text")
    waits: list[bool] = []

    def take_in() -> int:
        waits.append(platform.ingest.wait(LONG_S))
        return platform.ingest.step(now()) if waits[-1] else 0

    with (
        closing(bus.producer()) as producer,
        side_loop("main", take_in, stop, watch, 0.0),
        relaying(platform.relay, platform.ingest.committed, now, stop, watch.of("relay")),
    ):
        for number in range(1, 4):
            time.sleep(0.1)  # both sleep by now
            producer.send([OutgoingRecord(SUBMISSIONS_TOPIC, b"k", b"no message")])
            until(bus, number)
        stop.set()
        producer.send([OutgoingRecord(SUBMISSIONS_TOPIC, b"k", b"the last one")])
        platform.ingest.committed.set()
    assert all(waits), "no wait ended without a message"
    assert len(waits) <= 4, "and none ended before one"


def test_what_another_process_left_in_the_outbox_is_found_without_being_woken(
    platform: NationalPlatform, bus: EmbeddedBus
) -> None:
    stop, watch = threading.Event(), Watch(Health(Translator("en")), "text", "relay")
    with closing(bus.producer()) as producer, relaying(platform.relay, threading.Event(), now, stop, watch):
        producer.send([OutgoingRecord(SUBMISSIONS_TOPIC, b"k", b"no message")])
        assert platform.ingest.step(now()) == 1
        until(bus, 1)
