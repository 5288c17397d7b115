"""Sealed months of bank accounts with the figures that were signed: their reports are made from these for good."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple, cast
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table

from jinbao.platform.aggregates.bank_account.account import BANK_ACCOUNTS
from jinbao.platform.aggregates.bank_account.facts import MonthSealed
from jinbao.platform.bank_matching.month_end import (
    BalanceReconciliation,
    Correction,
    Movement,
    OpenItem,
    Part as ItemPart,
    Seal,
)
from jinbao.platform.bank_matching.values import AccountKind, BankAccount
from jinbao.platform.projections.logged import Entry
from jinbao.platform.projections.projection import Part, Projection, read_models
from jinbao.platform.store.bulk import Row
from jinbao.platform.store.columns import key
from jinbao.platform.store.store import UnitOfWork

bank_seals = Table(
    "bank_seals",
    read_models,
    key("position"),
    Column("stream", BigInteger, nullable=False),
    Column("month", Integer, nullable=False),
    Column("sealed_at", BigInteger, nullable=False),
    Column("figures", LargeBinary, nullable=False),
    Index("bank_seals_of_month", "month"),
)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(MonthSealed).decode


def fold(log: Iterable[Entry]) -> Iterator[Row]:
    """Rows of `bank_seals`."""
    for entry in log:
        if isinstance(entry.fact, MonthSealed):
            yield entry.position, entry.stream, entry.fact.month, entry.received_at, _encode(entry.fact)


PROJECTION = Projection("sealed_months", 1, (Part(bank_seals, fold),), kind=BANK_ACCOUNTS)


class SealedMonth(NamedTuple):
    """An account's month as it was signed."""

    account: UUID
    kind: AccountKind
    position: int
    sealed_at: int
    figures: MonthSealed

    @property
    def closing_fen(self) -> int:
        """The book's balance at its end."""
        return self.figures.book_opening_fen + self.figures.book_in_fen - self.figures.book_out_fen


def sealed_months(work: UnitOfWork, month: int) -> list[SealedMonth]:
    """The accounts of which a month (YYYYMM) is sealed."""
    sql = (
        "SELECT s.key, a.kind, b.position, b.sealed_at, b.figures FROM bank_seals b "
        "JOIN streams s ON s.stream = b.stream JOIN bank_accounts a ON a.stream = b.stream "
        "WHERE b.month = ? ORDER BY b.position"
    )
    return [
        SealedMonth(UUID(bytes=bytes(account)), cast(AccountKind, kind), position, at, _decode(bytes(figures)))
        for account, kind, position, at, figures in work.bulk.execute(sql, month)
    ]


def as_sealed(sealed: SealedMonth, province: str) -> BalanceReconciliation:
    """The bank reconciliation statement that was signed."""
    said = sealed.figures
    of = divmod(said.month, 100)
    return BalanceReconciliation(
        BankAccount(sealed.account.bytes, province, sealed.kind),
        date(*of, 1),
        date(*of, monthrange(*of)[1]),
        said.statements_to,
        Movement(said.bank_opening_fen, said.bank_in_fen, said.bank_out_fen),
        said.bank_closing_fen,
        Movement(said.book_opening_fen, said.book_in_fen, said.book_out_fen),
        [
            OpenItem(
                cast(ItemPart, item.part),
                item.day,
                item.amount_fen,
                item.payment_reference,
                UUID(bytes=item.entry) if item.entry else None,
                UUID(bytes=item.break_id) if item.break_id else None,
            )
            for item in said.items
        ],
        [UUID(bytes=found) for found in said.open_breaks],
        [Correction(*each) for each in said.corrections],
        Seal(said.operator, sealed.sealed_at, said.figures_hash),
    )
