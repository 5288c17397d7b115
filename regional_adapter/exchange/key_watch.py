"""An agency's look at the register of keys: a key in its name that it has not asked for is reported."""

from __future__ import annotations

from collections.abc import Callable

from jinbao.bus.interface import Bus
from jinbao.transparency.check_proof import NotValid, VerifierKey
from jinbao.transparency.key_notice import KEYS_TOPIC, noticed_keys

_MOST_READ = 100


class KeyWatch:
    """Reads the notices of the log's register, all from the first one: the last record may be signed by nobody."""

    def __init__(self, bus: Bus, province: str, log: VerifierKey, own: Callable[[], set[str]]) -> None:
        """`own`: the public keys (vkey text) that the province has made itself. Raises BusError."""
        self._province, self._log, self._own = province, log, own
        self._reader = bus.reader(KEYS_TOPIC)
        self._reader.seek(0, 0)
        self._newest = 0
        self.foreign: list[str] = []
        """Keys in its name, not revoked, that are not its own; those that were so in the newest notice."""

    def step(self) -> int:
        """Read what has come; the number of notices. Raises BusError."""
        done = 0
        while records := self._reader.poll(_MOST_READ):
            done += len(records)
            for record in records:
                self._look(record.value)
        return done

    def _look(self, value: bytes) -> None:
        """What the log has not signed is passed over."""
        try:
            number, keys = noticed_keys(value.decode(), self._log)
        except (NotValid, UnicodeDecodeError):
            return
        if number < self._newest:
            return  # an old notice, sent again by whoever may write to the bus
        self._newest = number
        named = [key.key for key in keys if key.agency == self._province and key.state != "revoked"]
        own = self._own() if named else set()
        self.foreign = [key for key in named if key not in own]

    def close(self) -> None:
        """Leave the bus."""
        self._reader.close()
