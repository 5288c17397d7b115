"""Cases that were completed without a payment: what each put on the account between its two provinces, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError
from sqlalchemy import BigInteger, Column, Integer, Table

from jinbao.platform.aggregates.pair_settlement import Parts, Settlement
from jinbao.platform.aggregates.pension_relationship import PensionRelationship
from jinbao.platform.aggregates.stream_kinds import RELATIONSHIPS
from jinbao.platform.aggregates.subjects.completion import TransferCompleted
from jinbao.platform.projections.logged import Logged
from jinbao.platform.projections.projection import Part, Projection, read_models
from jinbao.platform.store.bulk import Row
from jinbao.platform.store.columns import key, text_column
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.money import NO_FEN, Fen
from jinbao.rules.provinces import pair_name
from jinbao.rules.working_days import day_of
from jinbao.schemas.derived_ids import settlement_id, settlement_relationship

settlement_cases = Table(
    "settlement_cases",
    read_models,
    key("case_id"),
    Column("pair", text_column(5), nullable=False),
    Column("year", Integer, nullable=False),
    Column("day", text_column(10), nullable=False),
    Column("origin", text_column(2), nullable=False),
    Column("destination", text_column(2), nullable=False),
    Column("personal", BigInteger, nullable=False),
    Column("pooling", BigInteger, nullable=False),
)


def fold(log: Iterable[Logged]) -> Iterator[Row]:
    """Rows of `settlement_cases`; a case belongs to the year in which its completion was received."""
    for entry in log:
        if type(entry.fact) is not TransferCompleted:
            continue
        for p in entry.fact.then.postings:
            if p.account == "settlement_owed":
                day = day_of(entry.received_at)
                origin, destination = entry.fact.then.parties
                yield (
                    entry.case_id,
                    p.payment_reference,
                    day.year,
                    day.isoformat(),
                    origin,
                    destination,
                    p.personal_fen,
                    p.pooling_fen,
                )


PROJECTION = Projection("settlement_cases", 1, (Part(settlement_cases, fold),))


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


def settlements_of(work: UnitOfWork, one: str, other: str) -> dict[int, Settlement]:
    """Year → statement and payments of a pair."""
    try:
        relationship: PensionRelationship = work.streams(RELATIONSHIPS).repository.get(
            settlement_relationship(one, other)
        )
    except AggregateNotFoundError:
        return {}
    return relationship.settlements


def settlement_cash(work: UnitOfWork, province: str) -> dict[tuple[UUID, str, int], int]:
    """What settlements' payments moved in one province's bank: (settlement, reference, line) → fen, as reported."""
    pairs = work.bulk.connection.exec_driver_sql("SELECT DISTINCT pair FROM settlement_cases").scalars()
    return dict(_cash(work, province, [pair for pair in pairs if province in pair.split("-")]))


def _cash(work: UnitOfWork, province: str, pairs: Iterable[str]) -> Iterator[tuple[tuple[UUID, str, int], int]]:
    for pair in pairs:
        first, second = pair.split("-")
        for year, settlement in settlements_of(work, first, second).items():
            for p in settlement.lines:
                key = (settlement_id(first, second, year), p.payment_reference, p.payment_line)
                if p.announced and settlement.payer(p) == province:
                    yield key, -p.amount
                elif p.arrived and settlement.payee(p) == province:
                    yield key, p.amount
