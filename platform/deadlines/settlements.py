"""Settlements by period, for reading: the cases between two provinces, the platform's statement, the payments.

Cases are a read model (`projections/settlement_cases.py`); statement and payments are folded from the pair's own stream
on reading, as a case's timeline is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError

from jinbao.platform.aggregates.pair_settlement import Parts, Settlement
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.message_ids import derived_id
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.money import NO_FEN, Fen
from jinbao.rules.provinces import pair_name
from jinbao.rules.working_days import end_of_day
from jinbao.schemas import messages as m
from jinbao.schemas.transfer_ids import settlement_id, settlement_relationship


class SettledCase(NamedTuple):
    """One case between the two provinces."""

    transfer_id: UUID
    application: str
    kind: str
    origin: str
    destination: str
    day: str
    """ISO, on which its completion was received."""
    personal: Fen
    pooling: Fen

    @property
    def total(self) -> Fen:
        """Fen that the origin owes the destination for it."""
        return Fen(self.personal + self.pooling)


class Sums(NamedTuple):
    """What the cases of a pair and year come to."""

    first: str
    second: str
    year: int
    first_owes: Parts
    second_owes: Parts
    cases: int


def cases_of(work: UnitOfWork, one: str, other: str, year: int) -> list[SettledCase]:
    """The cases of a pair that were completed in the year, in the order of their days."""
    sql = (
        "SELECT b.transfer_id, b.application, b.kind, s.origin, s.destination, s.day, s.personal, s.pooling "
        "FROM settlement_cases s JOIN case_board b ON b.case_id = s.case_id "
        "WHERE s.pair = ? AND s.year = ? ORDER BY s.day, s.case_id"
    )
    rows = work.bulk.connection.exec_driver_sql(sql, (pair_name(one, other), year))
    return [SettledCase(UUID(bytes=r[0]), *r[1:]) for r in rows]


def settlements_of(work: UnitOfWork, one: str, other: str) -> dict[int, Settlement]:
    """Year → statement and payments of a pair."""
    try:
        relationship: PensionRelationship = work.repository.get(settlement_relationship(one, other))
    except AggregateNotFoundError:
        return {}
    return relationship.settlements


def sums_before(work: UnitOfWork, year: int) -> Iterator[Sums]:
    """What every pair's cases come to, for each year before the given one."""
    sql = (
        "SELECT pair, year, origin, SUM(personal), SUM(pooling), COUNT(*) FROM settlement_cases WHERE year < ? "
        "GROUP BY pair, year, origin ORDER BY pair, year, origin"
    )
    grouped: dict[tuple[str, int], dict[str, tuple[Parts, int]]] = {}
    for pair, of, origin, personal, pooling, count in work.bulk.connection.exec_driver_sql(sql, (year,)):
        grouped.setdefault((pair, of), {})[origin] = ((Fen(int(personal)), Fen(int(pooling))), count)
    for (pair, of), by_origin in grouped.items():
        first, second = pair.split("-")
        none: tuple[Parts, int] = ((NO_FEN, NO_FEN), 0)
        (first_owes, n), (second_owes, k) = by_origin.get(first, none), by_origin.get(second, none)
        yield Sums(first, second, of, first_owes, second_owes, n + k)


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
            event_id=derived_id(name, relationship.hex, transfer.hex, *facts),
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


def settlement_cash(work: UnitOfWork, province: str) -> dict[tuple[UUID, str, int], int]:
    """What settlements' payments moved in one province's bank: (settlement, reference, line) → fen, as reported."""
    pairs = work.bulk.connection.exec_driver_sql("SELECT DISTINCT pair FROM settlement_cases").scalars()
    return dict(_cash(work, province, [pair for pair in pairs if province in pair.split("-")]))


def _cash(work: UnitOfWork, province: str, pairs: Iterable[str]) -> Iterator[tuple[tuple[UUID, str, int], int]]:
    for pair in pairs:
        first, second = pair.split("-")
        for year, settlement in settlements_of(work, first, second).items():
            for p in settlement.lines:
                key = (settlement_id(first, second, year), p.reference, p.line)
                if p.announced and settlement.payer(p) == province:
                    yield key, -p.amount
                elif p.arrived and settlement.payee(p) == province:
                    yield key, p.amount
