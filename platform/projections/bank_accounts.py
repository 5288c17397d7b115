"""Bank accounts with their balances, and the booked entries of their statements, as matching reads them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table

from jinbao.platform.aggregates.bank_account.account import BANK_ACCOUNTS
from jinbao.platform.aggregates.bank_account.facts import (
    AccountOpened,
    Booked,
    ConfirmationAnnulled,
    EntryConfirmed,
    PartBooked,
    Payment,
)
from jinbao.platform.projections.logged import Entry, entry_number
from jinbao.platform.projections.projection import Part, Projection, read_models
from jinbao.platform.store.bulk import Row, Upsert
from jinbao.platform.store.columns import key, text_column
from jinbao.platform.store.store import UnitOfWork
from jinbao.rules.money import Fen

bank_accounts = Table(
    "bank_accounts",
    read_models,
    key("stream"),
    Column("province", text_column(2)),
    Column("kind", text_column(6)),
    Column("opening_fen", BigInteger),
    Column("moved_fen", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
)
bank_entries = Table(
    "bank_entries",
    read_models,
    key("number"),
    Column("stream", BigInteger, nullable=False),
    Column("statement", LargeBinary(16), nullable=False),
    Column("entry", LargeBinary(16), nullable=False),
    Column("booked_on", text_column(10), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("entry_class", text_column(8), nullable=False),
    Column("payments", LargeBinary, nullable=False),
    Index("bank_entries_of_account", "stream", "booked_on"),
    Index("bank_entries_by_id", "entry"),
    Index("bank_entries_by_day", "booked_on"),
    Index("bank_entries_of_statement", "statement"),
)

bank_named = Table(
    "bank_named",
    read_models,
    Column("reference", text_column(25), primary_key=True),
    Column("number", BigInteger, primary_key=True),
)
"""The payments that each booked entry names."""
bank_statements = Table(
    "bank_statements",
    read_models,
    key("position"),
    Column("stream", BigInteger, nullable=False),
    Column("statement", LargeBinary(16), nullable=False),
    Column("first_day", text_column(10), nullable=False),
    Column("last_day", text_column(10), nullable=False),
    Index("bank_statements_of_account", "stream", "last_day"),
    Index("bank_statements_by_id", "statement"),
)
"""Of each whole statement the days that it tells of."""
bank_replaced = Table(
    "bank_replaced",
    read_models,
    key("position"),
    Column("statement", LargeBinary(16), nullable=False),
    Index("bank_replaced_by_statement", "statement"),
)
"""Statements whose place another has taken: they and their entries count no more."""
COUNTS = "NOT EXISTS (SELECT 1 FROM bank_replaced r WHERE r.statement = {0}.statement)"
"""SQL: whether rows of a statement count, of `bank_entries` or `bank_statements` by the name that they have there."""

bank_words = Table(
    "bank_words",
    read_models,
    Column("about", LargeBinary(16), primary_key=True),
    Column("reference", text_column(25), nullable=False),
    Column("operator", text_column(200), nullable=False),
    Column("reason", text_column(2000)),
    Column("position", BigInteger, nullable=False),
    Index("bank_words_of_payment", "reference"),
)
"""The latest word of an officer about an entry (the payment that it is, empty once annulled)."""
_WORDS = Upsert(bank_words, ("about",), {"reference": "set", "operator": "set", "reason": "set", "position": "set"})
_ACCOUNTS = Upsert(
    bank_accounts,
    ("stream",),
    {
        "province": "keep",
        "kind": "keep",
        "opening_fen": "first",
        "moved_fen": "add",
        "entries": "add",
    },
)
_decode_payments = msgspec.msgpack.Decoder(tuple[Payment, ...]).decode
_encode_payments = msgspec.msgpack.Encoder().encode


def fold_accounts(log: Iterable[Entry]) -> Iterator[Row]:
    """What each event changes of its account, in the order of the table's columns."""
    for entry in log:
        fact = entry.fact
        if isinstance(fact, AccountOpened):
            yield entry.stream, fact.province, fact.kind, None, 0, 0
        elif isinstance(fact, PartBooked):
            moved_fen = fact.closing_fen - fact.opening_fen - fact.replaced_fen
            new = len(fact.entries) - fact.replaced_entries
            yield entry.stream, None, None, fact.opening_fen, moved_fen, new


def fold_entries(log: Iterable[Entry]) -> Iterator[Row]:
    """Rows of `bank_entries`."""
    for entry in log:
        fact = entry.fact
        if isinstance(fact, PartBooked):
            for index, booked in enumerate(fact.entries):
                yield (
                    entry_number(entry.position, index),
                    entry.stream,
                    fact.statement,
                    booked.entry,
                    booked.booked_on.isoformat(),
                    booked.amount_fen,
                    booked.entry_class,
                    _encode_payments(booked.payments),
                )


def fold_named(log: Iterable[Entry]) -> Iterator[Row]:
    """Rows of `bank_named`."""
    for entry in log:
        fact = entry.fact
        if isinstance(fact, PartBooked):
            for index, booked in enumerate(fact.entries):
                number = entry_number(entry.position, index)
                for reference in {r for payment in booked.payments for r in payment.payment_references}:
                    yield reference, number


def fold_statements(log: Iterable[Entry]) -> Iterator[Row]:
    """Rows of `bank_statements`."""
    for entry in log:
        fact = entry.fact
        if isinstance(fact, PartBooked) and fact.part == fact.parts:
            yield entry.position, entry.stream, fact.statement, fact.first_day.isoformat(), fact.last_day.isoformat()


def fold_replaced(log: Iterable[Entry]) -> Iterator[Row]:
    """Rows of `bank_replaced`."""
    for entry in log:
        if isinstance(entry.fact, PartBooked) and entry.fact.replaces is not None:
            yield entry.position, entry.fact.replaces


