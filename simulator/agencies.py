"""The invented agencies of the 32 provinces: contact and bank data as their letters print them."""

from __future__ import annotations

from jinbao.rules.provinces import PROVINCES
from jinbao.schemas.messages import Agency


def agency_of(province: str) -> Agency:
    """The agency of a province; telephone, postcode and account are visibly no real ones."""
    name = PROVINCES[province].name_zh
    return Agency(
        name=f"合成{name}社会保险经办机构",
        telephone=f"000-{province}000000",
        address=f"{name}合成市虚拟路1号",
        postcode=f"{province}0000",
        bank_name=f"合成银行{name}分行",
        account_title=f"合成{name}养老保险基金专户",
        account_number=f"0000{province}00000000",
    )
