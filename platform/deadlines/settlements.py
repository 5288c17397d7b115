"""Settlements by period, for reading: the cases between two provinces, the platform's statement, the payments.

Cases are a read model (`projections/settlement_cases.py`); statement and payments are folded from the pair's own stream
on reading, as a case's timeline is.
"""

from __future__ import annotations

from datetime import date

from jinbao.platform.aggregates.pair_settlement import Settlement
from jinbao.platform.projections.settlement_cases import Sums, settlements_of, sums_before
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.provinces import pair_name
from jinbao.rules.working_days import end_of_day
from jinbao.schemas import messages as m
from jinbao.schemas.derived_ids import platform_event_id, settlement_id, settlement_relationship


def statements_due(work: UnitOfWork, today: date) -> list[m.SettlementStated]:
    """Statements of past years that were not made, or whose cases have become others since."""
    known: dict[tuple[str, str], dict[int, Settlement]] = {}
    due = []
    for sums in sums_before(work, today.year):
        pair = (sums.first, sums.second)
        if pair not in known:
            known[pair] = settlements_of(work, *pair)
        stated = known[pair].get(sums.year)
        if stated is None or (stated.first_owes, stated.second_owes) != (sums.first_owes, sums.second_owes):
            due.append(_statement(sums, stated.version + 1 if stated else 1))
    return due


def _statement(sums: Sums, version: int) -> m.SettlementStated:
    relationship = settlement_relationship(sums.first, sums.second)
    transfer = settlement_id(sums.first, sums.second, sums.year)
    name = m.SettlementStated.NAME
    owed = (*sums.first_owes, *sums.second_owes)
    facts = (str(version), *map(str, owed))
    return m.SettlementStated(
        envelope=m.Envelope(
            event_id=platform_event_id(name, relationship.hex, transfer.hex, *facts),
            relationship_id=relationship.bytes,
            transfer_id=transfer.bytes,
            sender=m.PLATFORM,
            operator="platform",
            local_document=f"{name} {pair_name(sums.first, sums.second)} {sums.year} {version}",
            occurred_at=end_of_day(date(sums.year, 12, 31)),
        ),
        year=sums.year,
        first=sums.first,
        second=sums.second,
        first_owes_personal=sums.first_owes[0],
        first_owes_pooling=sums.first_owes[1],
        second_owes_personal=sums.second_owes[0],
        second_owes_pooling=sums.second_owes[1],
        cases=sums.cases,
        statement_version=version,
    )
