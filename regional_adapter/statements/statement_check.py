"""What a bank's file says, before anything is taken in: its statements, whether each adds up, what does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinbao.language.words import Words
from jinbao.regional_adapter.statements.bank_mapping import BankMapping
from jinbao.regional_adapter.statements.statement import (
    Read,
    Statement,
    StatementProblem,
    UnreadableStatementError,
    is_xml,
)


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A bank's file that can be read."""

    format: str
    """`camt.053.001.08`, or the mapping's name."""
    checked_by: Words
    """What the file is held against."""
    read: Read


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A bank's file, its statements and what is wrong with them; nothing of it is kept."""

    format: str
    checked_by: Words
    statements: list[Statement]


def open_statements(file: Path, mapping: BankMapping | None) -> StatementFile:
    """A file by what it is: camt.053, or CSV as a mapping says. Raises UnreadableStatementError."""
    if is_xml(file):
        from jinbao.regional_adapter.statements.camt053 import Camt053

        camt = Camt053(file)
        schema = camt.schema is not None
        by: Words = ("官方 schema", "official schema") if schema else ("本系统的检查表", "Jinbao's own table")
        return StatementFile(camt.version, by, camt.read())
    if mapping is None:
        zh = "不是 XML；CSV 对账单须给出该银行的对照文件（--mapping）"
        en = "is no XML: give the bank's mapping file to read a CSV statement (--mapping)"
        raise UnreadableStatementError("NOT_A_STATEMENT", 1, (zh, en))
    from jinbao.regional_adapter.statements.bank_csv import BankCsv

    return StatementFile(mapping.name, ("对照文件", "mapping"), BankCsv(file, mapping).read())


def check_statements(file: Path, mapping: BankMapping | None) -> CheckedFile:
    """Read a whole file. Raises UnreadableStatementError."""
    opened = open_statements(file, mapping)
    statements = [one for one in opened.read if isinstance(one, Statement)]
    for statement in statements:
        if statement.adds_up() is False:
            statement.problems.append(StatementProblem("BALANCE", statement.line, statement.unequal()))
    return CheckedFile(opened.format, opened.checked_by, statements)
