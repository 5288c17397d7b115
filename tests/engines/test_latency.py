"""A message on an idle platform waits for its own batch only, whatever the brokers are slow to answer."""

from __future__ import annotations

import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from jinbao.bus.interface import OutgoingRecord
from jinbao.bus.open_bus import open_bus
from jinbao.dev import engines as local
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.store.store import Store
from jinbao.schemas.messages import SUBMISSIONS_TOPIC

pytestmark = pytest.mark.slow

OLD, NEW, EVERY_S = 200, 60, 0.05
ENDS_TAKE_S = LONGER_THAN_ANY_STEP_S = 2.0


def test_a_platform_that_starts_at_the_logs_end_is_not_held_up_by_a_slow_answer_about_ends(
    private_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look that found nothing once asked the brokers for the ends, and read nothing for up to 2 s."""
    engines, waited_s = local.up(private_folder), list[float]()

    def observe(batch, _seconds) -> None:
        waited_s.extend(time.time() - row.received_at / 1_000_000 for row in batch.rows)

    def take(platform: NationalPlatform, count: int) -> None:
        while len(waited_s) < count:
            if platform.ingest.wait(0.5):
                platform.ingest.step(time.time_ns() // 1_000)

    with closing(open_bus(engines.bus_url)) as bus, closing(Store(engines.database_url)) as store:
        first = NationalPlatform(bus, store, observe=observe)
        with closing(bus.producer()) as producer, closing(first):
            producer.send([OutgoingRecord(SUBMISSIONS_TOPIC, b"%d" % n, b"not Avro") for n in range(OLD)])
            take(first, OLD)

        def send() -> None:
            with closing(bus.producer()) as producer:
                for n in range(NEW):
                    producer.send([OutgoingRecord(SUBMISSIONS_TOPIC, b"%d" % n, b"not Avro")])
                    time.sleep(EVERY_S)

        with closing(NationalPlatform(bus, store, observe=observe)) as again:
            while not again.ingest.at_end():
                again.ingest.wait(0.1)
            consumer = again.ingest._consumer
            ends = consumer._readable_ends  # type: ignore[attr-defined]
            monkeypatch.setattr(consumer, "_readable_ends", lambda places: (time.sleep(ENDS_TAKE_S), ends(places))[1])
            waited_s.clear()
            sender = threading.Thread(target=send)
            sender.start()
            take(again, NEW)
            sender.join()
    assert max(waited_s) < LONGER_THAN_ANY_STEP_S
