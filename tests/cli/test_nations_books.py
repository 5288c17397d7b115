"""The books of a simulated nation's banks, which never see a submission, against the payments that provinces report."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

from jinbao.platform.bank_matching.matcher import match_entries
from jinbao.platform.bank_matching.values import AccountKind, BankAccount, BookedEntry, EntryPayment
from jinbao.platform.projections.payment_reports import payments_reported
from jinbao.platform.store.store import Store
from jinbao.rules.working_days import load_working_days

_BOOK = """
SELECT b.entry, b.province, b.booked_on, b.reference, b.amount, o.payer FROM book b JOIN orders o USING (reference)
"""


def test_every_entry_of_every_bank_is_matched_and_nothing_is_a_break(nation_folder: Path) -> None:
    """What a payer gets back is on its expenditure account; what a payee gets on its income account."""
    with closing(sqlite3.connect(f"file:{nation_folder}/banks.sqlite?mode=ro", uri=True)) as banks:
        book = [(*row[:2], date.fromisoformat(row[2]), *row[3:]) for row in banks.execute(_BOOK)]
    first, last = min(row[2] for row in book), max(row[2] for row in book)
    accounts: dict[bytes, BankAccount] = {}
    entries = []
    for number, province, day, reference, fen, payer in book:
        kind: AccountKind = "out" if payer == province else "in"
        account = f"{province} {kind}".encode()
        accounts[account] = BankAccount(account, province, kind, ((first, last),))
        paid = (EntryPayment((reference,)),)
        entries.append(BookedEntry(number.to_bytes(16), account, day, fen, "other", paid))
    store = Store(f"sqlite:///{nation_folder}/platform.sqlite")
    try:
        with store.read() as work:
            payments = list(payments_reported(work, last))
    finally:
        store.close()
    matching = match_entries(accounts.values(), payments, entries, last, load_working_days())
    assert matching.breaks == ()
    assert sum(len(match.entries) for match in matching.matches) == len(entries) > 100
    assert sum(len(match.sides) for match in matching.matches) + len(matching.awaited) >= 2 * len(payments)
