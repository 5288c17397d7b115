"""The bank reconciliation statement (银行存款余额调节表) of an account and month, in four parts. Pure; amounts in fen.

The bank's balance comes from the statements, the book's from the fund ledger's payments and the classes of entries that
need none. The matching gives the items that one of them lacks: that both adjusted balances are equal is a finding.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple
from uuid import UUID

from jinbao.platform.bank_matching.figures import Places, StatementBalances
from jinbao.platform.bank_matching.values import (
    BankAccount,
    BookedEntry,
    Matching,
    Payment,
    SideKey,
)

Part = Literal["receipt_not_at_bank", "payment_not_at_bank", "receipt_not_in_book", "payment_not_in_book"]
PARTS: tuple[Part, ...] = (
    "receipt_not_at_bank",
    "payment_not_at_bank",
    "receipt_not_in_book",
    "payment_not_in_book",
)
"""企业已收银行未收, 企业已付银行未付, 银行已收企业未收, 银行已付企业未付."""


class BookLine(NamedTuple):
    """What a province's own book says of one side of a payment."""

    side: SideKey
    day: date
    amount_fen: int
    """Positive what came in."""


class OpenItem(NamedTuple):
    """What one of bank and book has and the other has not."""

    part: Part
    day: date
    amount_fen: int
    """Never negative."""
    payment_reference: str | None
    entry: UUID | None
    """Of an item that the bank has."""
    break_id: UUID | None
    """The break in which it stands; None of what is in time."""


class Correction(NamedTuple):
    """A payment of a sealed month on which something was reported after that seal."""

    month: int
    """YYYYMM."""
    payment_reference: str


class Seal(NamedTuple):
    """Who signed a month, and what."""

    operator: str
    sealed_at: int
    """Microseconds since 1970 UTC, by the bus."""
    figures_hash: str


@dataclass(slots=True)
class Movement:
    """opening + in − out = closing."""

    opening_fen: int = 0
    in_fen: int = 0
    out_fen: int = 0

    @property
    def closing_fen(self) -> int:
        """What is left at the end."""
        return self.opening_fen + self.in_fen - self.out_fen

    def add(self, amount_fen: int, day: date, first_day: date) -> None:
        """A movement: before the first day it is part of the opening."""
        if day < first_day:
            self.opening_fen += amount_fen
        elif amount_fen > 0:
            self.in_fen += amount_fen
        else:
            self.out_fen -= amount_fen


@dataclass(frozen=True, slots=True)
class BalanceReconciliation:
    """Bank and book of one account at a month's end, and the items between them."""

    account: BankAccount
    first_day: date
    last_day: date
    statements_to: date | None
    """None before the first statement."""
    bank: Movement = field(default_factory=Movement)
    bank_closing_fen: int = 0
    """As the statements say it."""
    book: Movement = field(default_factory=Movement)
    items: list[OpenItem] = field(default_factory=list)
    open_breaks: list[UUID] = field(default_factory=list)
    """Those that hang on a day up to the last one; they are carried on."""
    corrections: list[Correction] = field(default_factory=list)
    """Of sealed months; what they come to is within what came into the book or went out of it."""
    seal: Seal | None = None

    def sum_fen(self, part: Part) -> int:
        """What the items of a part come to."""
        return sum(item.amount_fen for item in self.items if item.part == part)

    @property
    def adjusted_bank_fen(self) -> int:
        """The bank's balance, as if it had booked what the book has."""
        return self.bank_closing_fen + self.sum_fen("receipt_not_at_bank") - self.sum_fen("payment_not_at_bank")

    @property
    def adjusted_book_fen(self) -> int:
        """The book's balance, as if it had what the bank has booked."""
        return self.book.closing_fen + self.sum_fen("receipt_not_in_book") - self.sum_fen("payment_not_in_book")

    @property
    def agrees(self) -> bool:
        """Whether the adjusted balances are equal."""
        return self.adjusted_bank_fen == self.adjusted_book_fen


class _Group(NamedTuple):
    """What stands together in the matching."""

    sides: Sequence[SideKey]
    entries: Sequence[bytes]
    break_id: UUID | None
    cleared_on: bytes | None
    """The account on which an officer cleared the break: it comes to nothing with others there."""


