"""One ingest process of several: BUS_URL DATABASE_URL. Takes in until its standard input ends."""

from __future__ import annotations

import sys
import threading
import time

from measures import BATCH

from jinbao.bus.open_bus import open_bus
from jinbao.platform.national_platform import NationalPlatform
from jinbao.platform.store.store import Store


def main(bus_url: str, database_url: str) -> None:
    """Step until told to stop."""
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    bus, store = open_bus(bus_url), Store(database_url)
    platform = NationalPlatform(bus, store, batch_size=BATCH)
    while not over.is_set():
        if platform.ingest.wait(0.1):
            platform.ingest.step(time.time_ns() // 1_000)
    platform.close()
    store.close()
    bus.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
