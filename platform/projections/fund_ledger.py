"""The fund ledger: the postings that each fact decided, entry by entry, and the balance of each province's accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Integer, Table, text

from jinbao.platform.aggregates.money import NOTHING
from jinbao.platform.projections.logged import Logged, entry_number
from jinbao.platform.projections.projection import Part, Projection, read_models
from jinbao.platform.store.bulk import Row, Upsert
from jinbao.platform.store.columns import key, text_column
from jinbao.platform.store.store import UnitOfWork

ledger_entries = Table(
    "ledger_entries",
    read_models,
    key("entry"),
    Column("case_id", BigInteger, nullable=False),
    Column("account", text_column(20), nullable=False),
    Column("province", text_column(2), nullable=False),
    Column("reference", text_column(25), nullable=False),
    Column("line", Integer, nullable=False),
    Column("personal", BigInteger, nullable=False),
    Column("pooling", BigInteger, nullable=False),
    Column("unallocated", BigInteger, nullable=False),
    Index("ledger_entries_case", "case_id"),
    Index("ledger_entries_payment", "reference", "line"),
)
ledger_balances = Table(
    "ledger_balances",
    read_models,
    Column("province", text_column(2), primary_key=True),
    Column("account", text_column(20), primary_key=True),
    Column("personal", BigInteger, nullable=False),
    Column("pooling", BigInteger, nullable=False),
    Column("unallocated", BigInteger, nullable=False),
)

_several = text("first_case < last_case")
payments = Table(
    "payments",
    read_models,
    Column("reference", text_column(25), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("first_case", BigInteger, nullable=False),
    Column("last_case", BigInteger, nullable=False),
    Index("payments_several", "reference", "line", sqlite_where=_several, postgresql_where=_several),
)
"""The lowest and the highest case that booked a payment: where they differ, several may claim it."""

_not_arrived = text("amount > 0")
payments_in_transit = Table(
    "payments_in_transit",
    read_models,
    Column("reference", text_column(25), primary_key=True),
    Column("line", Integer, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Index("payments_not_arrived", "since", "amount", sqlite_where=_not_arrived, postgresql_where=_not_arrived),
)
"""What of a payment is on its way, and when the bus last took the news that something of it left."""

BALANCES = Upsert(
    ledger_balances,
    ("province", "account"),
    {"personal": "add", "pooling": "add", "unallocated": "add"},
)


PAYMENTS = Upsert(payments, ("reference", "line"), {"first_case": "least", "last_case": "greatest"})
IN_TRANSIT = Upsert(payments_in_transit, ("reference", "line"), {"amount": "add", "since": "greatest"})


def fold_entries(log: Iterable[Logged]) -> Iterator[Row]:
    """Rows of `ledger_entries`."""
    for entry in log:
        for i, p in enumerate(entry.fact.then.postings):
            number = entry_number(entry.position, i)
            yield (
                number,
                entry.case_id,
                p.account,
                p.province,
                p.payment_reference,
                p.payment_line,
                p.personal_fen,
                p.pooling_fen,
                p.unallocated_fen,
            )


def fold_balances(log: Iterable[Logged]) -> Iterator[Row]:
    """What the events add to each balance, in the order of `BALANCES.columns`."""
    added: dict[tuple[str, str], tuple[int, int, int]] = {}
    for entry in log:
        for p in entry.fact.then.postings:
            key = (p.province, p.account)
            personal, pooling, unallocated = added.get(key, NOTHING)
            added[key] = (personal + p.personal_fen, pooling + p.pooling_fen, unallocated + p.unallocated_fen)
    for key, sums in added.items():
        yield (*key, *sums)


def fold_payments(log: Iterable[Logged]) -> Iterator[Row]:
    """Which case books each payment, in the order of `PAYMENTS.columns`."""
    for entry in log:
        for p in entry.fact.then.postings:
            if p.account != "in_transit":
                yield p.payment_reference, p.payment_line, entry.case_id, entry.case_id


def fold_in_transit(log: Iterable[Logged]) -> Iterator[Row]:
    """What leaves and arrives of each payment, in the order of `IN_TRANSIT.columns`."""
    for entry in log:
        for p in entry.fact.then.postings:
            if p.account == "in_transit":
                amount = p.personal_fen + p.pooling_fen + p.unallocated_fen
                yield p.payment_reference, p.payment_line, amount, entry.received_at if amount > 0 else 0


PROJECTION = Projection(
    "fund_ledger",
    4,
    (
        Part(ledger_entries, fold_entries),
        Part(BALANCES, fold_balances),
        Part(PAYMENTS, fold_payments),
        Part(IN_TRANSIT, fold_in_transit),
    ),
)


class LedgerRow(NamedTuple):
    """What stands on one account of one province, in fen."""

    province: str
    account: str
    personal: int
    pooling: int
    unallocated: int

    @property
    def total(self) -> int:
        """All three parts."""
        return self.personal + self.pooling + self.unallocated


class Money(NamedTuple):
    """Where the nation's money stands, in fen: out = in_transit + in_ + returned + suspense + settlement."""

    out: int
    in_transit: int
    in_: int
    returned: int
    suspense: int
    settlement: int
    """On the accounts between two provinces; not 0 only while a settlement's payment is on its way."""
    sum: int
    """Sum of all balances, as of all ledger entries: always 0."""


