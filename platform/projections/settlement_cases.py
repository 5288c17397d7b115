"""Cases that were completed without a payment: what each put on the account between its two provinces, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jinbao.platform.aggregates.subjects.completion import TransferCompleted
from jinbao.platform.projections.logged import Logged
from jinbao.platform.projections.projection import Part, Projection
from jinbao.platform.store.bulk import Row
from jinbao.platform.store.tables import settlement_cases
from jinbao.rules.working_days import day_of


def fold(log: Iterable[Logged]) -> Iterator[Row]:
    """Rows of `settlement_cases`; a case belongs to the year in which its completion was received."""
    for entry in log:
        if type(entry.fact) is not TransferCompleted:
            continue
        for p in entry.fact.then.postings:
            if p.account == "settlement_owed":
                day = day_of(entry.received_at)
                origin, destination = entry.fact.then.parties
                yield entry.case_id, p.reference, day.year, day.isoformat(), origin, destination, p.personal, p.pooling


PROJECTION = Projection("settlement_cases", 1, (Part(settlement_cases, fold),))
