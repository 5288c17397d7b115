"""Day by day: the banks' books against the ledger, and the sheets of completed transfers against both.

Reads only what is new since the last time, so that a run can be held against its banks on every working day. A payment
is known by its reference and line: a difference of one is an open item with a name, and what a completed transfer's
sheet says is what was credited to the fund and what the bank has.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from jinbao.platform.aggregates.state import FINAL, State
from jinbao.platform.projections.logged import case_parts
from jinbao.platform.projections.reconciliation import Cause, name_difference
from jinbao.platform.store.store import Store
from jinbao.simulator.banks import Banks


class BooksDiffer(Exception):
    """Banks, ledger and sheets do not tell the same."""


class DailyItem(NamedTuple):
    """One payment line that a province's bank and the ledger do not have alike at the end of a day."""

    province: str
    reference: str
    line: int
    bank: int
    """Fen that the bank has booked."""
    ledger: int
    """Fen that the ledger has booked."""
    cause: Cause
    since: date


@dataclass(slots=True)
class _Case:
    """What the ledger holds of one transfer, in fen."""

    fund: int = 0
    """In the destination's fund."""
    refunded: int = 0
    """Paid to the person from that fund."""
    suspense: int = 0
    due: int = 0
    """Not yet got from the origin, where the two settle by period: negative."""
    lines: set[tuple[str, str, int]] | None = None
    """Province, reference and line of the destination's side."""


_Key = tuple[str, str, int]
_NOT_IN_BANKS = ("in_transit", "refunded")
EXPECTED_CAUSES = frozenset({"remittance_not_reported", "receipt_not_reported", "bounce_not_reported"})
LONGEST_OPEN_WORKING_DAYS = 30
"""A payment stays unreported for so long at most, in a nation whose clerks report everything, if some of them late."""


class DailyBooks:
    """The running comparison; begin it with the run, and call `close_day` after each working day."""

    def __init__(self, store: Store, banks: Banks) -> None:
        self._store = store
        self._banks = banks
        self._last_posting = self._last_entry = 0
        self._bank: dict[_Key, int] = {}
        self._ledger: dict[_Key, int] = {}
        self._open: dict[_Key, date] = {}
        self._cases: dict[int, _Case] = {}
        self._gap: dict[str, int] = {}
        """Bank minus ledger by province."""
        self.sheets_held = 0
        """Completed transfers that were held against ledger and bank."""

    def close_day(self, day: date) -> list[DailyItem]:
        """The open items at the end of the day. Raises BooksDiffer where no name explains a difference."""
        touched = self._read_banks()
        cases = self._read_ledger(touched)
        for key in touched:
            if self._bank.get(key, 0) == self._ledger.get(key, 0):
                self._open.pop(key, None)
            else:
                self._open.setdefault(key, day)
        self._check_sheets(cases)
        items = [self._item(key, since) for key, since in self._open.items()]
        self._check_totals(items)
        return items

    def _read_banks(self) -> set[_Key]:
        touched = set()
        for entry in self._banks.entries(since=self._last_posting):
            self._last_posting = entry.entry
            key = (entry.province, entry.reference, entry.line)
            self._bank[key] = self._bank.get(key, 0) + entry.amount
            self._gap[entry.province] = self._gap.get(entry.province, 0) + entry.amount
            touched.add(key)
        return touched

    def _read_ledger(self, touched: set[_Key]) -> set[int]:
        """Fold the new entries; returns the transfers that they touched."""
        cases: set[int] = set()
        sql = (
            "SELECT entry, case_id, account, province, reference, line, personal + pooling + unallocated "
            "FROM ledger_entries WHERE entry > ? ORDER BY entry"
        )
        with self._store.read() as work:
            rows = work.bulk.connection.exec_driver_sql(sql, (self._last_entry,)).fetchall()
        for number, case_id, account, province, reference, line, amount in rows:
            self._last_entry = number
            case, key = self._cases.setdefault(case_id, _Case()), (province, reference, line)
            if case_parts(case_id)[1]:  # not of a pair's settlement, which is no case
                cases.add(case_id)
            if account == "destination_fund":
                case.fund += amount
            elif account == "refunded":
                case.refunded += amount
            elif account == "suspense":
                case.suspense += amount
            elif account == "settlement_due":
                case.due += amount
            if account in ("destination_fund", "suspense"):
                case.lines = (case.lines or set()) | {key}
            if account not in _NOT_IN_BANKS:
                self._ledger[key] = self._ledger.get(key, 0) + amount
                self._gap[province] = self._gap.get(province, 0) - amount
                touched.add(key)
        return cases

    def _check_sheets(self, cases: set[int]) -> None:
        """Of each completed transfer that moved today: sheet total = money in the fund; with suspense = the bank."""
        sql = "SELECT state, sheet_total, kind FROM case_board WHERE case_id = ?"
        with self._store.read() as work:
            rows = {c: work.bulk.connection.exec_driver_sql(sql, (c,)).one() for c in cases}
        for case_id, (state, total, kind) in rows.items():
            case = self._cases[case_id]
            if state not in (State.COMPLETED, State.REVERSED):
                if state in FINAL and state != State.MOVED and case.fund:
                    raise BooksDiffer(f"case {case_id} ended as {state} with {case.fund} fen in the fund")
                continue
            credited = case.fund + case.refunded
            if credited != total:
                raise BooksDiffer(f"case {case_id} ({kind}): sheet {total}, credited {credited} fen")
            lines = case.lines or set()
            in_bank, here = sum(self._bank.get(key, 0) for key in lines), case.fund + case.suspense + case.due
            if in_bank != here and self._open.keys().isdisjoint(lines):
                raise BooksDiffer(f"case {case_id} ({kind}): bank {in_bank}, ledger {here} fen")
            self.sheets_held += 1

    def _item(self, key: _Key, since: date) -> DailyItem:
        bank, ledger = self._bank.get(key, 0), self._ledger.get(key, 0)
        return DailyItem(*key, bank, ledger, name_difference(bank, ledger, booked=key in self._bank)[1], since)

    def _check_totals(self, items: list[DailyItem]) -> None:
        """Per province: bank minus ledger is the sum of the named items."""
        difference = dict(self._gap)
        for item in items:
            difference[item.province] -= item.bank - item.ledger
        wrong = {province: amount for province, amount in difference.items() if amount}
        if wrong:
            raise BooksDiffer(f"bank minus ledger is not the sum of the open items: {wrong}")
