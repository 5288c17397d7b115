"""What a month's report reads: balance reconciliations; money by province, pair and case, opening to closing."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypeVar
from uuid import UUID

from jinbao.platform.bank_matching.month_end import (
    BalanceReconciliation,
    BookLine,
    Correction,
    Movement,
    reconcile_balances,
)
from jinbao.platform.bank_matching.values import Role, SideKey
from jinbao.platform.projections.bank_accounts import accounts
from jinbao.platform.projections.found_breaks import found_breaks
from jinbao.platform.projections.logged import ENTRY_BITS
from jinbao.platform.projections.sealed_months import SealedMonth, as_sealed, sealed_months
from jinbao.platform.projections.statement_reconciliation import reconcile_statements
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.working_days import WorkingDays, day_of, end_of_day

K = TypeVar("K", tuple[str, str], UUID)


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

    @property
    def number(self) -> int:
        """YYYYMM."""
        return self.year * 100 + self.month

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"


@dataclass(frozen=True, slots=True)
class MonthReport:
    """What is told of a province and month."""

    province: str
    month: Month
    accounts: list[BalanceReconciliation]
    ledger: LedgerMonth


def month_report(work: UnitOfWork, province: str, month: Month, calendar: WorkingDays) -> MonthReport:
    """A province's month: as it was sealed, or of an account that is not, as it is known now."""
    sealed = {seal.account: as_sealed(seal, province) for seal in sealed_months(work, month.number)}
    own = [row.account for row in accounts(work) if row.province == province]
    if all(account in sealed for account in own):
        made = [sealed[account] for account in own]
    else:
        now = balance_reconciliations(work, province, month, calendar)
        made = [sealed.get(UUID(bytes=one.account.id), one) for one in now]
    return MonthReport(province, month, made, ledger_month(work, month, province))


def balance_reconciliations(
    work: UnitOfWork, province: str, month: Month, calendar: WorkingDays
) -> list[BalanceReconciliation]:
    """Bank and book of a province's accounts at the end of a month, as they are known now."""
    reconciled = reconcile_statements(work, month.last_day, calendar)
    balances = {figures.account.id: figures.balances for figures in reconciled.figures if figures.balances}
    every = reconcile_balances(
        [figures.account for figures in reconciled.figures],
        reconciled.matching,
        reconciled.payments,
        reconciled.entries,
        balances,
        book_lines(work, month.last_day),
        (month.first_day, month.last_day),
        reconciled.cleared,
    )
    made = {one.account.id: one for one in every if one.account.province == province}
    for found in found_breaks(work, province):
        if found.day <= month.last_day:
            made[found.account.bytes].open_breaks.append(found.break_id)
    for before in sealed_months(work, month.before.number):
        if before.account.bytes in made:
            _carry_on(work, made[before.account.bytes], before)
    return list(made.values())


def _carry_on(work: UnitOfWork, made: BalanceReconciliation, before: SealedMonth) -> None:
    """Open the book where the month before was sealed: what it would be today comes in or goes out, by name."""
    corrected_fen = made.book.opening_fen - before.closing_fen
    made.book.opening_fen = before.closing_fen
    made.book.add(corrected_fen, made.first_day, made.first_day)
    paid = {"in": "cash > 0 AND bounced = 0", "out": "(cash <= 0 OR bounced <> 0)"}.get(made.account.kind)
    if paid is None:
        return
    sql = (
        "SELECT DISTINCT day, reference FROM payment_reports "
        f"WHERE province = ? AND day < ? AND position > ? AND {paid}"
    )
    rows = work.bulk.execute(sql, made.account.province, made.first_day.isoformat(), before.position)
    found = {Correction(int(day[:4] + day[5:7]), reference) for day, reference in rows}
    made.corrections.extend(sorted(found))


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
    """(origin, destination) that had money on its way in the month: what is of their cases."""
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
    return LedgerMonth(made.provinces, _moved(made.pairs), _moved(made.cases))


def _moved(movements: dict[K, Movement]) -> dict[K, Movement]:
    """Those that have anything to tell."""
    return {name: one for name, one in movements.items() if one.opening_fen or one.in_fen or one.out_fen}
