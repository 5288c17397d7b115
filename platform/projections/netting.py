"""Multilateral netting: what provinces would have to pay if each day's payments were set off; settlements by period."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from jinbao.platform.aggregates.pair_settlement import Settlement
from jinbao.platform.projections.payment_reports import payments_reported
from jinbao.platform.projections.settlement_cases import SettledCase, cases_of, settlements_of
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.provinces import PROVINCES


class NettingDay(NamedTuple):
    """The payments between provinces that were ordered on one day."""

    day: date
    payments: int
    gross_fen: int
    """What was ordered, payment by payment."""
    positions: dict[str, int]
    """Province → what it would get (+) or pay (−) if all were set off; their sum is 0."""

    @property
    def net_fen(self) -> int:
        """What would have to move after setting off."""
        return sum(fen for fen in self.positions.values() if fen > 0)


def netting_days(work: UnitOfWork, first: date, last: date, province: str | None = None) -> list[NettingDay]:
    """The days on which something was ordered, in their order; of one province's payments or of all.

    What came back (退汇) was not paid. Payments to a person are between no provinces.
    """
    days: dict[date, NettingDay] = {}
    for payment in payments_reported(work, last):
        parties = (payment.payer, payment.payee)
        if payment.ordered_on < first or not PROVINCES.keys() >= set(parties) or province not in (None, *parties):
            continue
        fen = payment.sides["credit"].amount_fen
        day = days.get(payment.ordered_on, NettingDay(payment.ordered_on, 0, 0, {}))
        day.positions[payment.payer] = day.positions.get(payment.payer, 0) - fen
        day.positions[payment.payee] = day.positions.get(payment.payee, 0) + fen
        days[payment.ordered_on] = day._replace(payments=day.payments + 1, gross_fen=day.gross_fen + fen)
    for day in days.values():
        assert sum(day.positions.values()) == 0, "what one pays another gets"
    return [days[on] for on in sorted(days)]


class PeriodSettlement(NamedTuple):
    """A pair and period that settle net: the cases, and the statement with the payments that clear it."""

    first: str
    second: str
    year: int
    cases: list[SettledCase]
    statement: Settlement | None
    """None before the period is over."""

    @property
    def net_fen(self) -> int:
        """What the cases come to, one by one: what the first owes (+) or gets (−)."""
        return sum(case.total if case.origin == self.first else -case.total for case in self.cases)

    @property
    def agrees(self) -> bool | None:
        """Whether the statement is the cases' sum, and both have reported what clears it; None before it is over."""
        if self.statement is None:
            return None
        return self.statement.net == self.net_fen and self.statement.is_cleared


def period_settlements(work: UnitOfWork, province: str | None = None) -> Iterator[PeriodSettlement]:
    """Every pair and period with a case that was completed without a payment, in their order."""
    rows = work.bulk.execute("SELECT DISTINCT pair, year FROM settlement_cases ORDER BY pair, year").fetchall()
    for pair, year in rows:
        first, second = pair.split("-")
        if province in (None, first, second):
            cases, stated = cases_of(work, first, second, year), settlements_of(work, first, second).get(year)
            yield PeriodSettlement(first, second, year, cases, stated)
