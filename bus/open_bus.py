"""Opens the bus that a URL names; everything else depends on the interface only."""

from __future__ import annotations

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import Bus, BusError

_EMBEDDED = "embedded:///"


def open_bus(url: str, *, durable: bool = True) -> Bus:
    """The bus behind `embedded:///relative/file` or `embedded:////absolute/file` (slashes as in SQLite URLs).

    `durable=False` spares the embedded bus the wait for the disk, for simulations. Raises BusError when the URL names
    no bus that this version has, or the bus cannot be opened.
    """
    if url.startswith(_EMBEDDED) and len(url) > len(_EMBEDDED):
        return EmbeddedBus(url.removeprefix(_EMBEDDED), durable=durable)
    if url.startswith("kafka://"):
        raise BusError(f"bus {url}: Kafka is not available in this version; use embedded:///FILE")
    raise BusError(f"bus {url!r}: not a bus URL; use embedded:///FILE")
