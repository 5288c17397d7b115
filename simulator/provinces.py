"""The 32 provinces of a nation: local system, adapter and clerks of each, heard one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from jinbao.bus.interface import Bus
from jinbao.keys.embedded_key_ring import EmbeddedKeyRing
from jinbao.platform.store.store import Store
from jinbao.regional_adapter.exchange.adapter import RegionalAdapter
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import inbox_topic
from jinbao.service.key_service.recorded_ring import RecordedKeyRing
from jinbao.service.key_service.uses import Uses
from jinbao.service.key_service.uses_told import tell_uses
from jinbao.service.province import Province
from jinbao.simulator.adapter_processes import AdapterProcess, AdaptersApart, AdapterTask
from jinbao.simulator.clerks.clerk import Clerk
from jinbao.simulator.clerks.office import CourseOf, Office, PlanOfLine
from jinbao.simulator.hearing import hear


class Surroundings(NamedTuple):
    """What all provinces of a nation share."""

    folder: Path
    bus: Bus
    seen_by: Callable[[str], Bus]
    """The bus as one party sees it."""
    ring: EmbeddedKeyRing
    clerk_for: Callable[[EmbeddedLocalSystem], Clerk]
    course_of: CourseOf
    plan_of_line: PlanOfLine
    bus_url: str
    apart: AdaptersApart | None
    """Whose adapters run in processes of their own; None: nobody's."""


class Provinces:
    """All of them, open until `close`; killed anywhere, each goes on from its own files."""

    def __init__(self, surroundings: Surroundings) -> None:
        """Raises BusError; what was opened is then closed again."""
        self._around = surroundings
        self._stores: dict[str, AdapterStore] = {}
        self._adapters: dict[str, RegionalAdapter | AdapterProcess] = {}
        self.offices: dict[str, Office] = {}
        self._now = 0
        self._uses = Uses(surroundings.folder, durable=False)
        self._unheard: set[str] = set()
        """Those whose inboxes may hold something that their adapters have not read."""
        self._heard: dict[str, tuple[int, int]] = {}
        """Up to which version of its local system each was heard, where nothing was set aside."""
        try:
            for province in sorted(PROVINCES):
                self._open(province)
        except BaseException:
            self.close()
            raise

    def _open(self, province: str) -> None:
        local = self._place(province).local_system()
        clerk = self._around.clerk_for(local)
        self.offices[province] = Office(clerk, self._around.course_of, self._around.plan_of_line)
        self._adapters[province] = self._adapter(local)

    def _adapter(self, local: EmbeddedLocalSystem) -> RegionalAdapter | AdapterProcess:
        province, around = local.province, self._around
        place = self._place(province)
        self._unheard.add(province)
        if around.apart is not None and province in around.apart.provinces:
            task = AdapterTask(province, str(around.folder), around.bus_url, around.apart.key_service_url)
            return AdapterProcess(task, around.seen_by(province).producer().send)
        store = self._stores[province] = place.store()
        ring = RecordedKeyRing(around.ring, self._uses, province, lambda: self._now)
        return place.adapter(local, store, around.seen_by(province), ring)

    def tell_uses(self, store: Store) -> None:
        """Make entries of who used the key ring for whom, recorded when the log ended: in virtual time."""
        tell_uses(self._uses, store, 0)

    def _place(self, province: str) -> Province:
        return Province(self._around.folder, province, durable=False)

    def written_to(self, topics: Iterable[str]) -> set[str]:
        """Note that something was sent to these inboxes; returns whose they are."""
        found = {province for province in self.offices if inbox_topic(province) in topics}
        self._unheard |= found
        return found

    def hear(self, province: str, now: int) -> None:
        """Let an adapter say what it has, and read its inbox to the end, even if it must join its group first.

        Raises BusError, also when it does not get there in time.
        """
        self._now = now
        local, adapter, has_post = self.offices[province].local, self._adapters[province], province in self._unheard
        if not has_post and self._heard.get(province) == local.version():
            return
        if isinstance(adapter, AdapterProcess):
            set_aside = adapter.hear(now, has_post=has_post)
        else:
            store = self._stores[province]
            hear(adapter, store, local, self._around.bus, now, has_post=has_post)
            set_aside = store.set_aside.count()
        self.offices[province].deliver(now)
        self._unheard.discard(province)
        self._heard.pop(province, None)
        if not set_aside:
            self._heard[province] = local.version()

    def lose_memory(self, province: str) -> None:
        """Its adapter begins again with an empty store: it says everything again, and reads its inbox once more."""
        self._heard.pop(province, None)
        self._adapters.pop(province).close()
        if province in self._stores:
            self._stores.pop(province).close()
        store_file = self._place(province).store_file
        for file in store_file.parent.glob(f"{store_file.name}*"):
            file.unlink()
        self._adapters[province] = self._adapter(self.offices[province].local)

    def adapter_pids(self) -> dict[str, int]:
        """Province → process of its adapter, of those that run apart."""
        return {code: one.pid for code, one in self._adapters.items() if isinstance(one, AdapterProcess)}

    def close(self) -> None:
        """Leave the bus and close all files."""
        for adapter in self._adapters.values():
            adapter.close()
        for office in self.offices.values():
            office.close()
        for store in self._stores.values():
            store.close()
        self._uses.close()
