"""The fund ledger: the postings that each fact decided, entry by entry, and the balance of each province's accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jinbao.platform.aggregates.money import NOTHING
from jinbao.platform.projections.logged import Logged, entry_number
from jinbao.platform.projections.projection import Part, Projection
from jinbao.platform.store.bulk import Row, Upsert
from jinbao.platform.store.tables import ledger_balances, ledger_entries

BALANCES = Upsert(
    ledger_balances,
    ("province", "account"),
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
    """What the events add to each balance, in the order of `BALANCES.columns`."""
    added: dict[tuple[str, str], tuple[int, int, int]] = {}
    for entry in log:
        for p in entry.fact.then.postings:
            key = (p.province, p.account)
            personal, pooling, unallocated = added.get(key, NOTHING)
            added[key] = (personal + p.personal, pooling + p.pooling, unallocated + p.unallocated)
    for key, sums in added.items():
        yield (*key, *sums)


PROJECTION = Projection("fund_ledger", 1, (Part(ledger_entries, fold_entries), Part(BALANCES, fold_balances)))