def reconcile_balances(
    accounts: Iterable[BankAccount],
    matching: Matching,
    payments: Mapping[str, Payment],
    entries: Mapping[bytes, BookedEntry],
    balances: Mapping[bytes, StatementBalances],
    book: Iterable[BookLine],
    month: tuple[date, date],
    cleared: Collection[bytes] = (),
) -> list[BalanceReconciliation]:
    """Every account, by province, kind and id; the matching, entries and book lines are as of the month's last day.

    `cleared` are the ids of the breaks that an officer cleared: together they come to nothing, so they leave no item.

    What was booked before an account's first statement counts on the day on which the bank booked it: whether its
    opening balance holds it only the bank knows.
    """
    ordered = sorted(accounts, key=lambda account: (account.province, account.kind, account.id))
    made = {account.id: _begin(account, balances.get(account.id), month) for account in ordered}
    begins = {account.id: min((first for first, _ in account.statements), default=None) for account in ordered}
    for entry in entries.values():
        made[entry.account].bank.add(entry.amount_fen, entry.booked_on, month[0])
    taken_back = (entry for match in matching.matches if not match.sides for entry in match.entries)
    for without_payment in (*matching.classified, *taken_back):
        entry = entries[without_payment]
        made[entry.account].book.add(entry.amount_fen, entry.booked_on, month[0])
    lines = {line.side: line for line in book}
    places = Places(ordered, payments)
    for group in _groups(matching, cleared):
        _add_group(made, begins, group, lines, entries, places)
        for side in group.sides:
            lines.pop(side, None)
    for side, line in lines.items():  # in no place of the matching: the balances will not agree
        for account, _ in places.of([side] if side.reference in payments else []):
            made[account].book.add(line.amount_fen, line.day, month[0])
    return list(made.values())


def _begin(account: BankAccount, balances: StatementBalances | None, month: tuple[date, date]) -> BalanceReconciliation:
    if balances is None:
        return BalanceReconciliation(account, *month, None)
    begun = BalanceReconciliation(account, *month, balances.statements_to, bank_closing_fen=balances.closing_fen)
    begun.bank.opening_fen = begun.book.opening_fen = balances.opening_fen
    return begun


def _groups(matching: Matching, cleared: Collection[bytes]) -> Iterator[_Group]:
    for match in matching.matches:
        if match.sides:
            yield _Group(match.sides, match.entries, None, None)
    for found in matching.breaks:
        yield _Group(found.sides, found.entries, found.id, found.account if found.id.bytes in cleared else None)
    for side in (*matching.awaited, *matching.proposed):
        yield _Group((side,), (), None, None)


def _add_group(
    made: Mapping[bytes, BalanceReconciliation],
    begins: Mapping[bytes, date | None],
    group: _Group,
    lines: dict[SideKey, BookLine],
    entries: Mapping[bytes, BookedEntry],
    places: Places,
) -> None:
    """Enter a group's lines in the books, and as items of an account where bank and book differ by it."""
    booked: dict[bytes, list[BookedEntry]] = {}
    for entry in group.entries:
        booked.setdefault(entries[entry].account, []).append(entries[entry])
    known: dict[bytes, list[BookLine]] = {}
    for side in group.sides:
        account = next((account for account, _ in places.of((side,), booked)), None)
        line = lines.get(side)
        begin = begins[account] if account else None
        if line is None or account is None or begin is None:
            continue
        day = line.day
        if day < begin:
            if account not in booked:
                continue
            day = min(entry.booked_on for entry in booked[account])
        known.setdefault(account, []).append(line)
        made[account].book.add(line.amount_fen, day, made[account].first_day)
    for account in sorted({*booked, *known}):
        on_bank, in_book = booked.get(account, []), known.get(account, [])
        if account != group.cleared_on and sum(e.amount_fen for e in on_bank) != sum(
            line.amount_fen for line in in_book
        ):
            made[account].items.extend(_items(on_bank, in_book, group.break_id))


def _items(on_bank: Iterable[BookedEntry], in_book: Iterable[BookLine], found: UUID | None) -> Iterator[OpenItem]:
    """Both whole: nothing is set off, so that each item is one that bank or book has."""
    for line in in_book:
        if line.amount_fen:
            part: Part = "receipt_not_at_bank" if line.amount_fen > 0 else "payment_not_at_bank"
            yield OpenItem(part, line.day, abs(line.amount_fen), line.side.reference, None, found)
    for entry in on_bank:
        if entry.amount_fen:
            part = "receipt_not_in_book" if entry.amount_fen > 0 else "payment_not_in_book"
            named = [reference for payment in entry.payments for reference in payment.references]
            reference = named[0] if len(named) == 1 else None
            yield OpenItem(part, entry.booked_on, abs(entry.amount_fen), reference, UUID(bytes=entry.id), found)
