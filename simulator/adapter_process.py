"""One adapter of a simulated nation: `python -m jinbao.simulator.adapter_process`, begun by the nation.

Reads an `AdapterTask` from its standard input, then is heard whenever the nation says so. Once that input ends, the
nation is gone, and so is this process.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from contextlib import closing
from io import FileIO
from pathlib import Path

import msgspec

from jinbao.bus.interface import Bus, OutgoingRecord, Producer
from jinbao.bus.open_bus import open_bus
from jinbao.keys.remote_key_ring import RemoteKeyRing
from jinbao.service.province import Province
from jinbao.simulator.adapter_processes import AdapterTask, Hear, Heard, Sending
from jinbao.simulator.hearing import hear
from jinbao.simulator.virtual_time import VirtualTimeBus

_KEEP_S = 3_600.0
_PATIENCE_S = 120.0
"""So long it asks a key service that is away: a case that waited for another day would be another nation."""


def main() -> None:
    """Be heard until the nation is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C asks the nation
    words = FileIO(sys.stdin.fileno(), closefd=False)
    task = msgspec.json.decode(words.readline(), type=AdapterTask)
    place = Province(Path(task.folder), task.province, durable=False)
    with (
        closing(open_bus(task.bus_url)) as real,
        closing(place.local_system()) as local,
        closing(place.store()) as store,
        closing(
            RemoteKeyRing(task.key_service_url, place.key_token_file, keep_s=_KEEP_S, patience_s=_PATIENCE_S)
        ) as ring,
        closing(place.adapter(local, store, _ThroughTheNation(real, words), ring)) as adapter,
    ):
        while line := words.readline():
            word = msgspec.json.decode(line, type=Hear)
            hear(adapter, store, local, real, word.now, has_post=word.has_post)
            _say(Heard(store.set_aside.count()))


class _ThroughTheNation(VirtualTimeBus):
    """The bus as it sees it: what it sends goes by the nation, which holds submissions until their round."""

    def __init__(self, real: Bus, words: FileIO) -> None:
        super().__init__(real)
        self._words = words

    def producer(self) -> Producer:
        """One that waits until the nation has what it sends."""
        return _Producer(self._words)


class _Producer:
    def __init__(self, words: FileIO) -> None:
        self._words = words

    def send(self, records: Sequence[OutgoingRecord]) -> None:
        """With the nation when it returns."""
        _say(Sending([(one.topic, one.key, one.value, list(one.headers)) for one in records]))
        if not self._words.readline():
            sys.exit(1)  # the nation is gone

    def close(self) -> None:
        """Nothing of its own to release."""


def _say(word: Sending | Heard) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(word) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
