"""The 32 provinces of a nation: local system, adapter and clerks of each, heard one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from jinbao.bus.interface import Bus, BusUnavailable
from jinbao.keys.key_ring import KeyRing
from jinbao.regional_adapter.exchange.adapter import RegionalAdapter
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import inbox_topic
from jinbao.service.province import Province
from jinbao.simulator.clerks.clerk import Clerk
from jinbao.simulator.clerks.office import CourseOf, Office, PlanOfLine
from jinbao.simulator.platform_side import until_idle

_HEARD_WITHIN_S = 120.0
_PAUSE_S = 0.005


class Surroundings(NamedTuple):
    """What all provinces of a nation share."""

    folder: Path
    bus: Bus
    seen_by: Callable[[str], Bus]
    """The bus as one party sees it."""
    ring: KeyRing
    clerk_for: Callable[[EmbeddedLocalSystem], Clerk]
    course_of: CourseOf
    plan_of_line: PlanOfLine


class Provinces:
    """All of them, open until `close`; killed anywhere, each goes on from its own files."""

    def __init__(self, surroundings: Surroundings) -> None:
        """Raises BusError; what was opened is then closed again."""
        self._around = surroundings
        self._stores: dict[str, AdapterStore] = {}
        self.offices: dict[str, Office] = {}
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
        self.offices[province] = Office(clerk, self._adapter(local), self._around.course_of, self._around.plan_of_line)

    def _adapter(self, local: EmbeddedLocalSystem) -> RegionalAdapter:
        province = local.province
        place = self._place(province)
        store = place.store()
        self._stores[province] = store
        self._unheard.add(province)
        return place.adapter(local, store, self._around.seen_by(province), self._around.ring)

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
        local, store = self.offices[province].local, self._stores[province]
        if province not in self._unheard and self._heard.get(province) == local.version():
            return
        with store.transaction(), local.batch():
            self._hear(province, now)
        self._heard.pop(province, None)
        if not store.set_aside.count():
            self._heard[province] = local.version()

    def _hear(self, province: str, now: int) -> None:
        """In one transaction of each of the two files: killed within, the adapter says and hears the same again."""
        topic, deadline = inbox_topic(province), time.monotonic() + _HEARD_WITHIN_S
        adapter = self.offices[province].adapter
        until_idle(adapter.step, now)
        while province in self._unheard:
            ends = self._around.bus.end_offsets(topic)
            if all(self._stores[province].inbox_offset(place) >= end for place, end in ends.items()):
                self._unheard.discard(province)
            elif time.monotonic() > deadline:
                raise BusUnavailable(
                    f"{province} 的适配器在 {_HEARD_WITHIN_S:.0f} 秒内没有读到 {topic} 的末尾",
                    f"adapter {province} did not come to the end of {topic} in {_HEARD_WITHIN_S:.0f} s",
                )
            elif not until_idle(adapter.step, now):
                time.sleep(_PAUSE_S)

    def lose_memory(self, province: str) -> None:
        """Its adapter begins again with an empty store: it says everything again, and reads its inbox once more."""
        office = self.offices[province]
        self._heard.pop(province, None)
        office.adapter.close()
        store = self._stores[province]
        store.close()
        for file in store.path.parent.glob(f"{store.path.name}*"):
            file.unlink()
        office.adapter = self._adapter(office.local)

    def close(self) -> None:
        """Leave the bus and close all files."""
        for office in self.offices.values():
            office.close()
        for store in self._stores.values():
            store.close()
