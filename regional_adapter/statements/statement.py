"""A bank's statement as values: entries as they were booked, then the statement that they belong to, with its balances.

Amounts are exact decimals with their sign, credit positive, debit negative; none is rounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec
from babel.numbers import get_currency_precision

from jinbao.language.system_errors import system_reason
from jinbao.language.words import BilingualError, Words

StatementCode = Literal[
    "UNREADABLE",
    "ENCODING",
    "UNSAFE_FILE",
    "NOT_A_STATEMENT",
    "NOT_THE_SCHEMA",
    "HEADER",
    "AMOUNT",
    "DATE",
    "CODE",
    "MISSING",
    "TOTALS",
    "TRUNCATED",
    "BALANCE",
]
"""What is wrong with a statement, or with a whole file."""

_AMOUNT = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,17})?", re.ASCII)


class UnreadableStatementError(BilingualError):
    """A file of which nothing is taken; the text never repeats what a field holds."""

    def __init__(self, code: StatementCode, line: int, words: Words) -> None:
        super().__init__(f"第 {line} 行：{words[0]}", f"line {line}: {words[1]}")
        self.code: StatementCode = code
        self.line = line
        self.reason = words
        """Without the line."""


class Detail(msgspec.Struct, frozen=True):
    """One payment within an entry: what a batch consists of."""

    amount: Decimal | None
    """None where the bank does not say it; never the entry's amount instead."""
    references: tuple[str, ...] = ()
    """The bank's and the payer's references, as written."""
    remark: str = ""
    counterparty_name: str = ""
    counterparty_account: str = ""


class Entry(msgspec.Struct, frozen=True):
    """A booked entry of an account."""

    line: int
    amount: Decimal
    currency: str
    booked_on: date | None
    """None where a camt file says no booking date."""
    references: tuple[str, ...] = ()
    details: tuple[Detail, ...] = ()
    """At least one."""
    class_code: str = ""
    """What kind of movement the bank says it is: a charge, interest."""


@dataclass(frozen=True, slots=True)
class Balance:
    """A balance of an account."""

    amount: Decimal
    currency: str
    on: date | None


@dataclass(frozen=True, slots=True)
class StatementProblem:
    """What does not fit in a statement that could be read."""

    code: StatementCode
    line: int
    words: Words


@dataclass(slots=True)
class Statement:
    """One statement of one account; its entries came before it."""

    id: str
    account: str
    currency: str
    line: int = 1
    opening: Balance | None = None
    closing: Balance | None = None
    entries: int = 0
    """Booked ones."""
    credits: Decimal = Decimal(0)
    debits: Decimal = Decimal(0)
    """Sum of what went out, not negative."""
    problems: list[StatementProblem] = field(default_factory=list)
    has_foreign_entry: bool = False

    def add(self, entry: Entry) -> None:
        """Count an entry."""
        self.entries += 1
        if entry.currency != self.currency:
            if not self.has_foreign_entry:
                words = ("此笔的币种与账户不同", "an entry in another currency than the account's")
                self.problems.append(StatementProblem("BALANCE", entry.line, words))
            self.has_foreign_entry = True
        elif entry.amount >= 0:
            self.credits += entry.amount
        else:
            self.debits -= entry.amount

    def adds_up(self) -> bool | None:
        """Whether the entries lead from opening to closing; None where one is missing or in another currency."""
        if self.opening is None or self.closing is None or self.has_foreign_entry:
            return None
        if {self.opening.currency, self.closing.currency} != {self.currency}:
            return None
        return self.opening.amount + self.credits - self.debits == self.closing.amount

    def unequal(self) -> Words:
        """That the entries do not lead from opening to closing, with each figure and what is between them."""
        assert self.opening is not None, "both are there"
        assert self.closing is not None, "both are there"
        comes_to = self.opening.amount + self.credits - self.debits
        sums = written(self.opening.amount), written(self.credits), written(self.debits), written(comes_to)
        closing, between = written(self.closing.amount), written(self.closing.amount - comes_to)
        zh = "期初 {} 加贷方 {} 减借方 {} 为 {}".format(*sums)
        en = "opening {} and credits {} less debits {} come to {}".format(*sums)
        return f"{zh}，期末却为 {closing}，相差 {between}", f"{en}, but closing is {closing}: {between} between them"


Read = Iterator[Entry | Statement]
"""Entries of a statement, then the statement; then those of the next one."""


@lru_cache(maxsize=1024)
def exact_amount(text: str, currency: str) -> Decimal:
    """The amount of a field without sign, in the currency's own decimals (CLDR).

    Raises ValueError where it is none or has parts of the smallest unit: of CNY 8.850 is 8.85, and 8.855 is refused.
    """
    if not _AMOUNT.fullmatch(text):
        raise ValueError
    amount = Decimal(text)
    exact = amount.quantize(_least_unit(currency))
    if exact != amount:
        raise ValueError
    return exact


@lru_cache(maxsize=64)
def decimals_of(currency: str) -> int:
    """How many decimals a currency has: 2 for CNY, 0 for JPY."""
    return get_currency_precision(currency)


@lru_cache(maxsize=64)
def _least_unit(currency: str) -> Decimal:
    return Decimal(1).scaleb(-decimals_of(currency))


def is_xml(file: Path) -> bool:
    """Whether a file begins as XML does. Raises UnreadableStatementError where it cannot be read."""
    try:
        with file.open("rb") as stream:
            head = stream.read(512)
    except OSError as error:
        raise UnreadableStatementError("UNREADABLE", 1, system_reason(error)) from None
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(b"<")


def written(amount: Decimal) -> str:
    """An amount with its sign and all its decimals: -8.85."""
    return f"{amount:f}"