def fold_words(log: Iterable[Entry]) -> Iterator[Row]:
    """Rows of `bank_words`."""
    for entry in log:
        fact = entry.fact
        if isinstance(fact, EntryConfirmed):
            yield fact.entry, fact.payment_reference, fact.operator, fact.reason_text, entry.position
        elif isinstance(fact, ConfirmationAnnulled):
            yield fact.entry, "", fact.operator, fact.reason_text, entry.position


PROJECTION = Projection(
    "bank_accounts",
    6,
    (
        Part(_ACCOUNTS, fold_accounts),
        Part(bank_entries, fold_entries),
        Part(bank_named, fold_named),
        Part(bank_statements, fold_statements),
        Part(_WORDS, fold_words),
        Part(bank_replaced, fold_replaced),
    ),
    kind=BANK_ACCOUNTS,
)


class AccountRow(NamedTuple):
    """A bank account as its statements leave it."""

    account: UUID
    province: str
    kind: str
    """`in`, `out` or `fiscal`."""
    opening_fen: Fen | None
    """Before the first statement's first entry; None where none was taken in."""
    closing_fen: Fen | None
    """After the last one's last."""
    statements_to: date | None
    """Last day of the newest whole statement."""
    entries: int


def accounts(work: UnitOfWork) -> list[AccountRow]:
    """All bank accounts, by province and id."""
    sql = (
        "SELECT s.key, a.province, a.kind, a.opening_fen, a.opening_fen + a.moved_fen, "
        "(SELECT MAX(t.last_day) FROM bank_statements t WHERE t.stream = a.stream "
        f"AND {COUNTS.format('t')}), a.entries "
        "FROM bank_accounts a JOIN streams s ON s.stream = a.stream ORDER BY a.province, s.key"
    )
    return [
        AccountRow(UUID(bytes=bytes(row[0])), row[1], row[2], row[3], row[4], _day(row[5]), row[6])
        for row in work.bulk.execute(sql)
    ]


def has_accounts(work: UnitOfWork) -> bool:
    """Whether there is a bank account at all."""
    return bool(work.bulk.execute("SELECT EXISTS (SELECT 1 FROM bank_accounts)").scalar())


def first_day_changed(work: UnitOfWork, position: int) -> bool:
    """Whether the statements of some account begin on another day than they did at a position of the log."""
    counts_then = f"{COUNTS.format('t')[:-1]} AND r.position <= ?)"
    sql = (
        f"SELECT MIN(CASE WHEN {COUNTS.format('t')} THEN t.first_day END), "
        f"MIN(CASE WHEN t.position <= ? AND {counts_then} THEN t.first_day END) FROM bank_statements t WHERE "
        "t.stream IN (SELECT stream FROM bank_statements WHERE position > ? UNION SELECT b.stream FROM bank_replaced r "
        "JOIN bank_statements b ON b.statement = r.statement WHERE r.position > ?) GROUP BY t.stream"
    )
    return any(now != then for now, then in work.bulk.execute(sql, *[position] * 4))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


_BOOKED = (
    "SELECT s.key, e.entry, e.booked_on, e.amount_fen, e.entry_class, e.payments "
    f"FROM bank_entries e JOIN streams s ON s.stream = e.stream WHERE {COUNTS.format('e')}"
)


def booked_entries(work: UnitOfWork, account: UUID | None = None) -> Iterator[tuple[UUID, Booked]]:
    """(account, entry) of every booked entry in the order of the log, or of one account's."""
    only: tuple[bytes, ...] = () if account is None else (account.bytes,)
    where = f" AND s.kind = {BANK_ACCOUNTS.number} AND s.key = ?" if only else ""
    return map(_booked, work.bulk.stream(f"{_BOOKED}{where} ORDER BY e.number", *only))


def entries_of(work: UnitOfWork, entries: Iterable[bytes]) -> Iterator[tuple[UUID, Booked]]:
    """(account, entry) of those entries that are booked."""
    return map(_booked, work.bulk.select_in(f"{_BOOKED} AND e.entry", sorted(entries)))


def _booked(row: Row) -> tuple[UUID, Booked]:
    account, entry, booked_on, fen, entry_class, paid = row
    payments = _decode_payments(bytes(paid))
    booked = Booked(bytes(entry), date.fromisoformat(booked_on), fen, entry_class, payments)
    return UUID(bytes=bytes(account)), booked


def statement_days(work: UnitOfWork) -> Iterator[tuple[UUID, date, date]]:
    """(account, first day, last day) of every whole statement that counts, in the order of the log."""
    sql = (
        "SELECT s.key, t.first_day, t.last_day FROM bank_statements t JOIN streams s ON s.stream = t.stream "
        f"WHERE {COUNTS.format('t')} ORDER BY t.position"
    )
    for account, first, last in work.bulk.stream(sql):
        yield UUID(bytes=bytes(account)), date.fromisoformat(first), date.fromisoformat(last)


class OfficersWord(NamedTuple):
    """What an officer last said about an entry."""

    payment_reference: str
    """Empty where the confirmation was annulled."""
    operator: str
    reason: str | None


def officers_words(work: UnitOfWork, entries: Iterable[bytes] | None = None) -> dict[bytes, OfficersWord]:
    """Entry → the latest word about it, of all or of those entries."""
    sql = "SELECT about, reference, operator, reason FROM bank_words"
    rows = work.bulk.stream(sql) if entries is None else work.bulk.select_in(f"{sql} WHERE about", sorted(entries))
    return {bytes(about): OfficersWord(reference, operator, reason) for about, reference, operator, reason in rows}
