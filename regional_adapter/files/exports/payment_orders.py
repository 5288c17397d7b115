"""Payment orders (付款指令) for a province's bank: which may be given now, and what each says."""

from __future__ import annotations

from uuid import UUID

from jinbao.regional_adapter.local.embedded_local_system import EmbeddedLocalSystem
from jinbao.regional_adapter.local.local_system import LocalDocument
from jinbao.rules.money import format_yuan

_PAYEE_KNOWN_FROM = ("ContactLetterIssued", "AgencyChanged")
"""Messages of the other side that say where it takes money."""


def orders_to_give(local: EmbeddedLocalSystem) -> list[LocalDocument]:
    """Orders that nobody has given to the bank yet, and that rest on what the platform has accepted."""
    return [order for order in local.to_release("FundsRemitted", "SettlementPaid") if _sheet_stands(local, order)]


def _sheet_stands(local: EmbeddedLocalSystem, order: LocalDocument) -> bool:
    """Whether the platform has accepted a sheet of the case: without one the bank gets no order.

    A settlement has none: the platform accepts its payment only where it has stated the sum.
    """
    if order.kind == "SettlementPaid":
        return True
    return any(sheet.stands for sheet in local.documents(case=order.case, kind="InformationSheetSent"))


def order_row(local: EmbeddedLocalSystem, order: LocalDocument) -> dict[str, str]:
    """付款指令 for the bank: the payee as the newest contact letter, or notice of a change, names it.

    For a transfer that this province offered, and for a settlement, no letter came: the payee is the other agency's
    registered account, and the remark the case's number.
    """
    fields, payee, where, number = order.fields, dict[str, str](), "", order.case
    offered = local.documents(case=order.case, kind="TransferOffered")
    if order.kind == "SettlementPaid":
        where = str(fields["counterpart"])
    elif offered:
        where = str(offered[-1].fields["destination"])
    else:
        transfer = UUID(hex=order.case)
        letter = local.incoming("ContactLetterIssued", transfer=transfer)[-1]
        where, number = letter.sender, letter.local_document
        newest = [d for kind in _PAYEE_KNOWN_FROM for d in local.incoming(kind, transfer=transfer)]
        payee = max(newest, key=lambda d: (d.arrived_at, d.position)).fields["agency"]
    return {
        "付款省份": local.province,
        "付款日期": str(fields.get("remitted_on") or fields["paid_on"]),
        "付款编号": str(fields["payment_reference"]),
        "付款行号": str(fields["payment_line"]),
        "金额(元)": format_yuan(int(fields["amount"])),
        "收款省份": where,
        "收款户名": payee.get("account_title", ""),
        "收款账号": payee.get("account_number", ""),
        "收款开户行": payee.get("bank_name", ""),
        "附言": number,
    }
