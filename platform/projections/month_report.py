"""What a month's report reads: balance reconciliations; money by province, pair and case, opening to closing."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from jinbao.platform.bank_matching.month_end import BalanceReconciliation, BookLine, Movement, reconcile_balances
from jinbao.platform.bank_matching.values import Role, SideKey
from jinbao.platform.projections.logged import ENTRY_BITS
from jinbao.platform.projections.statement_reconciliation import StatementReconciliation, reconcile_statements
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.working_days import WorkingDays, day_of, end_of_day


class Month(NamedTuple):
    """A calendar month."""

    year: int
    month: int

    @classmethod
    def read(cls, text: str) -> Month:
        """From YYYY-MM. Raises ValueError."""
        first = date.fromisoformat(f"{text}-01")
        if len(text) != 7:
            raise ValueError(text)
        return cls(first.year, first.month)

    @property
    def first_day(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """Its last day."""
        return date(self.year, self.month, monthrange(self.year, self.month)[1])

    @property
    def before(self) -> Month:
        """The month before it."""
        return Month(self.year - 1, 12) if self.month == 1 else Month(self.year, self.month - 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


def balance_reconciliations(
    work: UnitOfWork, month: Month, calendar: WorkingDays
) -> tuple[StatementReconciliation, list[BalanceReconciliation]]:
    """Bank and book of every account at the end of a month, as they are known now."""
    reconciled = reconcile_statements(work, month.last_day, calendar)
    balances = {figures.account.id: figures.balances for figures in reconciled.figures if figures.balances}
    made = reconcile_balances(
        [figures.account for figures in reconciled.figures],
        reconciled.matching,
        reconciled.payments,
        reconciled.entries,
        balances,
        book_lines(work, month.last_day),
        (month.first_day, month.last_day),
        reconciled.cleared,
    )
    return reconciled, made


def book_lines(work: UnitOfWork, until: date) -> Iterator[BookLine]:
    """What the fund ledger says of each side of a payment, of the days up to one."""
    sql = (
        "SELECT reference, MIN(day), SUM(CASE WHEN cash < 0 OR bounced <> 0 THEN cash - bounced ELSE 0 END), "
        "SUM(bounced), SUM(CASE WHEN cash > 0 AND bounced = 0 THEN cash ELSE 0 END) "
        "FROM payment_reports WHERE day <= ? GROUP BY reference, province ORDER BY reference, province"
    )
    found: dict[SideKey, BookLine] = {}
    for reference, day, debit, back, credit in work.bulk.stream(sql, until.isoformat()):
        amounts: tuple[tuple[Role, int], ...] = (("debit", int(debit)), ("return", int(back)), ("credit", int(credit)))
        for role, fen in amounts:
            if fen:
                side, on = SideKey(reference, role), date.fromisoformat(day)
                before = found.get(side, BookLine(side, on, 0))
                found[side] = BookLine(side, min(before.day, on), before.amount_fen + fen)
    yield from found.values()


@dataclass(frozen=True, slots=True)
class LedgerMonth:
    """The fund ledger in a month, by the day on which the bus took the report: no later report changes it."""

    provinces: dict[str, Movement]
    """What a province's funds gained and paid."""
    pairs: dict[tuple[str, str], Movement]
    """(origin, destination): what is on its way of their cases."""
    cases: dict[UUID, Movement]
    """Of each case that had money on its way in the month: the same."""


def ledger_month(work: UnitOfWork, month: Month, province: str | None = None) -> LedgerMonth:
    """Opening, in, out and closing by province, pair and case; of one province and its cases, or of all."""
    sql = (
        "SELECT l.account, l.province, b.origin, b.destination, b.transfer_id, e.received_at, "
        "l.personal + l.pooling + l.unallocated FROM ledger_entries l "
        f"JOIN events e ON e.position = l.entry >> {ENTRY_BITS} JOIN case_board b ON b.case_id = l.case_id "
        "WHERE e.received_at < ? AND l.account <> 'refunded' ORDER BY l.entry"
    )
    made = LedgerMonth({}, {}, {})
    for account, of, origin, destination, transfer, at, fen in work.bulk.stream(sql, end_of_day(month.last_day)):
        day = day_of(at)
        if account != "in_transit":
            if province in (None, of):
                made.provinces.setdefault(of, Movement()).add(fen, day, month.first_day)
        elif origin and destination and province in (None, origin, destination):
            made.pairs.setdefault((origin, destination), Movement()).add(fen, day, month.first_day)
            made.cases.setdefault(UUID(bytes=bytes(transfer)), Movement()).add(fen, day, month.first_day)
    for transfer, moved in list(made.cases.items()):
        if not (moved.opening_fen or moved.in_fen or moved.out_fen):
            del made.cases[transfer]
    return made
