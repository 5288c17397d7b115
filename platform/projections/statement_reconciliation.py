"""Statements against payments, as of a day: each booked entry explained, or a break by name; each account's figures.

Worked out on reading, from the read models of bank accounts and of reported payments, by `platform/bank_matching/`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, cast
from uuid import UUID

from jinbao.platform.aggregates.bank_account.facts import Booked
from jinbao.platform.bank_matching.figures import AccountFigures, StatementBalances, account_figures
from jinbao.platform.bank_matching.matcher import match_entries
from jinbao.platform.bank_matching.values import (
    AccountKind,
    BankAccount,
    BookedEntry,
    Break,
    EntryClass,
    EntryPayment,
    Matching,
    Payment,
    break_of_entry,
)
from jinbao.platform.projections.bank_accounts import (
    AccountRow,
    OfficersWord,
    accounts,
    booked_entries,
    officers_words,
    statement_days,
)
from jinbao.platform.projections.found_breaks import found_breaks, still_cleared
from jinbao.platform.projections.payment_reports import payments_reported
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.working_days import WorkingDays


class Confirmed(NamedTuple):
    """An entry of which an officer said which payment it is."""

    break_id: UUID
    """Of the break that it was, and is again where the confirmation is annulled."""
    entry: bytes
    account: bytes


@dataclass(frozen=True, slots=True)
class StatementReconciliation:
    """What statements and payments come to as of a day."""

    as_of: date
    matching: Matching
    figures: tuple[AccountFigures, ...]
    payments: Mapping[str, Payment]
    entries: Mapping[bytes, BookedEntry]
    words: Mapping[bytes, OfficersWord]
    """What officers last said, by entry."""
    cleared: Collection[bytes]
    """Breaks that an officer cleared and that come to nothing together still."""

    def breaks(self, province: str | None = None) -> list[Break]:
        """The open breaks, of one province or of all, the oldest first."""
        open_now = (found for found in self.matching.breaks if found.id.bytes not in self.cleared)
        return [found for found in open_now if province in (None, found.province)]

    def confirmed(self) -> list[Confirmed]:
        """The entries of which an officer said which payment they are, that is what they are matched by."""
        return [
            Confirmed(break_of_entry(entry), entry, self.entries[entry].account)
            for entry, word in self.words.items()
            if word.payment_reference and entry in self.entries
        ]

    def accounts(self, province: str | None = None) -> list[AccountFigures]:
        """The figures of the accounts, of one province or of all."""
        return [figures for figures in self.figures if province in (None, figures.account.province)]


def reconcile_statements(work: UnitOfWork, as_of: date, calendar: WorkingDays) -> StatementReconciliation:
    """Match everything that is known as of a day."""
    days: dict[bytes, list[tuple[date, date]]] = {}
    for account, first, last in statement_days(work):
        days.setdefault(account.bytes, []).append((first, last))
    rows = accounts(work)
    own = [_bank_account(row, days.get(row.account.bytes, [])) for row in rows]
    entries = {}
    for account, booked in booked_entries(work):
        if booked.booked_on <= as_of:
            entries[booked.entry] = _booked_entry(account.bytes, booked)
    payments = {payment.reference: payment for payment in payments_reported(work, as_of)} if own else {}
    words = officers_words(work)
    confirmed = {about: word.payment_reference for about, word in words.items() if word.payment_reference}
    matching = match_entries(own, payments.values(), entries.values(), as_of, calendar, confirmed)
    balances = _balances(rows, days, entries, as_of)
    figures = account_figures(matching, own, payments, entries, balances)
    known = {one.break_id.bytes: one for one in found_breaks(work, resolved=True)}
    cleared = still_cleared(known, {found.id.bytes: found for found in matching.breaks})
    return StatementReconciliation(as_of, matching, tuple(figures), payments, entries, words, cleared)


def _bank_account(row: AccountRow, days: list[tuple[date, date]]) -> BankAccount:
    return BankAccount(row.account.bytes, row.province, cast(AccountKind, row.kind), tuple(days))


def _booked_entry(account: bytes, booked: Booked) -> BookedEntry:
    paid = tuple(EntryPayment(p.payment_references, p.amount_fen, p.counterpart) for p in booked.payments)
    entry_class = cast(EntryClass, booked.entry_class)
    return BookedEntry(booked.entry, account, booked.booked_on, booked.amount_fen, entry_class, paid)


def _balances(
    rows: list[AccountRow],
    days: Mapping[bytes, list[tuple[date, date]]],
    entries: Mapping[bytes, BookedEntry],
    as_of: date,
) -> dict[bytes, StatementBalances]:
    """What the statements say up to the day; before the last one's end, its balance less what was booked after it."""
    booked_fen: dict[bytes, int] = {}
    for entry in entries.values():
        booked_fen[entry.account] = booked_fen.get(entry.account, 0) + entry.amount_fen
    balances = {}
    for row in rows:
        account = row.account.bytes
        known = [min(last, as_of) for first, last in days.get(account, []) if first <= as_of]
        if known and row.opening_fen is not None and row.closing_fen is not None and row.statements_to is not None:
            in_full = row.statements_to <= as_of
            closing_fen = row.closing_fen if in_full else row.opening_fen + booked_fen.get(account, 0)
            balances[account] = StatementBalances(max(known), row.opening_fen, closing_fen)
    return balances
