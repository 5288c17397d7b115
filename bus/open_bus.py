"""Opens the bus that a URL names; everything else depends on the interface only."""

from __future__ import annotations

from pathlib import Path

from jinbao.bus.embedded import EmbeddedBus
from jinbao.bus.interface import Bus, BusError, BusUnavailable

_EMBEDDED = "embedded:///"
_KAFKA = "kafka://"


def open_bus(url: str, *, durable: bool = True, make: bool = True) -> Bus:
    """The bus behind `embedded:///relative/file`, `embedded:////absolute/file` or `kafka://host:port[,…][?…]`.

    Slashes as in SQLite URLs; for Kafka see `jinbao.bus.kafka_address.parse`. `durable=False` spares the embedded bus
    the wait for the disk, for simulations; `make=False` makes no embedded bus where there is none. Raises BusError when
    the URL names no bus, or the bus cannot be opened.
    """
    if url.startswith(_EMBEDDED) and len(url) > len(_EMBEDDED):
        file = Path(url.removeprefix(_EMBEDDED))
        if not make and not file.is_file():
            raise BusUnavailable(f"总线 {file}：没有这个文件", f"bus {file}: no such file")
        return EmbeddedBus(file, durable=durable)
    if url.startswith(_KAFKA):
        from jinbao.bus.kafka import KafkaBus  # its client takes a while to load, and most runs need none

        return KafkaBus(url)
    raise BusError(
        f"总线地址 {url.partition('?')[0].rpartition('@')[2]!r}：不是总线地址，"
        f"应为 {_EMBEDDED}FILE 或 {_KAFKA}HOST:PORT",
        f"bus {url.partition('?')[0].rpartition('@')[2]!r}: not a bus URL; use {_EMBEDDED}FILE or {_KAFKA}HOST:PORT",
    )
