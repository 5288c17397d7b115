"""The fund ledger: the postings that each fact decided, entry by entry, and the balance of each province's accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jinbao.platform.projections.logged import Logged, entry_number
from jinbao.platform.store.bulk import Row, Upsert
from jinbao.platform.store.tables import ledger_balances

BALANCES = Upsert(
    ledger_balances,
    ("province", "account", "partition"),
    {"personal": "add", "pooling": "add", "unallocated": "add"},
)


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
                p.reference,
                p.line,
                p.personal,
                p.pooling,
                p.unallocated,
            )


def fold_balances(log: Iterable[Logged]) -> Iterator[Row]:
    """What each event adds to the balances, in the order of `BALANCES.columns`."""
    for entry in log:
        for p in entry.fact.then.postings:
            yield (p.province, p.account, entry.partition, p.personal, p.pooling, p.unallocated)
