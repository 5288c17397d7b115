"""Check of the fund ledger: each fact's entries sum to zero in every part, balances are the sums of entries.

Each question is one statement, so that what is written meanwhile is in both sides of it or in neither.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from jinbao.platform.projections.logged import ENTRY_BITS
from jinbao.platform.store.store import UnitOfWork


class WrongEntry(NamedTuple):
    """One entry of a fact whose entries do not sum to zero, in fen."""

    position: int
    """Of the fact in the log."""
    transfer_id: UUID | None
    """None where the case is not on the board."""
    account: str
    province: str
    reference: str
    line: int
    personal: int
    pooling: int
    unallocated: int


class WrongBalance(NamedTuple):
    """An account whose balance is not the sum of its entries: balance minus entries, in fen."""

    province: str
    account: str
    personal: int
    pooling: int
    unallocated: int


_PARTS = "SUM(personal) <> 0 OR SUM(pooling) <> 0 OR SUM(unallocated) <> 0"


def wrong_entries(work: UnitOfWork) -> list[WrongEntry]:
    """All entries of facts whose entries do not sum to zero in each part, in the order of the log."""
    sql = (
        f"SELECT l.entry >> {ENTRY_BITS}, b.transfer_id, l.account, l.province, l.reference, l.line, l.personal, "
        "l.pooling, l.unallocated FROM ledger_entries l LEFT JOIN case_board b ON b.case_id = l.case_id "
        f"WHERE l.entry >> {ENTRY_BITS} IN (SELECT entry >> {ENTRY_BITS} FROM ledger_entries "
        f"GROUP BY entry >> {ENTRY_BITS} HAVING {_PARTS}) ORDER BY l.entry"
    )
    rows = work.bulk.connection.exec_driver_sql(sql)
    return [WrongEntry(r[0], None if r[1] is None else UUID(bytes=bytes(r[1])), *r[2:]) for r in rows]


def wrong_balances(work: UnitOfWork) -> list[WrongBalance]:
    """All accounts whose balance differs from the sum of its entries, by province and account."""
    sql = (
        "SELECT province, account, SUM(personal), SUM(pooling), SUM(unallocated) FROM ("
        "SELECT province, account, personal, pooling, unallocated FROM ledger_balances UNION ALL "
        "SELECT province, account, -personal, -pooling, -unallocated FROM ledger_entries) both_sides "
        f"GROUP BY province, account HAVING {_PARTS} ORDER BY province, account"
    )
    return [WrongBalance(r[0], r[1], *map(int, r[2:])) for r in work.bulk.connection.exec_driver_sql(sql)]
