"""The invented agencies of the 32 provinces: contact and bank data as their letters print them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple

from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import Agency
from jinbao.simulator.virtual_clock import VirtualClock


class Change(NamedTuple):
    """What becomes of a province's agency while it holds cases, and from which day on."""

    reason: Literal["merged", "renamed"]
    valid_from: date


_CHANGES: Mapping[str, tuple[Literal["merged", "renamed"], float]] = {"43": ("renamed", 0.4), "33": ("merged", 0.45)}
"""Province → what, and after which share of the run; assumed."""


def change_of(province: str, clock: VirtualClock) -> Change | None:
    """The change of a province's agency in this run."""
    if province not in _CHANGES:
        return None
    reason, share = _CHANGES[province]
    return Change(reason, clock.calendar[int(clock.days * share)])


def agency_of(province: str, change: Change | None = None) -> Agency:
    """The agency of a province, after a change of it or before; telephone and account are visibly no real ones."""
    name = PROVINCES[province].name_zh
    title = {None: "经办机构", "renamed": "服务中心", "merged": "联合经办机构"}[change.reason if change else None]
    return Agency(
        name=f"合成{name}社会保险{title}",
        telephone=f"000-{province}000000",
        address=f"{name}合成市虚拟路1号",
        postcode=f"{province}0000",
        bank_name=f"合成银行{name}分行",
        account_title=f"合成{name}养老保险基金专户",
        account_number=f"0000{province}00000000",
    )
