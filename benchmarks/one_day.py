"""The same records through one tree's ingest, whichever tree is on the path: BUS_URL DATABASE_URL RECORDS [--fill].

Run by compare.py for this tree and an earlier commit. Prints JSON: from the second batch until every read model has
followed the last event, seconds of the clock and of processor time, of ingest and of the process that follows.
"""

from __future__ import annotations

import gc
import inspect
import json
import os
import sys
import time
from contextlib import ExitStack, closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from jinbao.bus.interface import Bus, OutgoingRecord
from jinbao.bus.open_bus import open_bus
from jinbao.platform.national_platform import NationalPlatform, topics
from jinbao.platform.store.store import Store
from jinbao.schemas.messages import SUBMISSIONS_TOPIC

BATCH, CHUNK = 2_000, 5_000
FOLLOWS = find_spec("jinbao.platform.projections.runner") is not None
"""Whether the read models follow in a process of their own; in an earlier tree ingest writes them."""
Written = tuple[bytes, bytes, tuple[tuple[str, bytes], ...]]
"""Key, value and headers of a record, as compare.py writes them."""


def fill(bus: Bus, written: list[Written]) -> None:
    """Put them on a new bus."""
    bus.create_topics(topics())
    with closing(bus.producer()) as producer:
        for start in range(0, len(written), CHUNK):
            producer.send([OutgoingRecord(SUBMISSIONS_TOPIC, *record) for record in written[start : start + CHUNK]])


def step(platform: Any) -> int:
    """One batch, as either tree takes it."""
    now = time.time_ns() // 1_000
    if "timeout_s" in inspect.signature(platform.ingest.step).parameters:
        return int(platform.ingest.step(now, timeout_s=1.0))
    return int(platform.ingest.step(now)) if platform.ingest.wait(1.0) else 0


def taken_in(bus: Bus, store: Store, database: str, events: int) -> dict[str, float]:
    """Take them all in."""
    with ExitStack() as parts:
        platform = parts.enter_context(closing(NationalPlatform(bus, store, batch_size=BATCH)))
        follower = 0
        if FOLLOWS:
            from delays import read_models_follow

            follower = parts.enter_context(read_models_follow(database))
        done = 0
        while done < BATCH:
            done += step(platform)
        _followed(store)
        gc.collect()
        first, began, worked, followed = done, time.perf_counter(), time.process_time(), _worked_s(follower)
        while done < events:
            done += step(platform)
        step_s, ingest_s = time.perf_counter() - began, time.process_time() - worked
        _followed(store)
        return {
            "events": done - first,
            "ingest_s": step_s,
            "caught_up_s": time.perf_counter() - began,
            "ingest_processor_s": ingest_s,
            "follower_processor_s": _worked_s(follower) - followed,
        }


def _followed(store: Store) -> None:
    if FOLLOWS:
        from delays import wait

        wait(store)


def _worked_s(process: int) -> float:
    """Processor time of a process, in user and system mode; 0 of none."""
    if not process:
        return 0.0
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(bus_url: str, database: str, records: str, *options: str) -> None:
    """Run and print."""
    written = msgspec.msgpack.decode(Path(records).read_bytes(), type=list[Written])
    with closing(open_bus(bus_url)) as bus, closing(Store(database)) as store:
        if "--fill" in options:
            fill(bus, written)
        sys.stdout.write(json.dumps(taken_in(bus, store, database, len(written))) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
