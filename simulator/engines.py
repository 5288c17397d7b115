"""What a simulated nation runs on: bus and database of its own folder, or those that somebody else runs."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from jinbao.bus.interface import Bus
from jinbao.bus.open_bus import open_bus
from jinbao.language.words import BilingualError
from jinbao.platform.national_platform import topics
from jinbao.platform.store.store import Store
from jinbao.schemas.messages import IDENTITY_TOPIC
from jinbao.simulator.adapter_processes import AdaptersApart

_EMBEDDED = "embedded:"


class EnginesUsedError(BilingualError):
    """Bus or database hold something already; the message says which."""


@dataclass(frozen=True, slots=True)
class Engines:
    """Addresses as `open_bus` and `Store` take them.

    The embedded bus has one ingest, in the nation's own process; on any other, ingest runs in processes of its own.
    """

    database_url: str
    bus_url: str
    ingest_processes: int = 1
    durable: bool = True
    adapters_apart: AdaptersApart | None = None
    """Whose adapters run in processes of their own, with a key service; None: all in the nation's."""

    @classmethod
    def of(cls, folder: Path) -> Engines:
        """The embedded ones of the nation's folder, which is made again when a machine fails, not flushed."""
        database = f"sqlite:///{folder / 'platform.sqlite'}"
        return cls(database, f"embedded:///{folder / 'bus.sqlite'}", durable=False)

    @property
    def ingest_apart(self) -> bool:
        """Whether ingest runs in processes of its own."""
        return not self.bus_url.startswith(_EMBEDDED)

    def open_bus(self) -> Bus:
        """The bus. Raises BusError."""
        return open_bus(self.bus_url, durable=self.durable)

    def open_store(self) -> Store:
        """The database. Raises StoreError."""
        return Store(self.database_url, durable=self.durable, working=True)

    def prepare(self) -> None:
        """Make missing topics and tables for a new nation.

        Raises EnginesUsedError where one of them holds anything, BusError and StoreError.
        """
        with closing(self.open_bus()) as bus, closing(self.open_store()) as store:
            bus.create_topics(topics())
            for topic in topics().keys() - {IDENTITY_TOPIC}:
                if any(bus.end_offsets(topic).values()):
                    raise EnginesUsedError(
                        f"主题 {topic} 已有报文，请另选总线：新的国家要有自己的总线",
                        f"topic {topic} of this bus has messages already: a new nation needs a bus of its own",
                    )
            store.create()
            with store.read() as work:
                if work.last_recorded_at() or work.next_value("outbox", "id") > 1:
                    raise EnginesUsedError(
                        f"数据库 {store.name} 已有记录，请另选数据库：新的国家要有自己的数据库",
                        f"database {store.name} has records already: a new nation needs a database of its own",
                    )
