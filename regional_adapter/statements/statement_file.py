"""A bank's file read for taking in: its statements with their entries in order of day, or every reason against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

import msgspec

from jinbao.language.words import Words
from jinbao.regional_adapter.local.bank_entries import EntryPayment, LocalEntry
from jinbao.regional_adapter.statements.bank_mapping import BankMapping
from jinbao.regional_adapter.statements.statement import Entry, Statement, UnreadableStatementError
from jinbao.regional_adapter.statements.statement_check import open_statements
from jinbao.rules.money import Fen
from jinbao.schemas.messages import MOST_FEN
from jinbao.schemas.messages.bank import MOST_PAYMENTS, EntryClass

_CLASSES_OF_CODES: Mapping[str, EntryClass] = {"CHRG": "charge", "COMM": "charge", "FEES": "charge", "INTR": "interest"}
"""Parts of ISO 20022's bank transaction codes (BkTxCd) that say what kind of movement an entry is."""
_WRONG_ACCOUNT: Words = (
    "对账单不是此账户的",
    "is a statement of another account than the one named",
)


class Refused(NamedTuple):
    """Why nothing of a file is taken in."""

    code: str
    line: int
    words: Words


class RefusedFileError(Exception):
    """A file of which nothing is taken in."""

    def __init__(self, reasons: list[Refused]) -> None:
        super().__init__(", ".join(reason.code for reason in reasons))
        self.reasons = reasons


@dataclass(frozen=True)
class ReadStatement:
    """A statement that adds up, in fen."""

    id: str
    """Its number at the bank; of CSV, where it has none, account and days."""
    has_own_id: bool
    line: int
    opening_fen: Fen
    closing_fen: Fen
    first_day: date
    last_day: date
    entries: tuple[LocalEntry, ...]
    """In order of day, each `ordinal` counted within this statement."""

    @cached_property
    def digest(self) -> bytes:
        """Digest of all that it says."""
        told = (self.id, self.last_day, self.opening_fen, self.closing_fen, [entry.content for entry in self.entries])
        return blake2b(msgspec.msgpack.encode(told), digest_size=16).digest()


def read_statements(
    file: Path, mapping: BankMapping | None, number: str, own: Iterable[str] = ()
) -> list[ReadStatement]:
    """The statements of the account `number`; `own` are the numbers of the province's accounts.

    Raises RefusedFileError with every statement that is another account's, not in CNY or does not add up.
    """
    found, reasons, entries = [], [], []
    classes = {} if mapping is None else mapping.classes
    own = frozenset(own)
    try:
        for one in open_statements(file, mapping).read:
            if isinstance(one, Entry):
                entries.append(one)
                continue
            against = list(_against(one, entries, number))
            reasons += against
            if not against:
                found.append(_statement(one, entries, has_own_id=mapping is None, classes=classes, own=own))
            entries = []
    except UnreadableStatementError as error:
        raise RefusedFileError([Refused(error.code, error.line, error.reason)]) from None
    if reasons:
        raise RefusedFileError(reasons)
    return sorted(found, key=lambda statement: statement.last_day)


def _against(statement: Statement, entries: list[Entry], number: str) -> Iterable[Refused]:
    line = statement.line
    if statement.account != number:
        yield Refused("ACCOUNT", line, _WRONG_ACCOUNT)
        return
    if statement.currency != "CNY":
        currency = statement.currency or "-"
        yield Refused("CURRENCY", line, (f"币种是 {currency}，不是人民币", f"is in {currency}, not in CNY"))
        return
    for problem in statement.problems:
        yield Refused(problem.code, problem.line, problem.words)
    if statement.adds_up() is None and not statement.problems:
        yield Refused("BALANCE", line, ("没有期初或期末余额", "has no opening or no closing balance"))
    elif statement.adds_up() is False:
        yield Refused("BALANCE", line, statement.unequal())
    closing_day = None if statement.closing is None else statement.closing.on
    if closing_day is None and not entries:
        yield Refused("DATE", line, ("没有日期", "has no day"))
    for entry in entries:
        if entry.booked_on is None and closing_day is None:
            yield Refused("DATE", entry.line, ("没有记账日期", "has no booking day"))
        if len(entry.details) > MOST_PAYMENTS:
            zh, en = f"一笔批量超过 {MOST_PAYMENTS} 项", f"a batch of more than {MOST_PAYMENTS} payments"
            yield Refused("BATCH", entry.line, (zh, en))
        if abs(entry.amount * 100) > MOST_FEN:
            yield Refused("AMOUNT", entry.line, ("金额过大", "an amount beyond all bounds"))


def _statement(
    statement: Statement,
    entries: list[Entry],
    *,
    has_own_id: bool,
    classes: Mapping[str, EntryClass],
    own: frozenset[str],
) -> ReadStatement:
    assert statement.opening is not None, "it adds up"
    assert statement.closing is not None, "it adds up"
    opening_day, closing_day = statement.opening.on, statement.closing.on
    alike: dict[bytes, int] = {}
    told = []
    if entries and _is_newest_first(entries):
        entries = entries[::-1]
    for entry in sorted(entries, key=lambda entry: entry.booked_on or closing_day or date.min):
        day = entry.booked_on or closing_day
        assert day is not None, "it was refused without"
        payments = tuple(
            EntryPayment(
                None if detail.amount is None else _fen(detail.amount),
                tuple(dict.fromkeys((*entry.references, *detail.references))),
                detail.remark,
                detail.counterparty_name,
                detail.counterparty_account,
            )
            for detail in entry.details
        )
        content = _content(day, _fen(entry.amount), entry.class_code, payments)
        ordinal = alike[content] = alike.get(content, -1) + 1
        told.append(
            LocalEntry(content, ordinal, day, _fen(entry.amount), _class(entry, payments, classes, own), payments)
        )
    days = [entry.booked_on for entry in told] + [day for day in (opening_day, closing_day) if day is not None]
    return ReadStatement(
        statement.id,
        has_own_id,
        statement.line,
        _fen(statement.opening.amount),
        _fen(statement.closing.amount),
        min(days),
        max(days),
        tuple(told),
    )


def _is_newest_first(entries: list[Entry]) -> bool:
    first, last = entries[0].booked_on, entries[-1].booked_on
    return first is not None and last is not None and first > last


def _fen(amount: Decimal) -> Fen:
    """Of an amount in CNY, which has no parts of a fen."""
    return Fen(int(amount * 100))


def _content(day: date, fen: Fen, code: str, payments: tuple[EntryPayment, ...]) -> bytes:
    told = msgspec.msgpack.encode((day, fen, code, payments))
    return blake2b(told, digest_size=16).digest()


def _class(
    entry: Entry, payments: tuple[EntryPayment, ...], classes: Mapping[str, EntryClass], own: frozenset[str]
) -> EntryClass:
    if all(payment.account in own for payment in payments):
        return "own"
    if entry.class_code in classes:
        return classes[entry.class_code]
    by_code = (_CLASSES_OF_CODES[part] for part in entry.class_code.split("/") if part in _CLASSES_OF_CODES)
    return next(by_code, "other")
