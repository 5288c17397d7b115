"""Delays at a steady rate: from a message's append on the bus to its commit, and from there to every read model."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import msgspec

from jinbao.bus.interface import Bus, OutgoingRecord
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.projections.positions import Positions, wait_for
from jinbao.platform.store.store import Store
from jinbao.service.following import FollowTask

BATCH = 2_000
RATE_PER_S, DELAY_S = 200, 10
"""So many submissions a second arrive, for so long."""
CATCH_UP_WITHIN_S = 600.0
_LOOK_EVERY_S = 0.002


@contextmanager
def read_models_follow(url: str) -> Iterator[int]:
    """Id of a process beside this one that lets the read models follow the log, as `platform run` starts it."""
    words = [sys.executable, "-m", "jinbao.service.projections_process"]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(FollowTask(url, "en", "text")) + b"\n")
    process.stdin.flush()
    try:
        yield process.pid
    finally:
        process.stdin.close()
        process.wait()


def caught_up_rate(bus: Bus, store: Store, url: str, events: int) -> float:
    """Events per second from the second batch on, until every read model has followed the last event."""
    platform = NationalPlatform(bus, store, batch_size=BATCH, follows=False)
    with closing(platform), read_models_follow(url):
        done = _taken(platform, BATCH)
        wait(store)
        began = time.perf_counter()
        counted = _taken(platform, events - done)
        wait(store)
        return counted / (time.perf_counter() - began)


def _taken(platform: NationalPlatform, wanted: int) -> int:
    done = 0
    while done < wanted:
        if platform.ingest.wait(1.0):
            done += platform.ingest.step(time.time_ns() // 1_000)
    return done


def wait(store: Store) -> None:
    """Until every read model has followed the log to where it ends now."""
    with store.read() as work:
        end = work.events.max_notification_id() or 0
    wait_for(store, end, timeout_s=CATCH_UP_WITHIN_S)


class _Sender(threading.Thread):
    """Appends one record after another, so many a second."""

    def __init__(self, bus: Bus, records: Sequence[OutgoingRecord], per_s: int) -> None:
        super().__init__(daemon=True)
        self._bus, self._records, self._every_s = bus, records, 1 / per_s

    def run(self) -> None:
        with closing(self._bus.producer()) as producer:
            due = time.monotonic()
            for record in self._records:
                time.sleep(max(0.0, due - time.monotonic()))
                producer.send([record])
                due += self._every_s


class _Watcher(threading.Thread):
    """Notes when every read model had reached which position."""

    def __init__(self, store: Store) -> None:
        super().__init__(daemon=True)
        self._store, self.reached, self.stop = store, list[tuple[int, float]](), threading.Event()

    def run(self) -> None:
        while not self.stop.wait(_LOOK_EVERY_S):
            with self._store.read() as work:
                at = min(stand.position for stand in Positions(work).all())
            if not self.reached or at > self.reached[-1][0]:
                self.reached.append((at, time.time()))


def delays(bus: Bus, store: Store, url: str, records: Sequence[OutgoingRecord], per_s: int) -> dict[str, object]:
    """`latency_ms` and `projection_lag_ms` while the records arrive at that rate on a platform that runs."""
    latencies, commits, position = list[float](), list[tuple[int, float]](), _end(store)
    platform, watched = NationalPlatform(bus, store, follows=False), Store(url)
    watcher, sender = _Watcher(watched), _Sender(bus, records, per_s)
    with closing(watched), closing(platform), read_models_follow(url):
        _taken(platform, 0)
        wait(store)
        time.sleep(3.0)  # the other process has started by then
        watcher.start()
        sender.start()
        done = 0
        while done < len(records):
            if not platform.ingest.wait(1.0):
                continue
            done += platform.ingest.step(time.time_ns() // 1_000)
            now = time.time()
            with store.read() as work:
                sql = "SELECT position, received_at FROM events WHERE position > ? ORDER BY position"
                rows = work.bulk.execute(sql, position).all()
            latencies += [now * 1_000 - received_at / 1_000 for _, received_at in rows]
            if rows:
                position = rows[-1][0]
                commits.append((position, now))
        wait(store)
        time.sleep(10 * _LOOK_EVERY_S)
        watcher.stop.set()
        watcher.join()
    lags = [(_when(watcher.reached, at) - committed) * 1_000 for at, committed in commits]
    return {"latency_ms": {str(per_s): _percentiles(latencies)}, "projection_lag_ms": _percentiles(lags)}


def _end(store: Store) -> int:
    with store.read() as work:
        return work.events.max_notification_id() or 0


def _when(reached: Sequence[tuple[int, float]], position: int) -> float:
    return next((when for at, when in reached if at >= position), reached[-1][1])


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(max(0.0, value) for value in values)
    return {f"p{p}": round(ordered[min(len(ordered) - 1, len(ordered) * p // 100)], 1) for p in (50, 99)}
