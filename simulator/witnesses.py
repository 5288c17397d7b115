"""The 32 adapters of a nation as witnesses of its log: each week they cosign what it has brought."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from pathlib import Path

from jinbao.bus.interface import Bus, BusRecord
from jinbao.platform.outbox.log_key import name_witnesses
from jinbao.platform.outbox.witnessing import Witnessing
from jinbao.platform.store.store import Store
from jinbao.platform.store.tree import last_recorded_at
from jinbao.regional_adapter.exchange.witness import answered
from jinbao.rules.provinces import PROVINCES
from jinbao.service.province import Province
from jinbao.transparency.check_proof import VerifierKey
from jinbao.transparency.witnessing import CHECKPOINTS_TOPIC

EVERY_DAYS = 5
_HEARD_WITHIN_S = 5.0


class Witnesses:
    """All of them, with a key each, and the platform's side; the folder's policy names them."""

    def __init__(self, folder: Path, bus: Bus, store: Store, log: VerifierKey) -> None:
        """Raises BusError, StoreError and UserError."""
        self._store, self._log = store, log
        with ExitStack() as opened:
            places = {f"province-{code}": Province(folder, code, durable=False) for code in sorted(PROVINCES)}
            self._all = {name: opened.enter_context(closing(place.witness())) for name, place in places.items()}
            policy = name_witnesses(folder, {name: one.key.verifier for name, one in self._all.items()})
            self._platform = opened.enter_context(closing(Witnessing(bus, store, policy)))
            self._producer = opened.enter_context(closing(bus.producer()))
            self._reader = opened.enter_context(closing(bus.reader(CHECKPOINTS_TOPIC)))
            self._reader.seek(0, max(bus.end_offsets(CHECKPOINTS_TOPIC).values()))
            self._opened = opened.pop_all()

    def cosign_on(self, day: int, days: int) -> None:
        """Cosign on every fifth day, counted from 0, and on the last of so many: 32 signatures are 20 ms."""
        if day % EVERY_DAYS == 0 or day + 1 == days:
            self.cosign()

    def cosign(self) -> None:
        """Let them judge the newest checkpoint, and keep their cosignatures. Raises BusError and StoreError."""
        while self._platform.publish():
            newest = self._newest()
            if newest is None:
                return
            with self._store.read() as work:
                now_us = last_recorded_at(work.bulk)
            heard = [one.hear([newest.value], self._log, now_us, newest.offset + 1) for one in self._all.values()]
            self._producer.send([answered(answer) for answer in heard if answer is not None])
            self._platform.gather()

    def _newest(self) -> BusRecord | None:
        """The checkpoint that was published last; a bus of its own may give it a moment later."""
        newest: BusRecord | None = None
        until = time.monotonic() + _HEARD_WITHIN_S
        while newest is None and time.monotonic() < until:
            while records := self._reader.poll(1):
                newest = records[-1]
        return newest

    def close(self) -> None:
        """Leave the bus and close their files."""
        self._opened.close()
