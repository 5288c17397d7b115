"""The banks' books of a whole nation against its ledger, at any moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import UUID

from jinbao.platform.projections.fund_ledger import case_cash
from jinbao.platform.projections.reconciliation import BankEntry, OpenItem, open_items
from jinbao.platform.store.store import Store, UnitOfWork
from jinbao.simulator.banks import Banks


def nation_open_items(
    store: Store, banks: Banks, provinces: Iterable[str], is_nameless: Callable[[UUID], bool]
) -> list[OpenItem]:
    """Every difference between the banks' books and the ledger, by province, case and payment.

    `is_nameless`: whether the payments of a transfer name no case.
    """
    by_province: dict[str, list[BankEntry]] = {province: [] for province in provinces}
    for e in banks.entries():
        by_province[e.province].append(BankEntry(e.province, e.transfer_id, e.reference, e.line, e.amount))
    with store.read() as work:
        return [
            item
            for province, entries in by_province.items()
            for item in open_items(work, province, _named(work, province, entries, is_nameless))
        ]


def _named(
    work: UnitOfWork, province: str, entries: list[BankEntry], is_nameless: Callable[[UUID], bool]
) -> list[BankEntry]:
    """The postings; one that names no case is put to the one that the ledger has its payment under."""
    known = {(reference, line): t for (t, reference, line), amount in case_cash(work, province).items() if amount}
    return [
        replace(e, transfer_id=known.get((e.reference, e.line), e.transfer_id)) if is_nameless(e.transfer_id) else e
        for e in entries
    ]
