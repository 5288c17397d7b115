"""Statements against payments, as of a day: each booked entry explained, or a break by name; each account's figures.

Worked out on reading, from the read models of bank accounts and of reported payments, by `platform/bank_matching/`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from jinbao.platform.bank_matching.figures import AccountFigures, StatementBalances, account_figures
from jinbao.platform.bank_matching.values import BookedEntry, Break, Matching, Payment
from jinbao.platform.projections.found_breaks import found_breaks, still_cleared
from jinbao.platform.projections.statement_matching import Matched, match_statements
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.working_days import WorkingDays


@dataclass(frozen=True, slots=True)
class StatementReconciliation:
    """What statements and payments come to as of a day."""

    as_of: date
    matching: Matching
    figures: tuple[AccountFigures, ...]
    payments: Mapping[str, Payment]
    entries: Mapping[bytes, BookedEntry]
    cleared: Collection[bytes]
    """Breaks that an officer cleared and that come to nothing together still."""

    def breaks(self, province: str | None = None) -> list[Break]:
        """The open breaks, of one province or of all, the oldest first."""
        open_now = (found for found in self.matching.breaks if found.id.bytes not in self.cleared)
        return [found for found in open_now if province in (None, found.province)]

    def accounts(self, province: str | None = None) -> list[AccountFigures]:
        """The figures of the accounts, of one province or of all."""
        return [figures for figures in self.figures if province in (None, figures.account.province)]


def reconcile_statements(work: UnitOfWork, as_of: date, calendar: WorkingDays) -> StatementReconciliation:
    """Match everything that is known as of a day."""
    matched = match_statements(work, as_of, calendar)
    matching = matched.matching
    balances = _balances(matched, as_of)
    figures = account_figures(matching, matched.accounts, matched.payments, matched.entries, balances)
    known = {one.break_id.bytes: one for one in found_breaks(work, resolved=True)}
    cleared = still_cleared(known, {found.id.bytes: found for found in matching.breaks})
    return StatementReconciliation(as_of, matching, tuple(figures), matched.payments, matched.entries, cleared)


def _balances(matched: Matched, as_of: date) -> dict[bytes, StatementBalances]:
    """What the statements say up to the day; before the last one's end, its balance less what was booked after it."""
    booked_fen: dict[bytes, int] = {}
    for entry in matched.entries.values():
        booked_fen[entry.account] = booked_fen.get(entry.account, 0) + entry.amount_fen
    balances = {}
    for row, account in zip(matched.rows, matched.accounts, strict=True):
        known = [min(last, as_of) for first, last in account.statements if first <= as_of]
        if known and row.opening_fen is not None and row.closing_fen is not None and row.statements_to is not None:
            in_full = row.statements_to <= as_of
            closing_fen = row.closing_fen if in_full else row.opening_fen + booked_fen.get(account.id, 0)
            balances[account.id] = StatementBalances(max(known), row.opening_fen, closing_fen)
    return balances
