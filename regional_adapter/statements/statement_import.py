"""Takes a bank's file into the province's own system: what is new of it, behind the last statement of the account.

One of days without movement may come late: nothing follows from it but that those days are told of.
Statements that overlap count an entry once; entries that are alike in every column count as often as the bank books
them. That two statements begin where the one before ended decides between the two where a day is cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

import msgspec

from jinbao.regional_adapter.local.bank_book import BankBook, Last, LocalPart
from jinbao.regional_adapter.local.bank_entries import LocalEntry
from jinbao.regional_adapter.statements.statement_file import ReadStatement, Refused, RefusedFileError
from jinbao.rules.money import Fen
from jinbao.schemas.messages.bank import MOST_ENTRIES, MOST_PAYMENTS

MOST_SEALED_BYTES = 60_000
"""Bytes of what the bank says in words in one part, which is sealed as a whole."""


class TakenIn(NamedTuple):
    """What came of a file."""

    new: int
    """Entries that were not there before."""
    known: int
    messages: list[int]
    """Sequences of the messages made of it."""


def take_in(
    book: BankBook,
    number: str,
    statements: Sequence[ReadStatement],
    operator: str,
    now: int,
    replaces: str | None = None,
) -> TakenIn:
    """Keep what is new of all statements, or of none. Raises RefusedFileError.

    `replaces`: the number at the bank of an earlier statement, whose place the one of this file takes.
    """
    if replaces is not None:
        return _replace(book, number, statements, operator, now, replaces)
    new, known, messages = 0, 0, []
    with book.batch():
        for statement in statements:
            entries = _new_entries(book, number, statement)
            new, known = new + len(entries), known + len(statement.entries) - len(entries)
            last = book.last(number)
            if entries or last is None or statement.last_day > last.day:
                messages += book.book(number, list(_parts(statement, entries, last)), operator, now)
            elif _fills_a_gap(book, number, statement):
                messages += book.book(number, list(_parts(statement, (), None)), operator, now, is_late=True)
    return TakenIn(new, known, messages)


def _fills_a_gap(book: BankBook, number: str, statement: ReadStatement) -> bool:
    """Whether it tells of days without movement of which none tells yet; whether its balance fits, the account says."""
    is_quiet = not statement.entries and statement.opening_fen == statement.closing_fen
    return is_quiet and not book.tells_of(number, statement.first_day, statement.last_day)


def _replace(
    book: BankBook, number: str, statements: Sequence[ReadStatement], operator: str, now: int, replaces: str
) -> TakenIn:
    if len(statements) != 1:
        zh, en = "取代另一份时，文件中应有且只有一份对账单", "to take another's place a file must hold one statement"
        raise RefusedFileError([Refused("REPLACES", 1, (zh, en))])
    (statement,) = statements
    with book.batch():
        old = book.statement(number, replaces)
        if old is None:
            zh, en = f"没有导入过编号为 {replaces} 的对账单", f"no statement {replaces} was taken in"
            raise RefusedFileError([Refused("REPLACES", statement.line, (zh, en))])
        if old.digest == statement.digest:
            return TakenIn(0, len(statement.entries), [])
        moved = sum(entry.amount_fen for entry in book.take_out(number, old))
        new = _not_there(book, number, statement)
        came = sum(entry.amount_fen for entry in new)
        if statement.closing_fen - came != old.closing_fen - moved:
            raise _refused("OPENING", statement)
        if came != moved and not book.is_last(number, old):
            raise _refused("CLOSING", statement)
        opening = Last(book.first_day(old) - timedelta(days=1), Fen(old.closing_fen - moved))
        parts = [msgspec.structs.replace(part, replaces=old.name) for part in _parts(statement, new, opening)]
        messages = book.book(number, parts, operator, now, old)
    return TakenIn(len(new), len(statement.entries) - len(new), messages)


def _not_there(book: BankBook, number: str, statement: ReadStatement) -> list[LocalEntry]:
    there = book.alike(number, {entry.content for entry in statement.entries})
    return [entry for entry in statement.entries if entry.ordinal >= there.get(entry.content, 0)]


def _new_entries(book: BankBook, number: str, statement: ReadStatement) -> list[LocalEntry]:
    """The entries that are not there yet. Raises RefusedFileError where the statement does not fit behind the last."""
    last, earlier = book.last(number), book.digest_of(number, statement.id)
    if last is None:
        return list(statement.entries)
    if earlier == statement.digest:
        return []
    if earlier is not None and statement.has_own_id:
        raise _refused("ID_REUSED", statement)
    new = _not_there(book, number, statement)
    came = sum(entry.amount_fen for entry in new)
    if statement.closing_fen - came == last.closing_fen:
        return new
    if statement.opening_fen == last.closing_fen and statement.first_day >= last.day:
        there = book.alike(number, {entry.content for entry in statement.entries})
        return [
            msgspec.structs.replace(entry, ordinal=entry.ordinal + there.get(entry.content, 0))
            for entry in statement.entries
        ]
    if not new and statement.last_day <= last.day:
        return []
    raise _refused("OPENING" if earlier is None else "ID_REUSED", statement)


_WORDS = {
    "CLOSING": (
        "期末余额与被取代的不同，而其后还有对账单：请从最后一份起依次取代",
        "the closing balance is not that of the one replaced, and others follow it: replace from the last one on",
    ),
    "ID_REUSED": (
        "同号的对账单已导入，内容不同",
        "a statement with this id was taken in before, with other content",
    ),
    "OPENING": (
        "期初余额与上一份对账单的期末余额不同，中间缺少对账单",
        "the opening balance is not the closing balance of the statement before: one between them is missing",
    ),
}


def _refused(code: str, statement: ReadStatement) -> RefusedFileError:
    return RefusedFileError([Refused(code, statement.line, _WORDS[code])])


def _parts(statement: ReadStatement, entries: Sequence[LocalEntry], last: Last | None) -> Iterator[LocalPart]:
    """The statement's new entries in parts of bounded size, each consistent in itself; one without entries at least.

    One that does not say from which day it tells goes on where the one before ended, since its balance does.
    """
    opening_fen, first_day = statement.opening_fen, statement.first_day
    if last is not None:
        opening_fen = last.closing_fen
        first_day = first_day if statement.has_own_id else min(first_day, last.day + timedelta(days=1))
    groups = list(_groups(entries)) or [()]
    for number, group in enumerate(groups, 1):
        closing_fen = Fen(opening_fen + sum(entry.amount_fen for entry in group))
        yield LocalPart(
            statement.id,
            statement.digest,
            number,
            len(groups),
            first_day,
            statement.last_day,
            opening_fen,
            closing_fen,
            tuple(group),
        )
        opening_fen = closing_fen


def _groups(entries: Sequence[LocalEntry]) -> Iterator[Sequence[LocalEntry]]:
    group: list[LocalEntry] = []
    payments, sealed_bytes = 0, 0
    for entry in entries:
        payments, sealed_bytes = payments + len(entry.payments), sealed_bytes + len(entry.words()) + 1
        if group and (len(group) == MOST_ENTRIES or payments > MOST_PAYMENTS or sealed_bytes > MOST_SEALED_BYTES):
            yield group
            group, payments, sealed_bytes = [], len(entry.payments), len(entry.words()) + 1
        group.append(entry)
    if group:
        yield group
