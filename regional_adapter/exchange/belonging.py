"""Check that an adapter works with its own bus and key ring; others would lose messages or split a person in two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from jinbao.bus.identity import BUS, KEY_RING, identity_of, known, settle
from jinbao.bus.interface import Bus, BusRefused
from jinbao.keys.key_ring import KeyRing, KeyRingRefused
from jinbao.regional_adapter.exchange.adapter_store import AdapterStore

_Ring = TypeVar("_Ring", bound=KeyRing)


def open_own_ring(bus: Bus, stores: Sequence[AdapterStore], open_ring: Callable[[str | None], _Ring]) -> _Ring:
    """The key ring that these adapters work with, opened by `open_ring` once it is known which one it must be.

    Bus and stores that have worked with none yet belong to this one from now on. Raises BusRefused where a store
    belongs to another bus, KeyRingRefused where the ring is missing or another one, and what `open_ring` raises.
    """
    found = known(bus)
    this = found.get(BUS) or identity_of(bus)
    for store in stores:
        if store.belongs_to(BUS) not in (None, this):
            raise BusRefused(
                f"{store.path} 属于总线 {store.belongs_to(BUS)}，这里是总线 {this}"
                "：请指明它的总线，或移开此文件，适配器会重新推导其内容",
                f"{store.path} belongs to bus {store.belongs_to(BUS)}, and this is bus {this}: name the bus it belongs "
                "to; or move the file aside: the adapter derives again what it held",
            )
    expected = found.get(KEY_RING)
    ring = open_ring(expected or next((own for store in stores if (own := store.belongs_to(KEY_RING))), None))
    try:
        if (expected or settle(bus, KEY_RING, ring.identity)) != ring.identity:
            raise KeyRingRefused(
                "同一时刻有人为这条总线建立了另一个钥匙串；请删去这一个，重新启动",
                "another key ring was made for this bus at the same moment; remove this one and restart",
            )
        for store in stores:
            store.belong({BUS: this, KEY_RING: ring.identity})
    except BaseException:
        ring.close()
        raise
    return ring
