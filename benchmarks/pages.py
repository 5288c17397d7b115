"""The pages under load: many cases, submissions arriving beside, and many viewers of the live overview.

`python benchmarks/pages.py --cases 100000 --viewers 1000 [--folder DIR]` prints JSON: p50 and p95 of each page in
milliseconds, the deepest page of the list of cases too; how long after its append on the bus, and after its record,
each event has reached each viewer; processor time. A folder that is given is filled once and used again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from datetime import date
from pathlib import Path
from statistics import quantiles
from uuid import UUID

import httpx
from case_messages import CaseWriter, arriving, record
from delays import wait
from viewers import Seen, open_viewers

from jinbao.bus.interface import Bus, OutgoingRecord
from jinbao.bus.open_bus import open_bus
from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.platform.national_platform import NationalPlatform, topics
from jinbao.platform.projections.case_board import case_list
from jinbao.platform.store.store import Store
from jinbao.web.accounts.sessions import begin_session
from jinbao.web.accounts.users import add_user, all_users
from jinbao.web.accounts.users_file import UsersFile

CHUNK, TIMES, SEED = 5_000, 40, 7
SETTLED_AFTER_S = 5.0
USER, PASSWORD = "duty", "correct horse battery"


def fill(bus: Bus, store: Store, cases: int, folder: Path) -> None:
    """An application of each case, taken in, and followed by every read model."""
    draw = random.Random(f"{SEED} filled")
    bus.create_topics(topics())
    ring = EmbeddedKeyRing(folder / "keys.sqlite", bytes(64), seed=SEED)
    with closing(ring), closing(bus.producer()) as producer:
        for first in range(0, cases, CHUNK):
            writers = (CaseWriter(n, ring, draw) for n in range(first, min(cases, first + CHUNK)))
            producer.send([record(next(writer.messages())) for writer in writers])
    with closing(NationalPlatform(bus, store, batch_size=2_000)) as platform:
        while platform.step(time.time_ns() // 1_000):
            pass
    wait(store)


@contextmanager
def beside(folder: Path) -> Iterator[tuple[str, int]]:
    """Address and process of `jinbao serve --national`, and a `jinbao platform run` that takes in."""
    program, data = [sys.executable, "-m", "jinbao.cli.entry"], ["--data", str(folder)]
    with subprocess.Popen([*program, "platform", "run", *data], stderr=subprocess.DEVNULL) as platform:
        serve = [*program, "serve", "--port", "0", "--national", *data]
        with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as pages:
            assert pages.stdout is not None
            try:
                yield pages.stdout.readline().split()[-1], pages.pid
            finally:
                pages.terminate()
                platform.terminate()


class Sender(threading.Thread):
    """Appends so many records a second, and notes when."""

    def __init__(self, bus: Bus, records: Sequence[OutgoingRecord], per_s: int) -> None:
        super().__init__(daemon=True)
        self._bus, self._records, self._per_s = bus, records, per_s
        self.sent: list[float] = []
        """Seconds since 1970 UTC."""

    def run(self) -> None:
        """Send them all."""
        with closing(self._bus.producer()) as producer:
            began = time.monotonic()
            for number, one in enumerate(self._records):
                time.sleep(max(0.0, began + number / self._per_s - time.monotonic()))
                producer.send([one])
                self.sent.append(time.time())


def page_times(address: str, cookie: str, deep: UUID, process: int) -> dict[str, dict[str, float]]:
    """Milliseconds of each page, and of the server's processor, which other programs of the machine change less."""
    paths = {
        "overview": "/overview",
        "alerts": "/alerts",
        "index": "/index",
        "province": "/provinces/41",
        "flow": f"/flows/44/41?month={date.today():%Y-%m}",
        "cases": "/cases",
        "cases_of_a_province": "/cases?province=41",
        "cases_deepest": f"/cases?after={deep}",
        "case": f"/cases/{deep}",
    }
    found = {}
    with httpx.Client(base_url=address, cookies={"jinbao_session": cookie}, timeout=60) as client:
        for name, path in paths.items():
            times: list[float] = []
            used = processor_s(process)
            for _ in range(TIMES):
                began = time.perf_counter()
                answer = client.get(path)
                assert answer.status_code == 200, (path, answer.status_code)
                times.append((time.perf_counter() - began) * 1_000)
            found[name] = percentiles(times, 95) | {
                "processor": round((processor_s(process) - used) * 1_000 / TIMES, 1)
            }
    return found


def under_way(address: str, cookie: str, length: int) -> None:
    """Wait until the platform has begun to take in."""
    with httpx.Client(base_url=address, cookies={"jinbao_session": cookie}, timeout=60) as client:
        while client.get("/api/overview").json()["position"] <= length:
            time.sleep(0.2)


