"""Hearing an adapter: it says what it has, and reads its inbox to the end, even if it must join its group first."""

from __future__ import annotations

import time

from jinbao.bus.interface import Bus, BusUnavailable
from jinbao.regional_adapter.exchange.adapter import RegionalAdapter
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore
from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.schemas.messages import inbox_topic
from jinbao.simulator.platform_side import until_idle

_HEARD_WITHIN_S = 120.0
_PAUSE_S = 0.005


def hear(
    adapter: RegionalAdapter, store: AdapterStore, local: EmbeddedLocalSystem, bus: Bus, now: int, *, has_post: bool
) -> None:
    """In one transaction of each of the two files: killed within, the adapter says and hears the same again.

    `has_post`: its inbox may hold something that it has not read. Raises BusError, also where it does not come to the
    inbox's end in time.
    """
    with store.transaction(), local.batch():
        topic, deadline = inbox_topic(local.province), time.monotonic() + _HEARD_WITHIN_S
        until_idle(adapter.step, now)
        while has_post:
            ends = bus.end_offsets(topic)
            if all(store.inbox_offset(place) >= end for place, end in ends.items()):
                return
            if time.monotonic() > deadline:
                raise BusUnavailable(
                    f"{local.province} 的适配器在 {_HEARD_WITHIN_S:.0f} 秒内没有读到 {topic} 的末尾",
                    f"adapter {local.province} did not come to the end of {topic} in {_HEARD_WITHIN_S:.0f} s",
                )
            if not until_idle(adapter.step, now):
                time.sleep(_PAUSE_S)
