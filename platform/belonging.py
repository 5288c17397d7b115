"""Check that the database belongs to this bus: noted when the platform first runs on it, any other is refused."""

from __future__ import annotations

from jinbao.bus.identity import BUS, identity_of
from jinbao.bus.interface import Bus
from jinbao.platform.store.store import Store, StoreRefused
from jinbao.schemas.messages import SUBMISSIONS_TOPIC

_WAY_OUT = (
    "请指明它的总线，或恢复那条总线的备份；总线已不可恢复时，换新数据库并移开适配器的文件重新开始："
    "适配器会重新报送各地系统中的内容（docs/operations.md）",
    "name the bus it belongs to, or put that one's backup back; once that bus is lost for good, begin with a new "
    "database and without the adapters' files: they send again what their local systems hold (docs/operations.md)",
)


def need_own_bus(bus: Bus, store: Store) -> None:
    """Raise StoreRefused where the database has worked with another bus: what that one had would be lost in silence.

    A database that belongs to none yet belongs to this one from now on, unless it has read further than the bus goes.
    Raises BusError and StoreError.
    """
    this, ends = identity_of(bus), bus.end_offsets(SUBMISSIONS_TOPIC)
    with store.write() as work:
        own = work.mark(BUS)
        for partition, offset in work.next_offsets(SUBMISSIONS_TOPIC).items():
            if offset > (end := ends.get((SUBMISSIONS_TOPIC, partition), 0)):
                raise StoreRefused(
                    f"数据库 {store.name} 已读 {SUBMISSIONS_TOPIC} 分区 {partition} "
                    f"到 {offset}，而此总线止于 {end}，是另一条总线或旧备份：{_WAY_OUT[0]}",
                    f"database {store.name} has read partition {partition} of {SUBMISSIONS_TOPIC} up to {offset}, but "
                    f"this bus ends at {end}, so it is another one or an older copy: {_WAY_OUT[1]}",
                )
        if own is None:
            work.set_mark(BUS, this)
        elif own != this:
            raise StoreRefused(
                f"数据库 {store.name} 属于总线 {own}，这里是总线 {this}：{_WAY_OUT[0]}",
                f"database {store.name} belongs to bus {own}, and this is bus {this}: {_WAY_OUT[1]}",
            )
