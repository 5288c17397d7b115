"""One ingest process of a simulated nation: `python -m jinbao.simulator.ingest_process`, begun by the nation.

Reads an `IngestTask` from its standard input, then takes in until told to stop, there or by SIGTERM. When that input
ends without a word the nation is gone, and so is this process, at once: as if killed.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import closing, suppress
from io import FileIO

import msgspec

from jinbao.bus.interface import BusError
from jinbao.bus.open_bus import open_bus
from jinbao.platform.aggregates.law import Law
from jinbao.platform.store.store import Store, StoreError
from jinbao.service.loop import retrying
from jinbao.simulator.ingest_processes import IngestTask
from jinbao.simulator.law import changing_law
from jinbao.simulator.platform_side import simulated_platform
from jinbao.simulator.virtual_time import VirtualTimeBus

_WAITS_S = 0.25


def main() -> None:
    """Take in until told to stop; a bus or database that fails is tried again."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C asks the nation, and the nation asks us
    words = FileIO(sys.stdin.fileno(), closefd=False)  # unbuffered: a buffer's lock would outlast us
    task = msgspec.json.decode(words.readline(), type=IngestTask)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    threading.Thread(target=_obey, args=(words, stop), daemon=True).start()
    changing = changing_law(task.run)
    law = changing.amended if task.amended else changing.released
    with suppress(BusError, StoreError):  # asked to stop before they came back
        retrying(stop, lambda error: print(f"ingest: {error}", file=sys.stderr))(_take_in, task, law, stop)


def _take_in(task: IngestTask, law: Law, stop: threading.Event) -> None:
    with (
        closing(open_bus(task.bus_url)) as bus,
        closing(Store(task.database_url, working=True)) as store,
        closing(simulated_platform(VirtualTimeBus(bus), store, law)) as platform,
    ):
        while not stop.is_set():
            if platform.ingest.wait(_WAITS_S):
                platform.ingest.step(0)


def _obey(words: FileIO, stop: threading.Event) -> None:
    if not words.readline():
        os._exit(1)
    stop.set()


if __name__ == "__main__":
    main()