def ledger(work: UnitOfWork, province: str | None = None) -> list[LedgerRow]:
    """Balances by province and account."""
    sql = (
        "SELECT province, account, personal, pooling, unallocated FROM ledger_balances "
        f"{'WHERE province = ? ' if province else ''}ORDER BY province, account"
    )
    return [LedgerRow(*r) for r in work.bulk.connection.exec_driver_sql(sql, (province,) if province else ())]


def money(work: UnitOfWork) -> Money:
    """Where the nation's money stands, from the balances; `ledger_check.py` holds them against the entries."""
    totals: dict[str, int] = {}
    for row in ledger(work):
        totals[row.account] = totals.get(row.account, 0) + row.total
    return Money(
        out=-totals.get("origin_fund", 0),
        in_transit=totals.get("in_transit", 0),
        in_=totals.get("destination_fund", 0) + totals.get("refunded", 0),
        returned=totals.get("returned", 0),
        suspense=totals.get("suspense", 0),
        settlement=totals.get("settlement_owed", 0) + totals.get("settlement_due", 0),
        sum=sum(totals.values()),
    )


def in_transit_since_before(work: UnitOfWork, instant_us: int) -> int:
    """Fen that are on their way and left before an instant, microseconds since 1970 UTC.

    What arrived before its payer's notice of it is on no way: it lessens the sum of all, but is late nowhere.
    """
    sql = "SELECT COALESCE(SUM(amount), 0) FROM payments_in_transit WHERE amount > 0 AND since < ?"
    return int(work.bulk.execute(sql, instant_us).scalar_one())


def case_cash(work: UnitOfWork, province: str) -> dict[tuple[UUID, str, int], int]:
    """What the ledger says one province's bank accounts gained: (transfer, reference, line) → fen."""
    sql = (
        "SELECT b.transfer_id, l.reference, l.line, SUM(l.personal + l.pooling + l.unallocated) FROM ledger_entries l "
        "JOIN case_board b ON b.case_id = l.case_id "
        "WHERE l.province = ? AND l.account NOT IN ('in_transit', 'refunded') "
        "GROUP BY b.transfer_id, l.reference, l.line"
    )
    rows = work.bulk.connection.exec_driver_sql(sql, (province,))
    return {(UUID(bytes=r[0]), r[1], r[2]): r[3] for r in rows}


def payments_in_several_cases(work: UnitOfWork) -> set[tuple[str, int]]:
    """(reference, line) of payments that moved money in more than one transfer, in whatever province."""
    candidates = "SELECT reference, line FROM payments WHERE first_case < last_case ORDER BY reference, line"
    moved = (
        "SELECT b.transfer_id FROM ledger_entries l JOIN case_board b ON b.case_id = l.case_id "
        "WHERE l.reference = ? AND l.line = ? AND l.account <> 'in_transit' "
        "GROUP BY b.transfer_id, l.province HAVING SUM(l.personal + l.pooling + l.unallocated) <> 0"
    )
    return {
        (reference, line)
        for reference, line in work.bulk.execute(candidates).fetchall()
        if len({bytes(transfer) for transfer in work.bulk.execute(moved, reference, line).scalars()}) > 1
    }


def entries_of(work: UnitOfWork, case_id: int) -> dict[str, int]:
    """What a case's entries come to on each account, in fen, in the order of their names."""
    sql = (
        "SELECT account, SUM(personal + pooling + unallocated) FROM ledger_entries WHERE case_id = ? "
        "GROUP BY account ORDER BY account"
    )
    return {account: int(total) for account, total in work.bulk.execute(sql, case_id)}
