"""Reads a bank's CSV statement by its mapping: whole or not at all, the first fault ends it.

Where rows have a balance, each is held against the one before it.
"""

from __future__ import annotations

from collections.abc import Mapping as Table, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from jinbao.language.words import Words
from jinbao.regional_adapter.files.mapping.values import day_text, unsigned
from jinbao.regional_adapter.statements.balance_chain import BalanceChain
from jinbao.regional_adapter.statements.bank_mapping import BankMapping
from jinbao.regional_adapter.statements.csv_rows import Head, head_of, rows_of
from jinbao.regional_adapter.statements.statement import (
    Balance,
    Detail,
    Entry,
    Read,
    Statement,
    StatementCode,
    StatementProblem,
    UnreadableStatementError,
    exact_amount,
)


class _Fault(Exception):
    """What is wrong with a row; `column` as the bank names it."""

    def __init__(self, code: StatementCode, column: str, zh: str, en: str) -> None:
        super().__init__(code)
        self.code: StatementCode = code
        self.words: Words = (f"{column}：{zh}", f"{column}: {en}")


@dataclass
class _Account:
    """The statement of one account while it is read."""

    statement: Statement
    chain: BalanceChain
    first: date
    last: date


class BankCsv:
    """A statement in CSV."""

    def __init__(self, file: Path, mapping: BankMapping) -> None:
        self._file = file
        self._mapping = mapping
        self._by_field = mapping.by_field
        self._optional = {column.column for column in mapping.columns if column.optional} | set(mapping.ignored)

    def read(self) -> Read:
        """Entries as they stand, then the statement. Raises UnreadableStatementError."""
        rows = rows_of(self._file, self._mapping)
        head = head_of(rows, self._mapping)
        accounts: dict[str, _Account] = {}
        total = _TotalLine(self._mapping)
        for line, cells in rows:
            if not any(cells):
                continue
            try:
                named = dict(zip(head.columns, self._even(cells, head.columns), strict=True))
                if total.is_it(named):
                    self._compare(total, named)
                    continue
                account, entry = self._entry(line, named, head, accounts)
                self._sum_up(total, named)
            except _Fault as fault:
                raise UnreadableStatementError(fault.code, line, fault.words) from None
            account.statement.add(entry)
            yield entry
        if self._mapping.total and not total.is_seen:
            words = ("缺少合计行，文件可能被截断", "the totals line is missing: the file may be cut")
            raise UnreadableStatementError("TRUNCATED", 1, words)
        for account in accounts.values():
            yield self._closed(account, head)

    def _even(self, cells: list[str], columns: Sequence[str]) -> list[str]:
        """The row with as many cells as the header: blank ones too many go, optional ones that are missing come."""
        width = len(columns)
        if any(cells[width:]):
            zh, en = f"应有 {width} 列，实有 {len(cells)} 列", f"{width} cells expected, {len(cells)} found"
            raise _Fault("HEADER", columns[-1], zh, en)
        for name in columns[len(cells) :]:
            if name not in self._optional:
                raise _Fault("TRUNCATED", name, "此行缺少这一列", "the row ends before this column")
        return [*cells[:width], *[""] * (width - len(cells))]

    def _entry(
        self, line: int, named: Table[str, str], head: Head, accounts: dict[str, _Account]
    ) -> tuple[_Account, Entry]:
        number = self._cell(named, "账号") or head.said.get("账号", "")
        if not number:
            raise _Fault("MISSING", "账号", "没有账号", "there is no account")
        currency = self._cell(named, "币种") or self._mapping.currency
        amount, booked_on = self._amount(named, currency), self._day(named)
        account = accounts.get(number)
        if account is None:
            statement = Statement("", number, currency)
            account = accounts[number] = _Account(statement, BalanceChain(self._mapping.order), booked_on, booked_on)
        account.first, account.last = min(account.first, booked_on), max(account.last, booked_on)
        if self._cell(named, "余额") and account.chain.add(amount, self._signed(named, "余额", currency)):
            words = ("余额与上一行的余额和金额不符", "the balance does not follow from the row before and the amount")
            account.statement.problems.append(StatementProblem("BALANCE", line, words))
        references = tuple(filter(None, (self._cell(named, "付款编号"), self._cell(named, "流水号"))))
        detail = Detail(
            amount, references, self._cell(named, "附言"), self._cell(named, "对方户名"), self._cell(named, "对方账号")
        )
        return account, Entry(line, amount, currency, booked_on, references, (detail,), self._cell(named, "摘要"))

    def _amount(self, named: Table[str, str], currency: str) -> Decimal:
        """What the entry changes the balance by; a reversal in its own column has the other sign."""
        if "金额" in self._by_field:
            amount = self._signed(named, "金额", currency)
            if "借贷方向" not in self._by_field:
                return amount
            direction = self._cell(named, "借贷方向")
            if not direction:
                raise _Fault("MISSING", self._by_field["借贷方向"].column, "缺少借贷方向", "the direction is missing")
            return -amount if direction == "借" else amount
        credit, debit = (
            self._signed(named, name, currency) if self._cell(named, name) else Decimal(0)
            for name in ("贷方金额", "借方金额")
        )
        if bool(credit) == bool(debit):
            zh, en = "借方和贷方应有且只有一方有金额", "one of the two sides must have an amount, and one only"
            raise _Fault("AMOUNT", self._by_field["借方金额"].column, zh, en)
        return credit - debit

    def _signed(self, named: Table[str, str], name: str, currency: str) -> Decimal:
        column = self._by_field[name]
        try:
            return _signed(named[column.column], column.writing.numbers, currency)
        except ValueError:
            zh = f"不是对照文件所写的金额，或含不足 {currency} 最小单位的零头"
            en = f"is no amount as the mapping says, or has parts of {currency}'s least unit"
            raise _Fault("AMOUNT", column.column, zh, en) from None

    def _day(self, named: Table[str, str]) -> date:
        column = self._by_field["记账日期"]
        try:
            return date.fromisoformat(day_text(named[column.column], column.writing))
        except ValueError:
            known = "、".join(column.writing.dates)
            raise _Fault("DATE", column.column, f"不是日期，应写作 {known}", f"is no day as {known}") from None

    def _cell(self, named: Table[str, str], name: str) -> str:
        """The cell of a field, by its codes where the mapping has some; nothing where there is no such column."""
        column = self._by_field.get(name)
        cell = "" if column is None else named.get(column.column, "")
        if column is None or column.codes is None or not cell:
            return cell
        if cell not in column.codes:
            known = "、".join(column.codes)
            raise _Fault("CODE", column.column, f"应为 {known} 之一", f"must be one of {known}")
        return column.codes[cell]

    def _sum_up(self, total: _TotalLine, named: Table[str, str]) -> None:
        for field in total.fields:
            if self._cell(named, field):
                total.sums[field] = total.sums.get(field, Decimal(0)) + self._signed(
                    named, field, self._mapping.currency
                )

    def _compare(self, total: _TotalLine, named: Table[str, str]) -> None:
        total.is_seen = True
        for field in total.fields:
            if self._signed(named, field, self._mapping.currency) != total.sums.get(field, Decimal(0)):
                zh, en = "合计与各行之和不符", "the total is not the sum of the rows"
                raise _Fault("TOTALS", self._by_field[field].column, zh, en)

    def _closed(self, account: _Account, head: Head) -> Statement:
        """The statement with the balances that its head says, else those of its rows."""
        statement = account.statement
        statement.id = f"{statement.account}/{account.first}..{account.last}"
        if not account.chain.forms_a_chain() and not statement.problems:
            words = ("各行余额连不成一条，缺行或多行", "the rows' balances form no chain: rows are missing or too many")
            statement.problems.append(StatementProblem("BALANCE", 1, words))
        opening, closing = account.chain.ends() or (None, None)
        statement.opening = self._balance("期初余额", opening, account.first, statement, head)
        statement.closing = self._balance("期末余额", closing, account.last, statement, head)
        return statement

    def _balance(
        self, name: str, of_rows: Decimal | None, on: date, statement: Statement, head: Head
    ) -> Balance | None:
        amount = of_rows
        if name in head.said:
            try:
                amount = _signed(head.said[name], ("thousands",), statement.currency)
            except ValueError:
                raise UnreadableStatementError("AMOUNT", 1, (f"{name}不是金额", f"{name} is no amount")) from None
            if of_rows is not None and amount != of_rows:
                words = (f"{name}与各行余额不符", f"{name} is not what the rows' balances say")
                statement.problems.append(StatementProblem("BALANCE", 1, words))
        return None if amount is None else Balance(amount, statement.currency, on)


class _TotalLine:
    """The line that adds up the others, and the sums so far."""

    def __init__(self, mapping: BankMapping) -> None:
        self._rule = mapping.total
        added_up = () if self._rule is None else self._rule.sums
        self.fields = [column.field for column in mapping.columns if column.column in added_up]
        """The fields that it adds up."""
        self.sums: dict[str, Decimal] = {}
        self.is_seen = False

    def is_it(self, named: Table[str, str]) -> bool:
        """Whether a row is that line."""
        return self._rule is not None and named.get(self._rule.column, "").startswith(self._rule.text)


def _signed(cell: str, numbers: tuple[str, ...], currency: str) -> Decimal:
    """The amount of a cell with its sign. Raises ValueError."""
    is_minus = cell.startswith("-")
    text, is_negative = unsigned(cell[1:] if cell[:1] in ("-", "+") else cell, numbers)
    amount = exact_amount(text, currency)
    return -amount if is_minus != is_negative else amount
