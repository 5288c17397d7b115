"""The banks of the provinces, with books of their own: posted from payment orders and never from submissions.

An order names its payment reference (ISO 11649), payer and payee, and has lines, one per person and transfer. The
payer's account is debited on the day of the order, the payee's credited when the transit is over; each posting is one
entry of one province's book and carries reference and line. Adapters and platform never see these books; the
destination's clerks see their own statement, and the reconciliation reads all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from jinbao.rules.payment_reference import is_payment_reference
from jinbao.schemas.messages import Fen
from jinbao.storage.sqlite_file import Layout, open_file

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    reference TEXT PRIMARY KEY, payer TEXT NOT NULL, payee TEXT NOT NULL, ordered_on TEXT NOT NULL,
    credited_on TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS lines (
    reference TEXT NOT NULL REFERENCES orders, line INTEGER NOT NULL, transfer_id BLOB NOT NULL,
    amount INTEGER NOT NULL, named BLOB NOT NULL, bounces INTEGER NOT NULL,
    debited INTEGER NOT NULL DEFAULT 0, credited INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (reference, line)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS lines_waiting ON lines (credited) WHERE credited = 0;
CREATE TABLE IF NOT EXISTS book (
    entry INTEGER PRIMARY KEY, province TEXT NOT NULL, booked_on TEXT NOT NULL, reference TEXT NOT NULL,
    line INTEGER NOT NULL, transfer_id BLOB NOT NULL, amount INTEGER NOT NULL, counterpart TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS book_of_province ON book (province, entry);
"""
PERSONS = "00"
"""Payee of what goes to a person's own account, which is in none of these books."""
_ENTRY = "entry, province, booked_on, reference, line, transfer_id, amount, counterpart"


class BankRefusal(Exception):
    """The bank does not take an order: its reference is malformed or already used for another payment."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One person's part of a payment order."""

    line: int
    transfer_id: UUID
    amount: Fen
    named: UUID | None = None
    """What the payee's statement names, where that is not the transfer: a typing error."""
    bounces: bool = False
    """退汇: the payee's bank gives the money back."""


@dataclass(frozen=True, slots=True)
class BookEntry:
    """One posting in one province's bank book: a credit is positive, a debit negative."""

    entry: int
    """Position in the banks' own order of posting."""
    province: str
    booked_on: date
    reference: str
    line: int
    transfer_id: UUID
    amount: Fen
    counterpart: str
    """The province on the other side."""


class _Posting(NamedTuple):
    province: str
    booked_on: str
    reference: str
    line: int
    transfer_id: bytes
    amount: int
    counterpart: str


class Delay(NamedTuple):
    """How many payments a nation's banks leave on their way: the first ones that are ordered within two days."""

    payments: int
    ordered_from: date
    ordered_until: date
    until: date
    """On this day what was left is credited."""


