"""Reconciliation: a province's bank against the ledger, case by case; every difference has a name and a cause.

The bank's books are independent: they are posted from payment orders, never from submissions. Bank minus ledger of a
case equals the sum of its open items; a finished, fully reported case has none. A payment's reference and line are
unique for good: one that several cases claim is open in each of them, though its amounts may agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from jinbao.platform.projections.fund_ledger import case_cash, payments_in_several_cases
from jinbao.platform.projections.settlement_cases import settlement_cash
from jinbao.platform.store.store import UnitOfWork

Missing = Literal["bank", "ledger", "amount", "nothing"]
Cause = Literal[
    "remittance_not_reported",
    "receipt_not_reported",
    "bounce_not_reported",
    "debit_not_in_bank",
    "credit_not_in_bank",
    "amounts_differ",
    "payment_in_two_cases",
]


@dataclass(frozen=True, slots=True)
class BankEntry:
    """One line of a bank's books: positive is a credit, negative a debit, in fen."""

    province: str
    transfer_id: UUID
    reference: str
    line: int
    amount: int


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One difference between a province's bank and the ledger."""

    province: str
    transfer_id: UUID
    reference: str
    line: int
    bank: int
    """Fen that the bank has booked."""
    ledger: int
    """Fen that the ledger has booked."""
    missing: Missing
    """The side on which the entry is missing; `amount` where both have it and differ, `nothing` where they agree."""
    cause: Cause

    @property
    def difference(self) -> int:
        """Bank minus ledger, fen."""
        return self.bank - self.ledger


def open_items(work: UnitOfWork, province: str, entries: Iterable[BankEntry]) -> list[OpenItem]:
    """Differences of one province, by transfer, payment reference and line."""
    bank: dict[tuple[UUID, str, int], int] = {}
    for entry in entries:
        assert entry.province == province, "one province's books at a time"
        key = (entry.transfer_id, entry.reference, entry.line)
        bank[key] = bank.get(key, 0) + entry.amount
    ledger = case_cash(work, province) | settlement_cash(work, province)
    shared = payments_in_several_cases(work)
    items = []
    for key in sorted(bank.keys() | ledger.keys(), key=lambda k: (k[0].bytes, k[1], k[2])):
        in_bank, in_ledger = bank.get(key, 0), ledger.get(key, 0)
        claimed_twice = key[1:] in shared
        if in_bank != in_ledger or (in_ledger and claimed_twice):
            missing, cause = name_difference(in_bank, in_ledger, booked=key in bank)
            if claimed_twice:
                cause = "payment_in_two_cases"
            items.append(OpenItem(province, *key, in_bank, in_ledger, missing, cause))
    assert sum(bank.values()) - sum(ledger.values()) == sum(item.difference for item in items)
    return items


def name_difference(bank: int, ledger: int, *, booked: bool) -> tuple[Missing, Cause]:
    """The side on which an entry is missing, and why, of what bank and ledger have booked of a payment line.

    `booked`: the bank knows the line, even where its entries add up to nothing, as those of a bounced payment do.
    """
    if bank == ledger:
        return "nothing", "amounts_differ"
    if bank == 0 and booked:
        return "ledger", "bounce_not_reported"
    if ledger == 0:
        return "ledger", "remittance_not_reported" if bank < 0 else "receipt_not_reported"
    if bank == 0:
        return "bank", "debit_not_in_bank" if ledger < 0 else "credit_not_in_bank"
    return "amount", "amounts_differ"
