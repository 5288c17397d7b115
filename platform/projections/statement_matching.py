"""Booked entries matched with reported payments as of a day, all of them or some, as the read models hold them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast
from uuid import UUID

from jinbao.platform.aggregates.bank_account.facts import Booked
from jinbao.platform.bank_matching.matcher import match_entries
from jinbao.platform.bank_matching.values import (
    AccountKind,
    BankAccount,
    BookedEntry,
    EntryClass,
    EntryPayment,
    Matching,
    Payment,
)
from jinbao.platform.projections.bank_accounts import (
    AccountRow,
    accounts,
    booked_entries,
    entries_of,
    officers_words,
    statement_days,
)
from jinbao.platform.projections.payment_reports import payments_reported
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.working_days import WorkingDays


@dataclass(frozen=True, slots=True)
class Scope:
    """Payments by reference, and entries by id, that are matched together."""

    references: Collection[str]
    entries: Collection[bytes]


@dataclass(frozen=True, slots=True)
class Matched:
    """What was matched, and what came of it."""

    rows: list[AccountRow]
    accounts: list[BankAccount]
    payments: Mapping[str, Payment]
    entries: Mapping[bytes, BookedEntry]
    matching: Matching


def match_statements(work: UnitOfWork, as_of: date, calendar: WorkingDays, scope: Scope | None = None) -> Matched:
    """Match what is known as of a day: everything, or what is in a scope that holds all that belongs together."""
    days: dict[bytes, list[tuple[date, date]]] = {}
    for account, first, last in statement_days(work):
        days.setdefault(account.bytes, []).append((first, last))
    rows = accounts(work)
    own = [_bank_account(row, days.get(row.account.bytes, [])) for row in rows]
    booked = booked_entries(work) if scope is None else entries_of(work, scope.entries)
    entries = {one.entry: _booked_entry(account, one) for account, one in booked if one.booked_on <= as_of}
    reported = payments_reported(work, as_of, None if scope is None else scope.references) if own else ()
    payments = {payment.reference: payment for payment in reported}
    words = officers_words(work, None if scope is None else scope.entries)
    confirmed = {about: word.payment_reference for about, word in words.items() if word.payment_reference}
    matching = match_entries(own, payments.values(), entries.values(), as_of, calendar, confirmed)
    return Matched(rows, own, payments, entries, matching)


def _bank_account(row: AccountRow, days: list[tuple[date, date]]) -> BankAccount:
    return BankAccount(row.account.bytes, row.province, cast(AccountKind, row.kind), tuple(days))


def _booked_entry(account: UUID, booked: Booked) -> BookedEntry:
    paid = tuple(EntryPayment(p.payment_references, p.amount_fen, p.counterpart) for p in booked.payments)
    entry_class = cast(EntryClass, booked.entry_class)
    return BookedEntry(booked.entry, account.bytes, booked.booked_on, booked.amount_fen, entry_class, paid)