class Banks:
    """All provinces' banks in one SQLite file; each province has its own book."""

    def __init__(self, path: Path, *, durable: bool = True, delay: Delay | None = None) -> None:
        self._db = open_file(path, Layout((_SCHEMA,)), synchronous="FULL" if durable else "OFF")
        self.delay = delay
        """What is not credited when it should be; None: nothing."""
        self._amounts: dict[tuple[str, int], Fen] = {}
        """Amounts that were asked for: an order never changes."""

    def order(
        self, reference: str, payer: str, payee: str, lines: Iterable[OrderLine], *, ordered_on: date, credited_on: date
    ) -> None:
        """Take a payment order, or further lines of one given earlier that day.

        The same line again changes nothing; another content under the same reference or line raises BankRefusal.
        """
        if not is_payment_reference(reference):
            raise BankRefusal(f"payment reference {reference} has wrong check digits")
        order = (reference, payer, payee, ordered_on.isoformat(), credited_on.isoformat())
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.execute("INSERT OR IGNORE INTO orders VALUES (?, ?, ?, ?, ?)", order)
            if self._db.execute("SELECT * FROM orders WHERE reference = ?", (reference,)).fetchone() != order:
                raise BankRefusal(f"payment reference {reference} already names another order")
            for line in lines:
                self._take_line(reference, line)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def _take_line(self, reference: str, line: OrderLine) -> None:
        if line.amount <= 0:
            raise BankRefusal(f"line {line.line} of {reference} must have a positive amount")
        content = (line.transfer_id.bytes, line.amount, (line.named or line.transfer_id).bytes, int(line.bounces))
        self._db.execute(
            "INSERT OR IGNORE INTO lines (reference, line, transfer_id, amount, named, bounces)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (reference, line.line, *content),
        )
        known = self._db.execute(
            "SELECT transfer_id, amount, named, bounces FROM lines WHERE reference = ? AND line = ?",
            (reference, line.line),
        ).fetchone()
        if known != content:
            raise BankRefusal(f"line {line.line} of {reference} already names another payment")

    def amount(self, reference: str, line: int) -> Fen | None:
        """The amount of a line that was ordered, None where there is no such line."""
        known = self._amounts.get((reference, line))
        if known is None:
            sql = "SELECT amount FROM lines WHERE reference = ? AND line = ?"
            row = self._db.execute(sql, (reference, line)).fetchone()
            if row is None:
                return None
            known = self._amounts[reference, line] = Fen(row[0])
        return known

    def post(self, day: date) -> int:
        """Book every debit and credit that is due by the day and not yet booked; returns the number of postings."""
        self._db.execute("BEGIN IMMEDIATE")
        waiting = self._db.execute(
            "SELECT o.reference, o.payer, o.payee, o.ordered_on, o.credited_on, l.line, l.transfer_id, l.amount,"
            " l.named, l.bounces, l.debited FROM lines l JOIN orders o USING (reference) WHERE l.credited = 0"
            " ORDER BY o.reference, l.line"
        ).fetchall()
        today = day.isoformat()
        delayed = self._delayed(waiting, today)
        late: set[str] = set()
        if self.delay is not None and day >= self.delay.until:
            delayed, late = late, delayed
        postings: list[_Posting] = []
        debits: list[tuple[str, int]] = []
        credits: list[tuple[str, int]] = []
        for reference, payer, payee, ordered, credited, line, transfer, amount, named, bounces, debited in waiting:
            if not debited and ordered <= today:
                postings.append(_Posting(payer, ordered, reference, line, transfer, -amount, payee))
                debits.append((reference, line))
            if credited > today or reference in delayed:
                continue
            credits.append((reference, line))
            if bounces:
                postings.append(_Posting(payer, credited, reference, line, transfer, amount, payee))
            elif payee != PERSONS:
                booked = today if reference in late else credited
                postings.append(_Posting(payee, booked, reference, line, named, amount, payer))
        postings.sort(key=lambda p: (p.booked_on, p.reference, p.line, p.amount))
        self._db.executemany(
            "INSERT INTO book (province, booked_on, reference, line, transfer_id, amount, counterpart)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            postings,
        )
        for column, done in (("debited", debits), ("credited", credits)):
            self._db.executemany(f"UPDATE lines SET {column} = 1 WHERE reference = ? AND line = ?", done)
        self._db.execute("COMMIT")
        return len(postings)

    def _delayed(self, waiting: Sequence[tuple[Any, ...]], today: str) -> set[str]:
        """References of what is left on its way: of one line, and what was left before comes first."""
        delay = self.delay
        if delay is None:
            return set()
        lines = Counter(row[0] for row in waiting)
        first, last = delay.ordered_from.isoformat(), delay.ordered_until.isoformat()
        due = sorted(
            (credited, reference)
            for reference, _, payee, ordered, credited, *_, bounces, _ in waiting
            if credited <= today and first <= ordered <= last and not bounces and payee != PERSONS
            if lines[reference] == 1
        )
        return {reference for _, reference in due[: delay.payments]}

    def on_their_way(self, day: date) -> list[BookEntry]:
        """The credits that were due before a day and were not booked on it, as they will be or have been since."""
        rows = self._db.execute(
            "SELECT 0, o.payee, o.credited_on, o.reference, l.line, l.named, l.amount, o.payer FROM lines l "
            "JOIN orders o USING (reference) LEFT JOIN book b ON b.reference = l.reference AND b.line = l.line "
            "AND b.province = o.payee WHERE o.credited_on < ?1 AND (l.credited = 0 OR b.booked_on > ?1) "
            "ORDER BY o.reference, l.line",
            (day.isoformat(),),
        )
        return [_entry(row) for row in rows]

    def bounced(self) -> set[str]:
        """References of the payments of which the payee's bank gives something back."""
        rows = self._db.execute("SELECT DISTINCT reference FROM lines WHERE bounces = 1")
        return {reference for (reference,) in rows}

    def statement(self, province: str, since: int = 0) -> list[BookEntry]:
        """The province's postings after entry number `since`, in order."""
        rows = self._db.execute(
            f"SELECT {_ENTRY} FROM book WHERE province = ? AND entry > ? ORDER BY entry", (province, since)
        )
        return [_entry(row) for row in rows]

    def entries(self, since: int = 0) -> list[BookEntry]:
        """All books together, after entry number `since`, in the order of posting: to be held against the ledger."""
        rows = self._db.execute(f"SELECT {_ENTRY} FROM book WHERE entry > ? ORDER BY entry", (since,))
        return [_entry(row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _entry(row: tuple[int, str, str, str, int, bytes, int, str]) -> BookEntry:
    entry, province, booked_on, reference, line, transfer, amount, counterpart = row
    booked = date.fromisoformat(booked_on)
    return BookEntry(entry, province, booked, reference, line, UUID(bytes=transfer), Fen(amount), counterpart)