def settled(address: str, cookie: str) -> int:
    """The position of the pages once everything that was sent has come to them."""
    before, now = -1, 0
    with httpx.Client(base_url=address, cookies={"jinbao_session": cookie}, timeout=60) as client:
        while before != now:
            time.sleep(SETTLED_AFTER_S)
            before, now = now, client.get("/api/overview").json()["position"]
    return now


async def viewed(address: str, cookie: str, number: int, sender: Sender, process: int) -> tuple[Seen, float]:
    """What so many viewers are told while the sender sends, and the server's share of a processor meanwhile."""
    seen = await open_viewers(address, cookie, number)
    used, began = processor_s(process), time.monotonic()
    sender.start()
    while sender.is_alive():
        await asyncio.sleep(0.1)
    await asyncio.sleep(2.0)
    assert not seen.lost, "a viewer was lost"
    return seen, (processor_s(process) - used) / (time.monotonic() - began)


def told_after(seen: Seen, base: int, happened: Sequence[float]) -> dict[str, float]:
    """From when each event above a position happened until each viewer had a value that holds it."""
    late: Counter[int] = Counter()
    for told_at, before, position in seen.told:
        for number in range(max(before, base), min(position, base + len(happened))):
            late[round((told_at - happened[number - base]) * 1_000)] += 1
    return {"p50": _of(late, 50), "p99": _of(late, 99), "events_by_viewers": late.total()}


def _of(times: Counter[int], percent: int) -> int:
    """The time that so many of 100 do not exceed."""
    left = times.total() * percent / 100
    for one in sorted(times):
        left -= times[one]
        if left <= 0:
            return one
    return 0


def recorded(store: Store, base: int) -> list[float]:
    """When the events above a position were recorded, seconds since 1970 UTC."""
    with store.read() as work:
        rows = work.bulk.execute("SELECT recorded_at FROM events WHERE position > ? ORDER BY position", base)
        return [row[0] / 1_000_000 for row in rows]


def percentiles(values: Sequence[float], upper: int) -> dict[str, float]:
    """The median and an upper percentile."""
    cuts = quantiles(values, n=100)
    return {"p50": round(cuts[49], 1), f"p{upper}": round(cuts[upper - 1], 1)}


def processor_s(process: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def prepared(bus: Bus, store: Store, cases: int, folder: Path) -> tuple[UUID, int]:
    """The deepest page's case, and the log's length; filled where it is empty."""
    store.create()
    with store.read() as work:
        length = work.events.max_notification_id() or 0
    if not length:
        fill(bus, store, cases, folder)
    with store.read() as work:
        length = work.events.max_notification_id() or 0
        return case_list(work, limit=cases)[-60].transfer_id, length


def session(folder: Path) -> str:
    """The cookie of a signed-in duty officer."""
    with closing(UsersFile(folder)) as users:
        if not all_users(users):
            add_user(users, USER, "ministry", None, PASSWORD)
        return begin_session(users, all_users(users)[0])


def measured(folder: Path, cases: int, viewers: int, per_s: int, seconds: int) -> dict[str, object]:
    """All of it."""
    with (
        closing(open_bus(f"embedded:///{folder / 'bus.sqlite'}")) as bus,
        closing(Store(f"sqlite:///{folder / 'platform.sqlite'}")) as store,
    ):
        deep, length = prepared(bus, store, cases, folder)
        cookie = session(folder)
        records = arriving(2 * per_s * seconds, folder, SEED, run=length)
        with beside(folder) as (address, process):
            first = Sender(bus, records[: per_s * seconds], per_s)
            first.start()
            under_way(address, cookie, length)
            pages = page_times(address, cookie, deep, process)
            first.join()
            base = settled(address, cookie)
            sender = Sender(bus, records[per_s * seconds :], per_s)
            seen, share = asyncio.run(viewed(address, cookie, viewers, sender, process))
        return {
            "cases": cases,
            "arriving_per_s": per_s,
            "pages_ms": pages,
            "viewers": viewers,
            "live_after_append_ms": told_after(seen, base, sender.sent),
            "live_after_event_ms": told_after(seen, base, recorded(store, base)),
            "values_per_s": round(len(seen.values) / seconds, 1),
            "bytes_a_value": round(seen.bytes / len(seen.told)),
            "processor_share": round(share, 2),
        }


def main() -> None:
    """Read the options, print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--viewers", type=int, default=1_000)
    parser.add_argument("--per-s", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() if asked.folder is None else nullcontext(asked.folder) as folder:
        Path(folder).mkdir(exist_ok=True)
        result = measured(Path(folder), asked.cases, asked.viewers, asked.per_s, asked.seconds)
    sys.stdout.write(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
